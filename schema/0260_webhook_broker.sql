-- +goose Up
-- What an endpoint signs in with where it is a message broker.
ALTER TABLE webhook_endpoint ADD COLUMN username TEXT NOT NULL DEFAULT '';
ALTER TABLE webhook_endpoint ADD COLUMN password TEXT NOT NULL DEFAULT ''; -- sealed; '' for none

-- +goose Down
ALTER TABLE webhook_endpoint DROP COLUMN password;
ALTER TABLE webhook_endpoint DROP COLUMN username;

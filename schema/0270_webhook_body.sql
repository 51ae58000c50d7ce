-- +goose Up
-- The body of what is sent to an endpoint, as a template over the event; '' for the event itself.
ALTER TABLE webhook_endpoint ADD COLUMN body TEXT NOT NULL DEFAULT '';
-- +goose Down
ALTER TABLE webhook_endpoint DROP COLUMN body;

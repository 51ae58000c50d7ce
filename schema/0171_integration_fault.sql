-- +goose Up
-- Why the product did not create the integration user; '' unless provisioned is failed.
ALTER TABLE integration_installation ADD COLUMN fault TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE integration_installation DROP COLUMN fault;

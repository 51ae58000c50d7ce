-- +goose Up
ALTER TABLE integration_installation ADD COLUMN previous TEXT; -- JSON: version and scopes that it had before; NULL for none

-- +goose Down
ALTER TABLE integration_installation DROP COLUMN previous;

-- +goose Up
-- How much each key or token is in use.
CREATE INDEX usage_series_key ON usage_series (key_id);

-- +goose Down
DROP INDEX usage_series_key;

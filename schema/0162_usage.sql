-- +goose Up
-- The version of the product's API that a call was about; '' where it has none.
ALTER TABLE usage_series ADD COLUMN version TEXT NOT NULL DEFAULT '';
CREATE INDEX usage_series_operation ON usage_series (operation);
CREATE INDEX usage_series_version ON usage_series (version);
CREATE INDEX usage_series_grant ON usage_series (grant_id);

-- +goose Down
DROP INDEX usage_series_grant;
DROP INDEX usage_series_version;
DROP INDEX usage_series_operation;
ALTER TABLE usage_series DROP COLUMN version;

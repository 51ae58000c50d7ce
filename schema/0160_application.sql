-- +goose Up
-- The version of the product's API that counts for calls that name none; '' for
-- applications that were made before there were versions.
ALTER TABLE application_application ADD COLUMN api_version TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE application_application DROP COLUMN api_version;

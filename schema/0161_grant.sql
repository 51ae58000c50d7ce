-- +goose Up
-- As application_application.api_version, for grants without an application.
ALTER TABLE grant_grant ADD COLUMN api_version TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE grant_grant DROP COLUMN api_version;

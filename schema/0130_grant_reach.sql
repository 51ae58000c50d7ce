-- +goose Up
-- From where a grant may be used, and in which child accounts besides its own.
ALTER TABLE grant_grant ADD COLUMN networks TEXT NOT NULL DEFAULT '[]';              -- JSON list of CIDR networks; none: anywhere
ALTER TABLE grant_grant ADD COLUMN reach    TEXT NOT NULL DEFAULT '{"rule":"self"}'; -- JSON: rule, accounts, future, except

-- +goose Down
ALTER TABLE grant_grant DROP COLUMN reach;
ALTER TABLE grant_grant DROP COLUMN networks;

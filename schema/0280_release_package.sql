-- +goose Up
-- The integration package of a version. BYTEA is a word of PostgreSQL; SQLite takes any word for a type and keeps bytes as
-- they are.
CREATE TABLE release_package (
    version      TEXT PRIMARY KEY REFERENCES release_version (id),
    key          TEXT   NOT NULL,  -- the integration's name in addresses and audit data
    digest       TEXT   NOT NULL,  -- SHA-256 of bundle, in hexadecimal
    size         BIGINT NOT NULL,  -- bytes of bundle
    compatible   BIGINT NOT NULL,  -- 1: the manifest has LaunchDarkly's form
    capabilities TEXT   NOT NULL,  -- JSON list of names
    findings     TEXT   NOT NULL,  -- JSON list: the warnings and notices of the day it was put there
    bundle       BYTEA  NOT NULL,  -- the package as a zip archive
    created      BIGINT NOT NULL,
    created_by   TEXT   NOT NULL
);

-- +goose Down
DROP TABLE release_package;

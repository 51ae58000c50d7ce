-- +goose Up
-- How an integration with a package is set up in an account.
CREATE TABLE configuration_configuration (
    id           TEXT   NOT NULL PRIMARY KEY,
    installation TEXT   NOT NULL,
    application  TEXT   NOT NULL,
    account      TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    enabled      BIGINT NOT NULL,
    plain        TEXT   NOT NULL, -- JSON: what was filled in, without secrets
    sealed       TEXT   NOT NULL, -- JSON: secrets, sealed
    choices      TEXT   NOT NULL, -- JSON: by capability
    live         TEXT   NOT NULL, -- JSON: capabilities that work now
    needs        TEXT   NOT NULL, -- JSON: what is missing
    created_by   TEXT   NOT NULL,
    created      BIGINT NOT NULL,
    updated      BIGINT NOT NULL,
    revision     BIGINT NOT NULL
);
CREATE UNIQUE INDEX configuration_by_name ON configuration_configuration (installation, name);
CREATE INDEX configuration_by_account ON configuration_configuration (account);
-- +goose Down
DROP TABLE configuration_configuration;

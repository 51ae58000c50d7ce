-- +goose Up
-- Links that integrations and people attach to resources of the product.
CREATE TABLE resourcelink_link (
    id            TEXT   NOT NULL PRIMARY KEY,
    account       TEXT   NOT NULL,
    application   TEXT   NOT NULL, -- '' for a plain link
    installation  TEXT   NOT NULL,
    configuration TEXT   NOT NULL,
    resource      TEXT   NOT NULL,
    key           TEXT   NOT NULL,
    deep_link     TEXT   NOT NULL,
    title         TEXT   NOT NULL,
    description   TEXT   NOT NULL,
    metadata      TEXT   NOT NULL, -- JSON
    happened      BIGINT NOT NULL,
    created_by    TEXT   NOT NULL,
    created       BIGINT NOT NULL,
    updated       BIGINT NOT NULL
);
CREATE UNIQUE INDEX resourcelink_by_key ON resourcelink_link (account, resource, application, key);
CREATE INDEX resourcelink_by_configuration ON resourcelink_link (configuration);
-- +goose Down
DROP TABLE resourcelink_link;

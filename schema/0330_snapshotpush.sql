-- +goose Up
-- The newest data of a resource of the product, such as an environment.
CREATE TABLE snapshotpush_snapshot (
    account  TEXT   NOT NULL,
    resource TEXT   NOT NULL, -- as policies name it
    scope    TEXT   NOT NULL, -- id of the resource, as partners know it
    version  BIGINT NOT NULL, -- grows
    digest   TEXT   NOT NULL, -- SHA-256 of the data
    size     BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    data     TEXT   NOT NULL, -- JSON, as the product wrote it
    PRIMARY KEY (account, resource)
);
-- Where the data of a resource goes, by a configuration.
CREATE TABLE snapshotpush_target (
    id            TEXT   PRIMARY KEY,
    configuration TEXT   NOT NULL,
    application   TEXT   NOT NULL,
    account       TEXT   NOT NULL,
    resource      TEXT   NOT NULL,
    enabled       BIGINT NOT NULL, -- the administrator's switch
    live          BIGINT NOT NULL, -- the capability works
    sheet         TEXT   NOT NULL, -- JSON: what was filled in, secrets sealed
    created_by    TEXT   NOT NULL,
    created       BIGINT NOT NULL,
    wanted        BIGINT NOT NULL, -- counts the reasons to push
    reached       BIGINT NOT NULL, -- how many of them the last push answered
    attempts      BIGINT NOT NULL, -- that have failed since the last success
    due           BIGINT NOT NULL, -- of the next attempt after a failure
    version       BIGINT NOT NULL, -- that arrived last
    pushed        BIGINT NOT NULL, -- when it did
    failed        BIGINT NOT NULL, -- when an attempt failed last
    successes     BIGINT NOT NULL,
    failures      BIGINT NOT NULL,
    errors        TEXT   NOT NULL  -- JSON: the latest failures
);
CREATE INDEX snapshotpush_by_configuration ON snapshotpush_target (configuration, id);
CREATE INDEX snapshotpush_by_resource ON snapshotpush_target (account, resource);
-- +goose Down
DROP TABLE snapshotpush_target;
DROP TABLE snapshotpush_snapshot;

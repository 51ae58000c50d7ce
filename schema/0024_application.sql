-- +goose Up
CREATE TABLE application_application (
    id          TEXT PRIMARY KEY,
    public_id   TEXT   NOT NULL UNIQUE,  -- the UUID that customers are given; never changes
    group_id    TEXT   NOT NULL REFERENCES group_group (id),
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    domains     TEXT   NOT NULL,  -- JSON list of host names
    homepage    TEXT   NOT NULL,
    support     TEXT   NOT NULL,  -- address that customers may write to
    state       TEXT   NOT NULL,  -- active, suspended, deletion_pending, deleted
    reason      TEXT   NOT NULL,
    due         BIGINT NOT NULL,  -- when a pending deletion is carried out
    created     BIGINT NOT NULL
);
CREATE INDEX application_application_group ON application_application (group_id);

CREATE TABLE application_key (
    id          TEXT PRIMARY KEY,
    application TEXT   NOT NULL REFERENCES application_application (id),
    client_id   TEXT   NOT NULL UNIQUE,
    digest      TEXT   NOT NULL UNIQUE,
    hint        TEXT   NOT NULL,
    label       TEXT   NOT NULL,
    state       TEXT   NOT NULL,  -- active, retiring, expired, revoked
    replaces    TEXT   NOT NULL,
    expires     BIGINT NOT NULL,
    created     BIGINT NOT NULL,
    created_by  TEXT   NOT NULL
);
CREATE INDEX application_key_application ON application_key (application);

CREATE TABLE application_hold (
    application TEXT NOT NULL REFERENCES application_application (id),
    holder      TEXT NOT NULL,
    name        TEXT NOT NULL,
    PRIMARY KEY (application, holder)
);

-- +goose Down
DROP TABLE application_hold;
DROP TABLE application_key;
DROP TABLE application_application;

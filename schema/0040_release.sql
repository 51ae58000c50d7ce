-- +goose Up
CREATE TABLE release_version (
    id          TEXT PRIMARY KEY,
    application TEXT   NOT NULL REFERENCES application_application (id),
    number      TEXT   NOT NULL,
    state       TEXT   NOT NULL,  -- draft, live, retired
    required    TEXT   NOT NULL,  -- JSON list of {scope, purpose}
    optional    TEXT   NOT NULL,
    user_name   TEXT   NOT NULL,  -- preferred name of the integration user
    role_name   TEXT   NOT NULL,
    delegation  TEXT   NOT NULL,  -- off, consent, trusted: what the integration needs
    notes       TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    released    BIGINT NOT NULL,
    UNIQUE (application, number)
);

-- +goose Down
DROP TABLE release_version;

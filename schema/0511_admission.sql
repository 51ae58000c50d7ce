-- +goose Up
-- Which applications an account lets in, and its children.
CREATE TABLE admission_policy (
    account  TEXT PRIMARY KEY REFERENCES account_account (id),
    mode     TEXT   NOT NULL,  -- open, ask, allow
    children TEXT   NOT NULL,  -- the same, for the accounts below
    updated  BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE TABLE admission_listed (
    account     TEXT   NOT NULL REFERENCES account_account (id),
    application TEXT   NOT NULL REFERENCES application_application (id),
    list        TEXT   NOT NULL,  -- allowed, blocked
    reason      TEXT   NOT NULL,
    added       BIGINT NOT NULL,
    added_by    TEXT   NOT NULL,
    PRIMARY KEY (account, application)
);
CREATE TABLE admission_request (
    id           TEXT PRIMARY KEY,
    account      TEXT   NOT NULL REFERENCES account_account (id),
    application  TEXT   NOT NULL REFERENCES application_application (id),
    version      TEXT   NOT NULL,  -- that was looked at
    scopes       TEXT   NOT NULL,  -- JSON list that was asked for
    reason       TEXT   NOT NULL,
    state        TEXT   NOT NULL,  -- open, approved, denied, withdrawn
    asked_by     TEXT   NOT NULL,
    created      BIGINT NOT NULL,
    answer       TEXT   NOT NULL,
    answered_by  TEXT   NOT NULL,
    answered     BIGINT NOT NULL,
    installation TEXT   NOT NULL   -- '' unless approved
);
CREATE INDEX admission_request_account ON admission_request (account, state);
CREATE UNIQUE INDEX admission_request_once ON admission_request (account, application, asked_by) WHERE state = 'open';

-- +goose Down
DROP TABLE admission_request;
DROP TABLE admission_listed;
DROP TABLE admission_policy;

-- +goose Up
-- A group in the partner programme, or one that wants to be.
CREATE TABLE programme_partner (
    group_id   TEXT PRIMARY KEY REFERENCES group_group (id),
    state      TEXT   NOT NULL,  -- applied, member, declined, left
    wants      TEXT   NOT NULL,  -- the tier that it asks for
    tier       TEXT   NOT NULL,  -- that it has; '' for none
    profile    TEXT   NOT NULL,  -- JSON: company, contacts, answers to the planning questions
    applied    BIGINT NOT NULL,
    applied_by TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    decided    BIGINT NOT NULL,
    decided_by TEXT   NOT NULL,
    revision   BIGINT NOT NULL
);
-- What groups may use early besides what their tier brings.
CREATE TABLE programme_access (
    group_id   TEXT   NOT NULL REFERENCES group_group (id),
    preview    TEXT   NOT NULL,  -- its name in the catalog
    state      TEXT   NOT NULL,  -- pending, granted, refused
    why        TEXT   NOT NULL,
    asked      BIGINT NOT NULL,
    asked_by   TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    decided    BIGINT NOT NULL,
    decided_by TEXT   NOT NULL,
    ends       BIGINT NOT NULL,  -- 0: never
    revision   BIGINT NOT NULL,
    PRIMARY KEY (group_id, preview)
);
-- Versions of the agreement with developers.
CREATE TABLE programme_agreement (
    number       BIGINT PRIMARY KEY,
    title        TEXT   NOT NULL,
    body         TEXT   NOT NULL,
    changes      TEXT   NOT NULL,  -- what is new, in words
    published    BIGINT NOT NULL,
    published_by TEXT   NOT NULL,
    deadline     BIGINT NOT NULL   -- from when calls of groups that have not accepted are refused; 0: never
);
CREATE TABLE programme_acceptance (
    group_id TEXT   NOT NULL REFERENCES group_group (id),
    number   BIGINT NOT NULL REFERENCES programme_agreement (number),
    user_id  TEXT   NOT NULL,
    name     TEXT   NOT NULL,  -- of the person, as it was
    email    TEXT   NOT NULL,
    digest   TEXT   NOT NULL,  -- SHA-256 of the text that was shown
    accepted BIGINT NOT NULL,
    PRIMARY KEY (group_id, number)
);

-- +goose Down
DROP TABLE programme_acceptance;
DROP TABLE programme_agreement;
DROP TABLE programme_access;
DROP TABLE programme_partner;

-- +goose Up
-- Changes of the product that a system outside decides on.
CREATE TABLE approval_approval (
    id            TEXT   NOT NULL PRIMARY KEY,
    account       TEXT   NOT NULL,
    configuration TEXT   NOT NULL,
    installation  TEXT   NOT NULL,
    integration   TEXT   NOT NULL, -- its name
    subject       TEXT   NOT NULL, -- the resource
    state         TEXT   NOT NULL,
    title         TEXT   NOT NULL,
    description   TEXT   NOT NULL,
    requester     TEXT   NOT NULL, -- JSON: who asks
    theirs        TEXT   NOT NULL, -- the partner's id of the requester; '' for unknown
    page          TEXT   NOT NULL, -- address in the product
    history       TEXT   NOT NULL,
    link          TEXT   NOT NULL, -- address at the partner
    external      TEXT   NOT NULL, -- the partner's id of the request
    value         TEXT   NOT NULL, -- of the status, as the partner last said
    status        TEXT   NOT NULL, -- the same for people
    change        TEXT   NOT NULL, -- JSON: as the product tells of changes
    instructions  TEXT   NOT NULL, -- JSON: what the product gets back
    fields        TEXT   NOT NULL, -- sealed: what was filled in with the request
    opened        TEXT   NOT NULL, -- sealed: what the partner answered when it was opened; '' before
    fault         TEXT   NOT NULL,
    failures      BIGINT NOT NULL, -- calls in a row that said nothing
    told          TEXT   NOT NULL, -- whether the partner has heard of the end
    task          TEXT   NOT NULL, -- of the product
    by            TEXT   NOT NULL,
    created       BIGINT NOT NULL,
    checked       BIGINT NOT NULL,
    decided       BIGINT NOT NULL,
    closed        BIGINT NOT NULL,
    next          BIGINT NOT NULL  -- when the partner is asked again; 0: not any more
);
CREATE INDEX approval_by_account ON approval_approval (account, id);
CREATE INDEX approval_by_configuration ON approval_approval (configuration, id);
CREATE INDEX approval_due ON approval_approval (next) WHERE next > 0;
CREATE INDEX approval_closed ON approval_approval (closed) WHERE closed > 0;
-- What was sent to partners, without addresses and bodies.
CREATE TABLE approval_call (
    id       TEXT   NOT NULL PRIMARY KEY,
    approval TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    method   TEXT   NOT NULL,
    host     TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    status   BIGINT NOT NULL, -- HTTP; 0: no answer
    failure  TEXT   NOT NULL
);
CREATE INDEX approval_call_by_approval ON approval_call (approval, id);
-- What administrators fill in for the resources in one place.
CREATE TABLE approval_scope (
    configuration TEXT   NOT NULL,
    scope         TEXT   NOT NULL, -- beginning of the resources; '' for all
    sealed        TEXT   NOT NULL, -- JSON of the values
    updated       BIGINT NOT NULL,
    PRIMARY KEY (configuration, scope)
);
-- The partner's members, by their email addresses.
CREATE TABLE approval_directory (
    configuration TEXT   NOT NULL,
    scope         TEXT   NOT NULL,
    members       TEXT   NOT NULL, -- JSON
    fetched       BIGINT NOT NULL, -- 0: never yet
    fault         TEXT   NOT NULL,
    next          BIGINT NOT NULL, -- when it is fetched again; 0: not now
    PRIMARY KEY (configuration, scope)
);
CREATE INDEX approval_directory_due ON approval_directory (next) WHERE next > 0;
-- +goose Down
DROP TABLE approval_directory;
DROP TABLE approval_scope;
DROP TABLE approval_call;
DROP TABLE approval_approval;

-- +goose Up
-- The log of events, in the order in which they were committed. n counts them all and seq those of an account, both
-- without gaps; both are given out under one lock, in the transaction that adds the rows.
CREATE TABLE event_event (
    n           SERIAL_KEY,
    account     TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    at          BIGINT NOT NULL, -- when we accepted it
    occurred    BIGINT NOT NULL, -- when it happened, as its sender says
    type        TEXT   NOT NULL,
    version     BIGINT NOT NULL, -- of the type's schema, 0: it has none
    source      TEXT   NOT NULL, -- as CloudEvents name it
    key         TEXT   NOT NULL, -- the sender's own id, unique for a source and an account; '' for none
    print       TEXT   NOT NULL, -- digest of what was sent with that id
    subject     TEXT   NOT NULL, -- resource it is about, as policies name it, '' for none
    ordering    TEXT   NOT NULL, -- ordering key, '' for none
    application TEXT   NOT NULL, -- of our own events: the application that it is about
    data        TEXT   NOT NULL  -- JSON, as it was sent
);
CREATE UNIQUE INDEX event_event_account ON event_event (account, seq);
CREATE UNIQUE INDEX event_event_key ON event_event (key, account, source) WHERE key <> '';

-- The last number of every account's log, and under '' that of the whole log.
CREATE TABLE event_head (
    account TEXT   PRIMARY KEY,
    seq     BIGINT NOT NULL
);

-- How far our own work on a log has come.
CREATE TABLE event_progress (
    name TEXT   PRIMARY KEY, -- audit: position of the audit log that is published; swept: n that is cleaned away
    n    BIGINT NOT NULL
);
-- What was changed before there were events does not become news now.
INSERT INTO event_progress (name, n) SELECT 'audit', COALESCE(MAX(position), 0) FROM audit_entry;

-- +goose Down
DROP TABLE event_progress;
DROP TABLE event_head;
DROP TABLE event_event;

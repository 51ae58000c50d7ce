-- +goose Up
-- A notice to one person.
CREATE TABLE notice_notice (
    id       TEXT PRIMARY KEY,
    user_id  TEXT   NOT NULL REFERENCES identity_user (id),
    kind     TEXT   NOT NULL, -- installation.quota_exceeded
    severity TEXT   NOT NULL, -- info, warning, critical
    subject  TEXT   NOT NULL,
    text     TEXT   NOT NULL,
    link     TEXT   NOT NULL, -- path in the console or https address
    dedupe   TEXT   NOT NULL, -- unique key; the id when there is none
    inbox    BIGINT NOT NULL, -- 1: shown in the console
    created  BIGINT NOT NULL,
    due      BIGINT NOT NULL, -- not shown before
    read_at  BIGINT NOT NULL, -- 0: unread
    UNIQUE (user_id, kind, dedupe)
);
CREATE INDEX notice_notice_inbox ON notice_notice (user_id, inbox, id);
CREATE INDEX notice_notice_created ON notice_notice (created);

-- What a person wants to hear about, and how.
CREATE TABLE notice_preference (
    user_id TEXT   NOT NULL REFERENCES identity_user (id),
    kind    TEXT   NOT NULL, -- a kind, a prefix with .*, or *
    mail    BIGINT NOT NULL,
    inbox   BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind)
);

-- Mail on its way, and the outbox of a platform that sends none.
CREATE TABLE notice_mail (
    id      TEXT PRIMARY KEY,
    address TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    text    TEXT   NOT NULL, -- emptied once sent
    link    TEXT   NOT NULL,
    state   TEXT   NOT NULL, -- waiting, kept, sent, failed
    error   TEXT   NOT NULL,
    created BIGINT NOT NULL,
    due     BIGINT NOT NULL,
    done    BIGINT NOT NULL
);
CREATE INDEX notice_mail_created ON notice_mail (created);

-- +goose Down
DROP TABLE notice_mail;
DROP TABLE notice_preference;
DROP TABLE notice_notice;

-- +goose Up
-- Who did what, when. Rows are only added; the chain columns are filled once,
-- by the sealer. before_doc and after_doc may be emptied to honour a deletion
-- request: the chain covers their digests.
CREATE TABLE audit_entry (
    seq         SERIAL_KEY,
    id          TEXT   NOT NULL UNIQUE,
    at          BIGINT NOT NULL,
    actor       TEXT   NOT NULL, -- user/usr_…, application/app_…, installation/…, grant/…, system
    actor_kind  TEXT   NOT NULL,
    via         TEXT   NOT NULL, -- session, token, the reason of system work
    request     TEXT   NOT NULL,
    address     TEXT   NOT NULL, -- network of the client, /24 or /48
    action      TEXT   NOT NULL,
    target      TEXT   NOT NULL, -- kind/id
    name        TEXT   NOT NULL, -- of the target, for people
    account     TEXT   NOT NULL, -- account, group_id, application, user_id: who may see it
    group_id    TEXT   NOT NULL,
    application TEXT   NOT NULL,
    user_id     TEXT   NOT NULL,
    before_doc  TEXT   NOT NULL, -- JSON, '' for none
    after_doc   TEXT   NOT NULL,
    before_sha  TEXT   NOT NULL, -- SHA-256 in hex of the whole JSON, '' for none
    after_sha   TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    position         BIGINT NOT NULL, -- in the chain from 1; 0: not sealed yet
    hash             TEXT   NOT NULL,
    account_position BIGINT NOT NULL, -- in the account's chain; 0: none
    account_hash     TEXT   NOT NULL
);
CREATE INDEX audit_entry_account ON audit_entry (account, seq) WHERE account <> '';
CREATE INDEX audit_entry_group ON audit_entry (group_id, seq) WHERE group_id <> '';
CREATE INDEX audit_entry_application ON audit_entry (application, seq) WHERE application <> '';
CREATE INDEX audit_entry_user ON audit_entry (user_id, seq) WHERE user_id <> '';
CREATE INDEX audit_entry_actor ON audit_entry (actor, seq);
CREATE INDEX audit_entry_at ON audit_entry (at);
CREATE INDEX audit_entry_open ON audit_entry (seq) WHERE position = 0;
CREATE INDEX audit_entry_chain ON audit_entry (position);

-- The end of each chain: '' for all entries, else an account's id. It shows
-- when entries are cut off the end.
CREATE TABLE audit_head (
    chain    TEXT   PRIMARY KEY,
    position BIGINT NOT NULL,
    hash     TEXT   NOT NULL
);

-- +goose Down
DROP TABLE audit_head;
DROP TABLE audit_entry;

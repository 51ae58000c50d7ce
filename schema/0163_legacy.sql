-- +goose Up
-- A key that the product made itself, imported. Its digest stands in
-- token_token; nothing here tells what it was.
CREATE TABLE legacy_key (
    id          TEXT PRIMARY KEY,
    account     TEXT   NOT NULL REFERENCES account_account (id),
    grant_id    TEXT   NOT NULL REFERENCES grant_grant (id),
    token_id    TEXT   NOT NULL REFERENCES token_token (id),
    label       TEXT   NOT NULL,
    imported    BIGINT NOT NULL,
    imported_by TEXT   NOT NULL,
    successor   TEXT   NOT NULL,  -- the private integration that takes its place, '' for none
    reason      TEXT   NOT NULL   -- why it was revoked
);
CREATE INDEX legacy_key_account ON legacy_key (account, id);
CREATE INDEX legacy_key_grant ON legacy_key (grant_id);

-- When something was first found deprecated that the catalog gives no date for.
CREATE TABLE legacy_noticed (
    what TEXT PRIMARY KEY,  -- id of an operation, or 'version …'
    at   BIGINT NOT NULL
);

-- +goose Down
DROP TABLE legacy_noticed;
DROP TABLE legacy_key;

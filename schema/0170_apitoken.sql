-- +goose Up
-- A personal token (of a member) or a service token (of the account): what it is
-- called and which rights were chosen. The secret is a static token of its grant.
CREATE TABLE apitoken_token (
    id          TEXT PRIMARY KEY,
    account     TEXT   NOT NULL REFERENCES account_account (id),
    kind        TEXT   NOT NULL,  -- personal, service
    owner       TEXT   NOT NULL,  -- the member of a personal token, '' otherwise
    creator     TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    roles       TEXT   NOT NULL,  -- JSON list
    policy      TEXT   NOT NULL,  -- JSON statements, [] when roles were chosen
    grant_id    TEXT   NOT NULL REFERENCES grant_grant (id),
    state       TEXT   NOT NULL,  -- active, deleted
    created     BIGINT NOT NULL,
    deleted     BIGINT NOT NULL
);
CREATE INDEX apitoken_token_account ON apitoken_token (account);
CREATE INDEX apitoken_token_grant ON apitoken_token (grant_id);

-- +goose Down
DROP TABLE apitoken_token;

-- +goose Up
CREATE TABLE token_token (
    id        TEXT PRIMARY KEY,
    grant_id  TEXT   NOT NULL REFERENCES grant_grant (id),
    kind      TEXT   NOT NULL,  -- static, access, refresh
    digest    TEXT   NOT NULL UNIQUE,
    hint      TEXT   NOT NULL,
    key_id    TEXT   NOT NULL,  -- the application key that obtained it, '' otherwise
    scopes    TEXT   NOT NULL,  -- JSON list when narrower than the grant, '' otherwise
    state     TEXT   NOT NULL,  -- active, retiring, expired, revoked
    reason    TEXT   NOT NULL,
    replaces  TEXT   NOT NULL,
    expires   BIGINT NOT NULL,
    idle      BIGINT NOT NULL,  -- microseconds of disuse after which it expires, 0: never
    created   BIGINT NOT NULL
);
CREATE INDEX token_token_grant ON token_token (grant_id);
CREATE INDEX token_token_expires ON token_token (expires);

-- +goose Down
DROP TABLE token_token;

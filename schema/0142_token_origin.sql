-- +goose Up
-- The token that an access token was exchanged for (RFC 8693): it ends with that one.
ALTER TABLE token_token ADD COLUMN origin TEXT NOT NULL DEFAULT '';
CREATE INDEX token_token_origin ON token_token (origin) WHERE origin <> '';

-- +goose Down
DROP INDEX token_token_origin;
ALTER TABLE token_token DROP COLUMN origin;

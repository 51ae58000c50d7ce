-- +goose Up
-- What a token obtained through OAuth carries besides: for whom, from which line
-- of refresh tokens, bound to which key, for which resource.
ALTER TABLE token_token ADD COLUMN client_id    TEXT NOT NULL DEFAULT '';
ALTER TABLE token_token ADD COLUMN family       TEXT NOT NULL DEFAULT '';
ALTER TABLE token_token ADD COLUMN confirmation TEXT NOT NULL DEFAULT ''; -- thumbprint of a DPoP key (RFC 9449)
ALTER TABLE token_token ADD COLUMN resource     TEXT NOT NULL DEFAULT ''; -- RFC 8707
CREATE INDEX token_token_family ON token_token (family) WHERE family <> '';

-- +goose Down
DROP INDEX token_token_family;
ALTER TABLE token_token DROP COLUMN resource;
ALTER TABLE token_token DROP COLUMN confirmation;
ALTER TABLE token_token DROP COLUMN family;
ALTER TABLE token_token DROP COLUMN client_id;

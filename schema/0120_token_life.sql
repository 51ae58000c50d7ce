-- +goose Up
-- The life of a static token: rotation with overlap and what undoes it, the
-- brown-out, and how long a successor lives.
ALTER TABLE token_token ADD COLUMN life        BIGINT NOT NULL DEFAULT 0;  -- microseconds from issue to expiry, 0: never expires
ALTER TABLE token_token ADD COLUMN successor   TEXT   NOT NULL DEFAULT ''; -- the token that took its place, '' if none
ALTER TABLE token_token ADD COLUMN retired     BIGINT NOT NULL DEFAULT 0;  -- begin of the rotation, 0: none
ALTER TABLE token_token ADD COLUMN earlier     BIGINT NOT NULL DEFAULT 0;  -- its expiry before the rotation, for undoing it
ALTER TABLE token_token ADD COLUMN brown_from  BIGINT NOT NULL DEFAULT 0;  -- begin and end of the brown-out
ALTER TABLE token_token ADD COLUMN brown_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE token_token ADD COLUMN ended       BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE token_token DROP COLUMN ended;
ALTER TABLE token_token DROP COLUMN brown_until;
ALTER TABLE token_token DROP COLUMN brown_from;
ALTER TABLE token_token DROP COLUMN earlier;
ALTER TABLE token_token DROP COLUMN retired;
ALTER TABLE token_token DROP COLUMN successor;
ALTER TABLE token_token DROP COLUMN life;

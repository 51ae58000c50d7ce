-- +goose Up
-- Disuse and age of static tokens. 0 stands for none throughout.
ALTER TABLE token_token ADD COLUMN rotate    BIGINT NOT NULL DEFAULT 0; -- microseconds of age at which rotation is due; 0: as the account's policy says
ALTER TABLE token_token ADD COLUMN idle_from BIGINT NOT NULL DEFAULT 0; -- disuse counts from here at the earliest: restored or put off
ALTER TABLE token_token ADD COLUMN warned    BIGINT NOT NULL DEFAULT 0; -- rung of the ladder of notices: 15, 7 or 1 day
ALTER TABLE token_token ADD COLUMN warned_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE token_token ADD COLUMN deadline  BIGINT NOT NULL DEFAULT 0; -- when it is disabled, as the notices said
ALTER TABLE token_token ADD COLUMN disabled  BIGINT NOT NULL DEFAULT 0; -- since when
ALTER TABLE token_token ADD COLUMN reminded  BIGINT NOT NULL DEFAULT 0; -- when its rotation was asked for
CREATE INDEX token_token_static ON token_token (grant_id) WHERE kind = 'static';

-- What an account demands of its static tokens; without a row the usual holds.
CREATE TABLE token_policy (
    account TEXT PRIMARY KEY REFERENCES account_account (id),
    idle    BIGINT NOT NULL, -- days, 0: off
    rotate  BIGINT NOT NULL, -- days, 0: off
    changed BIGINT NOT NULL
);

-- +goose Down
DROP TABLE token_policy;
DROP INDEX token_token_static;
ALTER TABLE token_token DROP COLUMN reminded;
ALTER TABLE token_token DROP COLUMN disabled;
ALTER TABLE token_token DROP COLUMN deadline;
ALTER TABLE token_token DROP COLUMN warned_at;
ALTER TABLE token_token DROP COLUMN warned;
ALTER TABLE token_token DROP COLUMN idle_from;
ALTER TABLE token_token DROP COLUMN rotate;

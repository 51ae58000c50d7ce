-- +goose Up
-- Who made a sandbox here by themselves; '' where the product told of the account.
ALTER TABLE account_account ADD COLUMN opened_by TEXT NOT NULL DEFAULT '';

-- What the product was asked to do with a sandbox at last.
CREATE TABLE sandbox_asked (
    account  TEXT   NOT NULL PRIMARY KEY REFERENCES account_account (id),
    what     TEXT   NOT NULL, -- create, reset
    seed     BIGINT NOT NULL, -- 1: with the product's sample data
    task     TEXT   NOT NULL,
    state    TEXT   NOT NULL, -- waiting, done, failed
    fault    TEXT   NOT NULL,
    asked    BIGINT NOT NULL,
    asked_by TEXT   NOT NULL,
    answered BIGINT NOT NULL  -- 0: not yet
);

-- +goose Down
DROP TABLE sandbox_asked;
ALTER TABLE account_account DROP COLUMN opened_by;

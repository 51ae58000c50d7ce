-- +goose Up
-- What a sandbox account answers instead of the product, for some calls or some time.
CREATE TABLE sandbox_simulation (
    account    TEXT   NOT NULL PRIMARY KEY REFERENCES account_account (id),
    outcome    TEXT   NOT NULL, -- a name that X-Simulate knows; '': the real answer, but late
    delay      BIGINT NOT NULL DEFAULT 0, -- milliseconds
    counted    BIGINT NOT NULL DEFAULT 0, -- 1: for so many calls
    calls      BIGINT NOT NULL DEFAULT 0, -- that are left
    until      BIGINT NOT NULL,
    started    BIGINT NOT NULL,
    started_by TEXT   NOT NULL
);

-- +goose Down
DROP TABLE sandbox_simulation;

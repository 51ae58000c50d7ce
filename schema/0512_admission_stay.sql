-- +goose Up
-- How often an account confirms what is installed, and what is known of each stay.
CREATE TABLE admission_cycle (
    account  TEXT PRIMARY KEY REFERENCES account_account (id),
    days     BIGINT NOT NULL,  -- 0: never
    grace    BIGINT NOT NULL,  -- days after which it is suspended, if the account chose that
    suspends BIGINT NOT NULL,
    since    BIGINT NOT NULL,  -- nothing is due before
    revision BIGINT NOT NULL
);
CREATE TABLE admission_stay (
    installation TEXT PRIMARY KEY REFERENCES integration_installation (id),
    account      TEXT   NOT NULL REFERENCES account_account (id),
    ends         BIGINT NOT NULL,  -- 0: never
    confirmed    BIGINT NOT NULL,  -- 0: not yet
    confirmed_by TEXT   NOT NULL
);
CREATE INDEX admission_stay_account ON admission_stay (account);
CREATE INDEX admission_stay_ends ON admission_stay (ends);

-- +goose Down
DROP TABLE admission_stay;
DROP TABLE admission_cycle;

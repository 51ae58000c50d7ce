-- +goose Up
-- How the store of a customer's own that a configuration fills is doing.
CREATE TABLE storesync_state (
    configuration TEXT   PRIMARY KEY,
    account       TEXT   NOT NULL,
    live          BIGINT NOT NULL,
    mark          TEXT   NOT NULL, -- stands in the store, too: it is still the one that was filled
    done          BIGINT NOT NULL,
    failures      BIGINT NOT NULL,
    last_done     BIGINT NOT NULL,
    last_failed   BIGINT NOT NULL,
    failing       BIGINT NOT NULL, -- the last attempt failed
    recent        TEXT   NOT NULL  -- JSON: the last faults
);
CREATE INDEX storesync_by_account ON storesync_state (account);
-- Up to which version the store has a cohort.
CREATE TABLE storesync_cohort (
    configuration TEXT   NOT NULL,
    cohort        TEXT   NOT NULL,
    subject       TEXT   NOT NULL, -- under which name
    version       BIGINT NOT NULL,
    PRIMARY KEY (configuration, cohort)
);
-- +goose Down
DROP TABLE storesync_cohort;
DROP TABLE storesync_state;

-- +goose Up
-- A lane is a row of jobs that are done one after another by one node at a
-- time. due is when its next job is due, 0 when nobody waits; holder and until
-- are the lease.
CREATE TABLE job_lane (
    kind   TEXT   NOT NULL,
    name   TEXT   NOT NULL,
    due    BIGINT NOT NULL,
    holder TEXT   NOT NULL,
    until  BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE INDEX job_lane_due ON job_lane (due);

-- Work that waits or was given up. Finished work leaves no row.
CREATE TABLE job (
    seq      SERIAL_KEY,
    id       TEXT   NOT NULL UNIQUE,
    kind     TEXT   NOT NULL,
    lane     TEXT   NOT NULL,
    state    TEXT   NOT NULL, -- waiting, exhausted
    due      BIGINT NOT NULL,
    attempts BIGINT NOT NULL, -- begun so far
    args     TEXT   NOT NULL, -- JSON
    once     TEXT   NOT NULL, -- unique key; the id when there is none
    bumps    BIGINT NOT NULL, -- how often it was asked for again
    request  TEXT   NOT NULL, -- the request that caused it
    error    TEXT   NOT NULL, -- of the last attempt
    created  BIGINT NOT NULL,
    tried    BIGINT NOT NULL  -- end of the last attempt
);
CREATE UNIQUE INDEX job_once ON job (kind, once);
CREATE INDEX job_in_lane ON job (kind, lane, state, due, seq);
CREATE INDEX job_state ON job (state, due);

-- The last tick of each schedule that was turned into a job.
CREATE TABLE job_schedule (
    name TEXT   PRIMARY KEY,
    tick BIGINT NOT NULL
);

-- +goose Down
DROP TABLE job_schedule;
DROP TABLE job;
DROP TABLE job_lane;

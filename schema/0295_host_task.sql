-- +goose Up
-- What the product is asked to do.
CREATE TABLE host_task (
    n         SERIAL_KEY,
    id        TEXT   NOT NULL UNIQUE,
    kind      TEXT   NOT NULL,
    account   TEXT   NOT NULL REFERENCES account_account (id),
    subject   TEXT   NOT NULL, -- the resource that it is about; '' for none
    data      TEXT   NOT NULL, -- JSON
    reference TEXT   NOT NULL, -- who asks, such as 'trigger/trg_…'
    key       TEXT   NOT NULL, -- '' for none: tasks of an account with one key are given out one after another
    state     TEXT   NOT NULL, -- waiting, taken, done, failed
    attempts  BIGINT NOT NULL, -- how often it was given out
    created   BIGINT NOT NULL,
    due       BIGINT NOT NULL, -- when it may be given out (again); 0: never
    expires   BIGINT NOT NULL,
    closed    BIGINT NOT NULL, -- when it was done or failed; 0: not yet
    result    TEXT   NOT NULL, -- JSON; '' for none
    fault     TEXT   NOT NULL
);
CREATE INDEX host_task_due ON host_task (due) WHERE due > 0;
CREATE INDEX host_task_key ON host_task (account, key, n, due) WHERE key <> '' AND due > 0;
CREATE INDEX host_task_closed ON host_task (closed) WHERE closed > 0;
CREATE INDEX host_task_account ON host_task (account, n);
CREATE INDEX host_task_failed ON host_task (n) WHERE state = 'failed';

-- +goose Down
DROP TABLE host_task;

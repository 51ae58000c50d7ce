-- +goose Up
-- Requests of developer groups for production settings.
CREATE TABLE programme_request (
    id           TEXT PRIMARY KEY,
    group_id     TEXT   NOT NULL REFERENCES group_group (id),
    state        TEXT   NOT NULL,  -- pending, asked, granted, refused, withdrawn, ended
    ask          TEXT   NOT NULL,  -- JSON: what the developers want and why
    turns        TEXT   NOT NULL,  -- JSON: questions of the operator and the answers
    submitted    BIGINT NOT NULL,
    submitted_by TEXT   NOT NULL,
    due          BIGINT NOT NULL,  -- until when the operator wants to decide; 0: nobody waits for the operator
    reason       TEXT   NOT NULL,  -- of the decision
    plan         TEXT   NOT NULL,  -- granted; '' for none
    limits       TEXT   NOT NULL,  -- JSON: granted values by name of the limit
    decided      BIGINT NOT NULL,
    decided_by   TEXT   NOT NULL,
    ends         BIGINT NOT NULL,  -- when what was granted ends; 0: never
    reminded     BIGINT NOT NULL,  -- when somebody was told of the due time or of the end
    revision     BIGINT NOT NULL
);
CREATE UNIQUE INDEX programme_request_open ON programme_request (group_id) WHERE state IN ('pending', 'asked');
CREATE INDEX programme_request_group ON programme_request (group_id, id);
CREATE INDEX programme_request_state ON programme_request (state, due);

-- +goose Down
DROP TABLE programme_request;

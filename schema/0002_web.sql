-- +goose Up
-- Idempotency keys of creating requests and their answers, kept for a day.
-- state: running (nothing committed yet), committed (the work is done, its
-- answer not yet kept), done (answer holds it, sealed).
CREATE TABLE web_idempotency (
    principal   TEXT   NOT NULL,
    operation   TEXT   NOT NULL,
    request_key TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL,
    claim       TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    claimed_at  BIGINT NOT NULL,
    answer      TEXT   NOT NULL,
    PRIMARY KEY (principal, operation, request_key)
);
CREATE INDEX web_idempotency_created ON web_idempotency (created_at);

-- +goose Down
DROP TABLE web_idempotency;

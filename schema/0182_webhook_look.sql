-- +goose Up
-- What came of the requests to an endpoint, by quarter of an hour for a month and by day for longer. Bodies and attempts
-- go sooner; these numbers stay.
CREATE TABLE webhook_count (
    endpoint  TEXT   NOT NULL,
    step      TEXT   NOT NULL, -- quarter, day
    at        BIGINT NOT NULL, -- its beginning, UTC
    delivered BIGINT NOT NULL,
    failed    BIGINT NOT NULL, -- requests without a 2xx
    answered  BIGINT NOT NULL, -- requests with any answer
    took      BIGINT NOT NULL, -- microseconds, of all answers together
    slowest   BIGINT NOT NULL, -- microseconds
    PRIMARY KEY (endpoint, step, at)
);
CREATE INDEX webhook_count_age ON webhook_count (step, at);
CREATE INDEX webhook_delivery_failed ON webhook_delivery (endpoint, d) WHERE state IN ('exhausted', 'dropped');

-- Deliveries that are sent again together, so that one can see how far it is, and stop it.
CREATE TABLE webhook_replay (
    id         TEXT   PRIMARY KEY,
    endpoint   TEXT   NOT NULL REFERENCES webhook_endpoint (id),
    selection  TEXT   NOT NULL, -- JSON
    total      BIGINT NOT NULL,
    stopped    BIGINT NOT NULL, -- when; 0: it was not
    created_by TEXT   NOT NULL,
    created    BIGINT NOT NULL
);
CREATE INDEX webhook_replay_endpoint ON webhook_replay (endpoint, created);
ALTER TABLE webhook_delivery ADD COLUMN replay TEXT NOT NULL DEFAULT ''; -- the one it was last sent again by
-- +goose Down
ALTER TABLE webhook_delivery DROP COLUMN replay;
DROP TABLE webhook_replay;
DROP INDEX webhook_delivery_failed;
DROP TABLE webhook_count;

-- +goose Up
-- Events that somebody made up to try an endpoint. They stand in no account's log; their numbers begin at 2^60.
CREATE TABLE webhook_test (
    n        BIGINT PRIMARY KEY,
    endpoint TEXT   NOT NULL,
    account  TEXT   NOT NULL, -- '' for an application's endpoint
    at       BIGINT NOT NULL,
    type     TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    data     TEXT   NOT NULL  -- JSON
);
CREATE INDEX webhook_test_endpoint ON webhook_test (endpoint);

-- +goose Down
DROP TABLE webhook_test;

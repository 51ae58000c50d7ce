-- +goose Up
-- Where events go: an application's server, for all its installations, or that of one grant.
CREATE TABLE webhook_endpoint (
    id          TEXT   PRIMARY KEY,
    application TEXT   NOT NULL, -- '' for a grant's
    group_id    TEXT   NOT NULL, -- of the application
    grant_id    TEXT   NOT NULL, -- '' for an application's
    account     TEXT   NOT NULL, -- of the grant
    holder      TEXT   NOT NULL, -- of the grant, as policies name it
    url         TEXT   NOT NULL,
    description TEXT   NOT NULL,
    state       TEXT   NOT NULL, -- enabled, disabled
    reason      TEXT   NOT NULL, -- why it is disabled: asked, gone, failing
    ordered     BIGINT NOT NULL,
    concurrency BIGINT NOT NULL, -- requests at one time
    rate        BIGINT NOT NULL, -- requests a second, 0: as many as it takes
    secrets     TEXT   NOT NULL, -- JSON list: sealed, with hint, begin and end
    created_by  TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    revision    BIGINT NOT NULL
);
CREATE INDEX webhook_endpoint_application ON webhook_endpoint (application) WHERE application <> '';
CREATE INDEX webhook_endpoint_grant ON webhook_endpoint (grant_id) WHERE grant_id <> '';

-- Which events an endpoint gets.
CREATE TABLE webhook_subscription (
    id       TEXT   PRIMARY KEY,
    endpoint TEXT   NOT NULL REFERENCES webhook_endpoint (id),
    types    TEXT   NOT NULL, -- JSON list of patterns
    account  TEXT   NOT NULL, -- only this one; '' for all
    filter   TEXT   NOT NULL, -- JSON policy over the subject; [] for none
    enabled  BIGINT NOT NULL,
    created  BIGINT NOT NULL
);
CREATE INDEX webhook_subscription_endpoint ON webhook_subscription (endpoint);

-- How the receiver of an endpoint is doing; written by the courier only.
CREATE TABLE webhook_circuit (
    endpoint TEXT   PRIMARY KEY,
    state    TEXT   NOT NULL, -- closed, open, half_open
    failures BIGINT NOT NULL, -- in a row
    since    BIGINT NOT NULL, -- first failure of the row
    opened   BIGINT NOT NULL,
    probes   BIGINT NOT NULL, -- that failed since it opened
    probe    BIGINT NOT NULL, -- when the next is due
    told     BIGINT NOT NULL, -- percent of the time to being disabled that its owners were told of
    success  BIGINT NOT NULL  -- the last
);

-- One event for one endpoint, from its first attempt on, or from when it had to wait.
CREATE TABLE webhook_delivery (
    d            SERIAL_KEY,
    endpoint     TEXT   NOT NULL,
    event_n      BIGINT NOT NULL,
    account      TEXT   NOT NULL,
    grant_id     TEXT   NOT NULL,
    type         TEXT   NOT NULL, -- of the event
    ordering     TEXT   NOT NULL, -- of the event
    state        TEXT   NOT NULL, -- waiting, delivered, exhausted, dropped
    reason       TEXT   NOT NULL, -- why it was dropped
    attempts     BIGINT NOT NULL, -- made so far
    step         BIGINT NOT NULL, -- place on the ladder of retries
    due          BIGINT NOT NULL, -- of the next attempt; 0: none follows
    status       BIGINT NOT NULL, -- of the last answer
    failure      TEXT   NOT NULL, -- of the last attempt without an answer
    created      BIGINT NOT NULL,
    updated      BIGINT NOT NULL
);
CREATE UNIQUE INDEX webhook_delivery_once ON webhook_delivery (event_n, endpoint);
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint, d);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (endpoint, due) WHERE state = 'waiting';

-- Every request that was made, with what came back.
CREATE TABLE webhook_attempt (
    a        SERIAL_KEY,
    delivery BIGINT NOT NULL,
    number   BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    took     BIGINT NOT NULL, -- microseconds
    status   BIGINT NOT NULL, -- 0: no answer
    failure  TEXT   NOT NULL,
    probe    BIGINT NOT NULL, -- of an open circuit; it does not count
    answer   TEXT   NOT NULL, -- the first 64 KiB, credentials taken out
    cut      BIGINT NOT NULL
);
CREATE INDEX webhook_attempt_delivery ON webhook_attempt (delivery);

-- Who follows the log, and how far every event is settled.
CREATE TABLE webhook_courier (
    name    TEXT   PRIMARY KEY,
    settled BIGINT NOT NULL,
    holder  TEXT   NOT NULL,
    until   BIGINT NOT NULL
);

-- +goose Down
DROP TABLE webhook_courier;
DROP TABLE webhook_attempt;
DROP TABLE webhook_delivery;
DROP TABLE webhook_circuit;
DROP TABLE webhook_subscription;
DROP TABLE webhook_endpoint;

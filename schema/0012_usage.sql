-- +goose Up
-- A combination of what decisions are about, named once. digest is a hash of
-- the other columns. Rows of grants that ended stay: they are history.
CREATE TABLE usage_series (
    seq         SERIAL_KEY,
    digest      TEXT NOT NULL UNIQUE,
    grant_id    TEXT NOT NULL,
    application TEXT NOT NULL,
    account     TEXT NOT NULL,
    group_id    TEXT NOT NULL,
    key_id      TEXT NOT NULL,
    operation   TEXT NOT NULL,  -- id of the route, 'other' where memory was full
    entitlement TEXT NOT NULL
);
CREATE INDEX usage_series_application ON usage_series (application);
CREATE INDEX usage_series_account ON usage_series (account);
CREATE INDEX usage_series_group ON usage_series (group_id);

-- How often each outcome came. at is the begin of the minute, hour or day, UTC.
CREATE TABLE usage_minute (
    series  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    outcome BIGINT NOT NULL,
    n       BIGINT NOT NULL,
    PRIMARY KEY (series, at, outcome)
);
CREATE INDEX usage_minute_at ON usage_minute (at);
CREATE TABLE usage_hour (
    series  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    outcome BIGINT NOT NULL,
    n       BIGINT NOT NULL,
    PRIMARY KEY (series, at, outcome)
);
CREATE INDEX usage_hour_at ON usage_hour (at);
CREATE TABLE usage_day (
    series  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    outcome BIGINT NOT NULL,
    n       BIGINT NOT NULL,
    PRIMARY KEY (series, at, outcome)
);
CREATE INDEX usage_day_at ON usage_day (at);

-- The last use of a token, key or grant.
CREATE TABLE usage_last (
    kind      TEXT   NOT NULL,
    id        TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    operation TEXT   NOT NULL,
    network   TEXT   NOT NULL,  -- IPv4 /24 or IPv6 /48
    PRIMARY KEY (kind, id)
);

-- +goose Down
DROP TABLE usage_last;
DROP TABLE usage_day;
DROP TABLE usage_hour;
DROP TABLE usage_minute;
DROP TABLE usage_series;

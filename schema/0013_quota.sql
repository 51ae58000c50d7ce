-- +goose Up
-- Which plan an owner (a group, or an account for integrations of its own) is
-- on, from starts until ends (0: open). Without a row: the default plan.
CREATE TABLE quota_plan (
    seq     SERIAL_KEY,
    owner   TEXT   NOT NULL,
    plan    TEXT   NOT NULL,
    reason  TEXT   NOT NULL,
    starts  BIGINT NOT NULL,
    ends    BIGINT NOT NULL
);
CREATE INDEX quota_plan_owner ON quota_plan (owner);

-- A value of its own for one limit of an owner.
CREATE TABLE quota_override (
    seq    SERIAL_KEY,
    owner  TEXT   NOT NULL,
    name   TEXT   NOT NULL,  -- of the limit; 'sites' for installations
    value  BIGINT NOT NULL,
    reason TEXT   NOT NULL,
    starts BIGINT NOT NULL,
    ends   BIGINT NOT NULL
);
CREATE INDEX quota_override_owner ON quota_override (owner);

-- The open window of a long limit. reserved is what nodes took to spend,
-- spent what they said they spent, warned the levels that were told, as bits.
CREATE TABLE quota_window (
    owner    TEXT   NOT NULL,
    holder   TEXT   NOT NULL,  -- '' for the owner, else application/…, application/…:account/…, key/…
    name     TEXT   NOT NULL,
    starts   BIGINT NOT NULL,
    ends     BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    spent    BIGINT NOT NULL,
    warned   BIGINT NOT NULL,
    PRIMARY KEY (owner, holder, name)
);
CREATE INDEX quota_window_ends ON quota_window (ends);

-- The nodes that are alive; short limits are divided among them.
CREATE TABLE quota_node (
    node TEXT PRIMARY KEY,
    at   BIGINT NOT NULL
);

-- How many installations an owner has, and which.
CREATE TABLE quota_site_count (
    owner TEXT PRIMARY KEY,
    used  BIGINT NOT NULL
);
CREATE TABLE quota_site (
    installation TEXT PRIMARY KEY,
    owner        TEXT   NOT NULL,
    at           BIGINT NOT NULL
);
CREATE INDEX quota_site_owner ON quota_site (owner);

-- +goose Down
DROP TABLE quota_site;
DROP TABLE quota_site_count;
DROP TABLE quota_node;
DROP TABLE quota_window;
DROP TABLE quota_override;
DROP TABLE quota_plan;

-- +goose Up
-- An account's own program with its rights. Its grant says the same to callers.
CREATE TABLE private_integration (
    id          TEXT PRIMARY KEY,
    account     TEXT   NOT NULL REFERENCES account_account (id),
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    scopes      TEXT   NOT NULL,  -- JSON list
    owner       TEXT   NOT NULL,  -- the member who answers for it
    contact     TEXT   NOT NULL,  -- e-mail address
    networks    TEXT   NOT NULL,  -- JSON list of CIDR networks
    reach       TEXT   NOT NULL,  -- JSON: rule, accounts, future, except
    life_days   BIGINT NOT NULL,  -- of each token, 0: without an end
    idle_days   BIGINT NOT NULL,  -- 0: as the account's policy says
    rotate_days BIGINT NOT NULL,  -- 0: as the account's policy says
    grant_id    TEXT   NOT NULL REFERENCES grant_grant (id),
    state       TEXT   NOT NULL,  -- active, paused, blocked, deleted, gone
    paused      BIGINT NOT NULL,  -- the account's switch
    reason      TEXT   NOT NULL,  -- why paused or deleted
    block       TEXT   NOT NULL,  -- why the operator stopped it, '' when not
    created_by  TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    deleted     BIGINT NOT NULL,
    revision    BIGINT NOT NULL
);
CREATE INDEX private_integration_account ON private_integration (account);
CREATE INDEX private_integration_grant ON private_integration (grant_id);

-- Switches that override what a member's role says about private integrations.
CREATE TABLE private_permission (
    account    TEXT   NOT NULL REFERENCES account_account (id),
    user_id    TEXT   NOT NULL REFERENCES identity_user (id),
    own        TEXT   NOT NULL,  -- on, off, '' by role
    children   TEXT   NOT NULL,  -- on, off, '' by role
    since      BIGINT NOT NULL,  -- begin of the membership in which they were set
    changed    BIGINT NOT NULL,
    changed_by TEXT   NOT NULL,
    PRIMARY KEY (account, user_id)
);

-- Which events go where. Delivery belongs to later slices.
CREATE TABLE private_webhook (
    id          TEXT PRIMARY KEY,
    integration TEXT   NOT NULL REFERENCES private_integration (id),
    url         TEXT   NOT NULL,
    description TEXT   NOT NULL,
    types       TEXT   NOT NULL,  -- JSON list of patterns
    enabled     BIGINT NOT NULL,
    created_by  TEXT   NOT NULL,
    created     BIGINT NOT NULL
);
CREATE INDEX private_webhook_integration ON private_webhook (integration);

-- +goose Down
DROP TABLE private_webhook;
DROP TABLE private_permission;
DROP TABLE private_integration;

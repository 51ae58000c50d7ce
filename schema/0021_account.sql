-- +goose Up
-- A customer of the product (tenant).
CREATE TABLE account_account (
    id          TEXT PRIMARY KEY,
    key         TEXT   NOT NULL UNIQUE, -- the product's own key
    name        TEXT   NOT NULL,
    kind        TEXT   NOT NULL,        -- production, sandbox
    parent      TEXT   NOT NULL,        -- '' or an account id
    developer_group TEXT NOT NULL,      -- a sandbox belongs to a developer group, '' otherwise
    upstream    TEXT   NOT NULL,        -- '' or this account's own upstream
    state       TEXT   NOT NULL,        -- active, closed
    created     BIGINT NOT NULL
);
CREATE INDEX account_account_parent ON account_account (parent);

-- A role as the product knows it in this account.
CREATE TABLE account_role (
    id            TEXT PRIMARY KEY,
    account       TEXT   NOT NULL REFERENCES account_account (id),
    key           TEXT   NOT NULL,  -- the product's own key of the role
    name          TEXT   NOT NULL,
    policy        TEXT   NOT NULL,  -- JSON statements over the product's resources
    administrator BIGINT NOT NULL,  -- 1: marked as an administrator role by the product
    integration   BIGINT NOT NULL,  -- 1: made for an integration by Guestright
    created       BIGINT NOT NULL,
    UNIQUE (account, key)
);

-- A person's place in an account: role says what they may do in Guestright.
CREATE TABLE account_member (
    account   TEXT   NOT NULL REFERENCES account_account (id),
    user_id   TEXT   NOT NULL REFERENCES identity_user (id),
    role      TEXT   NOT NULL,  -- admin, member, reader
    roles     TEXT   NOT NULL,  -- JSON list of account_role ids: what they may do in the product
    created   BIGINT NOT NULL,
    PRIMARY KEY (account, user_id)
);
CREATE INDEX account_member_user ON account_member (user_id);

-- A user inside the product that belongs to an integration, not to a person.
CREATE TABLE account_integration_user (
    id          TEXT PRIMARY KEY,
    account     TEXT   NOT NULL REFERENCES account_account (id),
    key         TEXT   NOT NULL,  -- the product's own key of the user, '' until the product told it
    name        TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    UNIQUE (account, name)
);

-- Facts of resources that policies ask for (PUT /v1/resources).
CREATE TABLE account_resource (
    account    TEXT   NOT NULL REFERENCES account_account (id),
    resource   TEXT   NOT NULL,
    tags       TEXT   NOT NULL,  -- JSON list
    properties TEXT   NOT NULL,  -- JSON object
    updated    BIGINT NOT NULL,
    PRIMARY KEY (account, resource)
);

-- +goose Down
DROP TABLE account_resource;
DROP TABLE account_integration_user;
DROP TABLE account_member;
DROP TABLE account_role;
DROP TABLE account_account;

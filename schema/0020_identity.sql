-- +goose Up
-- A person who can sign in.
CREATE TABLE identity_user (
    id            TEXT PRIMARY KEY,
    email         TEXT   NOT NULL UNIQUE, -- canonical: lower case; deleted:<id> once deleted
    name          TEXT   NOT NULL,
    company       TEXT   NOT NULL,
    password      TEXT   NOT NULL,        -- argon2id in PHC form, '' when there is none
    operator      BIGINT NOT NULL,        -- 1: works for the platform operator
    state         TEXT   NOT NULL,        -- unverified, invited, active, deletion_requested, deleted
    product_key   TEXT   NOT NULL,        -- the product's own key of this person, '' when unknown
    verified      BIGINT NOT NULL,        -- when the address was proven, 0: not yet
    created       BIGINT NOT NULL,
    deletion_due  BIGINT NOT NULL
);
CREATE UNIQUE INDEX identity_user_product ON identity_user (product_key) WHERE product_key <> '';
CREATE INDEX identity_user_deletion ON identity_user (deletion_due) WHERE deletion_due > 0;

-- A signed-in browser. The cookie holds the secret, this its keyed digest.
CREATE TABLE identity_session (
    id            TEXT PRIMARY KEY,
    digest        TEXT   NOT NULL UNIQUE,
    user_id       TEXT   NOT NULL REFERENCES identity_user (id),
    method        TEXT   NOT NULL, -- password, password+totp, password+recovery, passkey, oidc, setup
    roles         TEXT   NOT NULL, -- JSON: the roles it was last seen with
    agent         TEXT   NOT NULL,
    address       TEXT   NOT NULL, -- network of the client
    created       BIGINT NOT NULL,
    authenticated BIGINT NOT NULL, -- when the person last proved who they are
    seen          BIGINT NOT NULL  -- to the minute
);
CREATE INDEX identity_session_user ON identity_session (user_id);
CREATE INDEX identity_session_seen ON identity_session (seen);

-- A one-time link that was mailed.
CREATE TABLE identity_link (
    digest  TEXT PRIMARY KEY,
    kind    TEXT   NOT NULL, -- verify, email, reset, deletion
    user_id TEXT   NOT NULL REFERENCES identity_user (id),
    email   TEXT   NOT NULL, -- the address that it proves
    expires BIGINT NOT NULL
);
CREATE INDEX identity_link_user ON identity_link (user_id);
CREATE INDEX identity_link_expires ON identity_link (expires);

-- Which version of the terms a person accepted, and when.
CREATE TABLE identity_terms (
    user_id  TEXT   NOT NULL REFERENCES identity_user (id),
    version  TEXT   NOT NULL,
    accepted BIGINT NOT NULL,
    PRIMARY KEY (user_id, version)
);

-- The authenticator app of a person (RFC 6238).
CREATE TABLE identity_totp (
    user_id   TEXT PRIMARY KEY REFERENCES identity_user (id),
    secret    TEXT   NOT NULL, -- sealed
    confirmed BIGINT NOT NULL, -- 0: enrolment not finished
    step      BIGINT NOT NULL, -- the last time step that was used
    created   BIGINT NOT NULL
);
CREATE TABLE identity_recovery (
    user_id TEXT NOT NULL REFERENCES identity_user (id),
    digest  TEXT NOT NULL,
    PRIMARY KEY (user_id, digest)
);

-- Passkeys (WebAuthn credentials).
CREATE TABLE identity_passkey (
    id         TEXT PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES identity_user (id),
    credential TEXT   NOT NULL UNIQUE, -- base64url of the credential's own id
    record     TEXT   NOT NULL,        -- JSON: the credential record of the specification
    name       TEXT   NOT NULL,
    created    BIGINT NOT NULL,
    used       BIGINT NOT NULL
);
CREATE INDEX identity_passkey_user ON identity_passkey (user_id);

-- Whom the operator's OIDC provider knows a person as.
CREATE TABLE identity_subject (
    issuer  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    user_id TEXT   NOT NULL REFERENCES identity_user (id),
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identity_subject_user ON identity_subject (user_id);

-- Attempts that were counted, by account and by network.
CREATE TABLE identity_throttle (
    key      TEXT PRIMARY KEY, -- keyed digest
    attempts BIGINT NOT NULL,
    next     BIGINT NOT NULL,  -- not before
    last     BIGINT NOT NULL
);
CREATE INDEX identity_throttle_last ON identity_throttle (last);

-- What works once and was used: form tokens, passkey and provider exchanges.
CREATE TABLE identity_spent (
    nonce   TEXT PRIMARY KEY,
    expires BIGINT NOT NULL
);
CREATE INDEX identity_spent_expires ON identity_spent (expires);

-- The secret of the first start.
CREATE TABLE identity_setup (
    digest  TEXT PRIMARY KEY,
    expires BIGINT NOT NULL
);

-- +goose Down
DROP TABLE identity_setup;
DROP TABLE identity_spent;
DROP TABLE identity_throttle;
DROP TABLE identity_subject;
DROP TABLE identity_passkey;
DROP TABLE identity_recovery;
DROP TABLE identity_totp;
DROP TABLE identity_terms;
DROP TABLE identity_link;
DROP TABLE identity_session;
DROP TABLE identity_user;

-- +goose Up
-- A client's question that waits for a person's answer: pushed (RFC 9126), in
-- the browser, or from a device (RFC 8628).
CREATE TABLE authorization_request (
    id          TEXT PRIMARY KEY,
    kind        TEXT   NOT NULL,  -- code, device
    application TEXT   NOT NULL REFERENCES application_application (id),
    params      TEXT   NOT NULL,  -- JSON, as asked
    state       TEXT   NOT NULL,  -- pushed, pending, approved, denied, redeemed
    user_id     TEXT   NOT NULL,  -- who decided
    account     TEXT   NOT NULL,
    grant_id    TEXT   NOT NULL,
    granted     TEXT   NOT NULL,  -- JSON list of scopes
    signed_in   BIGINT NOT NULL,
    key_digest  TEXT   NOT NULL,  -- of the pushed request_uri or the device code, '' otherwise
    user_digest TEXT   NOT NULL,  -- of the user code, '' otherwise
    polled      BIGINT NOT NULL,  -- last poll of a device
    every       BIGINT NOT NULL,  -- microseconds between two polls
    created     BIGINT NOT NULL,
    expires     BIGINT NOT NULL
);
CREATE UNIQUE INDEX authorization_request_key ON authorization_request (key_digest) WHERE key_digest <> '';
CREATE UNIQUE INDEX authorization_request_user ON authorization_request (user_digest) WHERE user_digest <> '';
CREATE INDEX authorization_request_expires ON authorization_request (expires);

CREATE TABLE authorization_code (
    digest      TEXT PRIMARY KEY,
    request     TEXT   NOT NULL,  -- '' for a recovery code
    application TEXT   NOT NULL REFERENCES application_application (id),
    grant_id    TEXT   NOT NULL REFERENCES grant_grant (id),
    account     TEXT   NOT NULL,
    user_id     TEXT   NOT NULL,
    params      TEXT   NOT NULL,
    scopes      TEXT   NOT NULL,
    signed_in   BIGINT NOT NULL,
    state       TEXT   NOT NULL,  -- issued, redeemed, reused
    family      TEXT   NOT NULL,  -- what it produced
    created     BIGINT NOT NULL,
    expires     BIGINT NOT NULL,
    redeemed    BIGINT NOT NULL
);
CREATE INDEX authorization_code_expires ON authorization_code (expires);

-- A line of refresh tokens; the tokens themselves are the token slice's.
CREATE TABLE authorization_family (
    id           TEXT PRIMARY KEY,
    application  TEXT   NOT NULL REFERENCES application_application (id),
    client_id    TEXT   NOT NULL,
    public       BIGINT NOT NULL,
    grant_id     TEXT   NOT NULL REFERENCES grant_grant (id),
    account      TEXT   NOT NULL,
    user_id      TEXT   NOT NULL,
    scopes       TEXT   NOT NULL,
    identity     TEXT   NOT NULL,
    resources    TEXT   NOT NULL,
    confirmation TEXT   NOT NULL,  -- thumbprint of a DPoP key
    nonce        TEXT   NOT NULL,
    signed_in    BIGINT NOT NULL,
    state        TEXT   NOT NULL,  -- live, ended
    reason       TEXT   NOT NULL,
    revision     BIGINT NOT NULL,
    created      BIGINT NOT NULL,
    expires      BIGINT NOT NULL
);
CREATE INDEX authorization_family_grant ON authorization_family (grant_id);
CREATE INDEX authorization_family_user ON authorization_family (user_id, application);
CREATE INDEX authorization_family_expires ON authorization_family (expires);

-- A refresh token that was exchanged, with its successor for the grace time.
CREATE TABLE authorization_rotation (
    token     TEXT PRIMARY KEY,
    family    TEXT   NOT NULL REFERENCES authorization_family (id),
    successor TEXT   NOT NULL,  -- sealed, '' once the grace time is over
    used      BIGINT NOT NULL,
    until     BIGINT NOT NULL
);
CREATE INDEX authorization_rotation_family ON authorization_rotation (family);
CREATE INDEX authorization_rotation_until ON authorization_rotation (until) WHERE successor <> '';

-- What may be shown once: ids of DPoP proofs and of client assertions.
CREATE TABLE authorization_replay (
    digest  TEXT PRIMARY KEY,
    expires BIGINT NOT NULL
);
CREATE INDEX authorization_replay_expires ON authorization_replay (expires);

-- Keys that sign id tokens and JWT access tokens.
CREATE TABLE authorization_signing (
    id      TEXT PRIMARY KEY,  -- kid
    sealed  TEXT   NOT NULL,
    public  TEXT   NOT NULL,   -- JWK
    created BIGINT NOT NULL,
    signs   BIGINT NOT NULL,   -- from when it signs
    retires BIGINT NOT NULL,   -- from when it signs no more, 0: not yet known
    ends    BIGINT NOT NULL    -- from when it is published no more, 0: not yet known
);

-- +goose Down
DROP TABLE authorization_signing;
DROP TABLE authorization_replay;
DROP TABLE authorization_rotation;
DROP TABLE authorization_family;
DROP TABLE authorization_code;
DROP TABLE authorization_request;

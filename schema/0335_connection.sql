-- +goose Up
-- The partner's OAuth server of an application, and what we are there.
CREATE TABLE connection_partner (
    application   TEXT   PRIMARY KEY,
    authorize     TEXT   NOT NULL, -- address, or a path below the customer's base URI
    exchange      TEXT   NOT NULL, -- the same
    issuer        TEXT   NOT NULL, -- '' when it names none
    client_id     TEXT   NOT NULL,
    secret        TEXT   NOT NULL, -- sealed
    method        TEXT   NOT NULL, -- how we show the secret
    scopes        TEXT   NOT NULL, -- with spaces between them
    base_uri      TEXT   NOT NULL, -- '' when each customer has one
    updated       BIGINT NOT NULL
);
-- What an administrator's consent at the partner's has brought to a configuration.
CREATE TABLE connection_connection (
    configuration TEXT   PRIMARY KEY,
    application   TEXT   NOT NULL,
    account       TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    base_uri      TEXT   NOT NULL,
    access        TEXT   NOT NULL, -- sealed
    refresh       TEXT   NOT NULL, -- sealed; '' for none
    expires       BIGINT NOT NULL, -- of the access token; 0: it does not say
    lifetime      BIGINT NOT NULL, -- of it, in microseconds
    scopes        TEXT   NOT NULL,
    connected_by  TEXT   NOT NULL,
    connected     BIGINT NOT NULL,
    refreshed     BIGINT NOT NULL,
    fault         TEXT   NOT NULL,
    revision      BIGINT NOT NULL
);
-- Administrators who are on their way to the partner and back.
CREATE TABLE connection_way (
    state         TEXT   PRIMARY KEY, -- digest of what the partner gives back
    configuration TEXT   NOT NULL,
    person        TEXT   NOT NULL,
    base_uri      TEXT   NOT NULL,
    verifier      TEXT   NOT NULL, -- sealed
    expires       BIGINT NOT NULL
);
-- +goose Down
DROP TABLE connection_way;
DROP TABLE connection_connection;
DROP TABLE connection_partner;

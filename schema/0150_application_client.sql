-- +goose Up
-- How an application signs people in. No row: nothing was entered yet.
CREATE TABLE application_client (
    application   TEXT PRIMARY KEY REFERENCES application_application (id),
    redirect_uris TEXT   NOT NULL,  -- JSON list, compared byte for byte
    public        BIGINT NOT NULL,
    native        BIGINT NOT NULL,
    auth_method   TEXT   NOT NULL,  -- client_secret_basic, client_secret_post, private_key_jwt, none
    jwks          TEXT   NOT NULL,  -- JSON Web Key Set, '' for none
    jwks_uri      TEXT   NOT NULL,
    token_format  TEXT   NOT NULL,  -- opaque, jwt
    dpop_bound    BIGINT NOT NULL,
    revision      BIGINT NOT NULL,
    updated       BIGINT NOT NULL
);

-- +goose Down
DROP TABLE application_client;

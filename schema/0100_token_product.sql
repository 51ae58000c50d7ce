-- +goose Up
-- A machine credential of the product, or of its operator, for our own API.
CREATE TABLE token_product (
    id         TEXT PRIMARY KEY,
    digest     TEXT   NOT NULL UNIQUE,
    hint       TEXT   NOT NULL,
    label      TEXT   NOT NULL,
    state      TEXT   NOT NULL,  -- active, revoked
    created    BIGINT NOT NULL,
    created_by TEXT   NOT NULL,
    used       BIGINT NOT NULL,  -- last use to the minute, 0: never
    revoked    BIGINT NOT NULL
);

-- +goose Down
DROP TABLE token_product;

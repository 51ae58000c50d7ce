-- +goose Up
-- A person who can sign in.
CREATE TABLE identity_user (
    id            TEXT PRIMARY KEY,
    email         TEXT   NOT NULL UNIQUE, -- canonical: lower case
    name          TEXT   NOT NULL,
    company       TEXT   NOT NULL,
    password      TEXT   NOT NULL,        -- argon2id in PHC form, '' when there is none
    operator      BIGINT NOT NULL,        -- 1: works for the platform operator
    state         TEXT   NOT NULL,        -- invited, active, deletion_requested, deleted
    product_key   TEXT   NOT NULL,        -- the product's own key of this person, '' when unknown
    verified      BIGINT NOT NULL,        -- when the address was proven, 0: not yet
    created       BIGINT NOT NULL,
    deletion_due  BIGINT NOT NULL
);
CREATE UNIQUE INDEX identity_user_product ON identity_user (product_key) WHERE product_key <> '';

-- +goose Down
DROP TABLE identity_user;

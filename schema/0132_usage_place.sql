-- +goose Up
-- The networks that a grant was used from.
CREATE TABLE usage_place (
    kind    TEXT   NOT NULL,
    id      TEXT   NOT NULL,
    network TEXT   NOT NULL,  -- IPv4 /24 or IPv6 /48
    at      BIGINT NOT NULL,  -- last use
    PRIMARY KEY (kind, id, network)
);
CREATE INDEX usage_place_at ON usage_place (at);

-- +goose Down
DROP TABLE usage_place;

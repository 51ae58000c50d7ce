-- +goose Up
-- What changed, so that every node can drop what it remembers (kit/store feed).
CREATE TABLE store_change (
    seq   SERIAL_KEY,
    at    BIGINT NOT NULL,
    node  TEXT   NOT NULL,
    topic TEXT   NOT NULL,
    key   TEXT   NOT NULL
);
CREATE INDEX store_change_at ON store_change (at);

-- Small facts about the installation itself, such as the id of the master key.
CREATE TABLE store_fact (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- +goose Down
DROP TABLE store_fact;
DROP TABLE store_change;

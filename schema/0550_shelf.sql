-- +goose Up
-- An index by account, or by endpoint, changes another page for every row that is added. These keep what is new together:
-- blocks of 8,192 rows, and a directory that tells who has rows in every eight of them.
CREATE TABLE event_shelf (
    owner   TEXT   NOT NULL, -- account
    counter BIGINT NOT NULL, -- seq of its last event in the shelf
    number  BIGINT NOT NULL, -- n of it
    PRIMARY KEY (owner, counter)
);
CREATE INDEX event_shelf_number ON event_shelf (number);
-- shelved: how many shelves are in the directory
INSERT INTO event_progress (name, n) SELECT 'shelved', COALESCE(MIN(n), (SELECT seq + 1 FROM event_head WHERE account = ''), 0) >> 16 FROM event_event;
CREATE INDEX event_event_block ON event_event ((n >> 13), account, seq);
DROP INDEX event_event_account;

CREATE TABLE webhook_shelf (
    owner   TEXT   NOT NULL, -- endpoint
    counter BIGINT NOT NULL, -- d of its last delivery in the shelf
    number  BIGINT NOT NULL, -- the same
    PRIMARY KEY (owner, counter)
);
CREATE INDEX webhook_shelf_number ON webhook_shelf (number);
CREATE TABLE webhook_progress (
    name TEXT   PRIMARY KEY, -- last: d that was given out last, shelved: how many shelves are in the directory
    n    BIGINT NOT NULL
);
INSERT INTO webhook_progress (name, n) SELECT 'shelved', COALESCE(MIN(d), 0) >> 16 FROM webhook_delivery;
INSERT INTO webhook_progress (name, n) SELECT 'last', COALESCE(MAX(d), 0) FROM webhook_delivery;
CREATE INDEX webhook_delivery_block ON webhook_delivery ((d >> 13), endpoint, d);
DROP INDEX webhook_delivery_endpoint;

-- +goose Down
DROP INDEX webhook_delivery_block;
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint, d);
DROP TABLE webhook_progress;
DROP TABLE webhook_shelf;
DROP INDEX event_event_block;
CREATE UNIQUE INDEX event_event_account ON event_event (account, seq);
INSERT INTO event_head (account, seq) SELECT owner, MAX(counter) FROM event_shelf WHERE true GROUP BY owner
    ON CONFLICT (account) DO UPDATE SET seq = CASE WHEN excluded.seq > event_head.seq THEN excluded.seq ELSE event_head.seq END;
DELETE FROM event_progress WHERE name = 'shelved';
DROP TABLE event_shelf;

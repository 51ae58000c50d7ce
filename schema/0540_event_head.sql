-- +goose Up
-- The last number of an account is that of its last event. It stands here only where that event is gone.
DELETE FROM event_head WHERE account <> '' AND EXISTS (SELECT 1 FROM event_event AS e WHERE e.account = event_head.account);

-- +goose Down
DELETE FROM event_head WHERE account <> '' AND EXISTS (SELECT 1 FROM event_event AS e WHERE e.account = event_head.account);
INSERT INTO event_head (account, seq) SELECT e.account, MAX(e.seq) FROM event_event AS e GROUP BY e.account;

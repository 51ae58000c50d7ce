-- +goose Up
-- What waits of one ordering key, in the order of its events.
CREATE INDEX webhook_delivery_order ON webhook_delivery (endpoint, ordering, event_n) WHERE state = 'waiting' AND ordering <> '';
-- +goose Down
DROP INDEX webhook_delivery_order;

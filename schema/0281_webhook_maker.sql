-- +goose Up
-- An endpoint that another slice keeps: which one, and its own name for it; '' for
-- one that somebody made.
ALTER TABLE webhook_endpoint ADD COLUMN maker TEXT NOT NULL DEFAULT '';
ALTER TABLE webhook_endpoint ADD COLUMN ref TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX webhook_endpoint_kept ON webhook_endpoint (maker, ref) WHERE maker <> '';
-- +goose Down
DROP INDEX webhook_endpoint_kept;
ALTER TABLE webhook_endpoint DROP COLUMN ref;
ALTER TABLE webhook_endpoint DROP COLUMN maker;

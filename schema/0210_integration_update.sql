-- +goose Up
-- What happens when a new version asks for other permissions: ask, low_risk.
ALTER TABLE integration_installation ADD COLUMN updates TEXT NOT NULL DEFAULT 'ask';

-- +goose Down
ALTER TABLE integration_installation DROP COLUMN updates;

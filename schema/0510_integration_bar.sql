-- +goose Up
-- Why a rule of the account, or of its parent, stops the installation; '' for no.
ALTER TABLE integration_installation ADD COLUMN account_block TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE integration_installation DROP COLUMN account_block;

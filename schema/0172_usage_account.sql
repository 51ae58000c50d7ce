-- +goose Up
-- The account for which a token, key or grant was last used; '' when it was for none.
ALTER TABLE usage_last ADD COLUMN account TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE usage_last DROP COLUMN account;

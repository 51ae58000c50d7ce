-- +goose Up
-- The developer group whose version an operator approved; '' where nobody did.
ALTER TABLE release_version ADD COLUMN approved_for TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE release_version DROP COLUMN approved_for;

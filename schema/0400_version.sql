-- +goose Up
-- What a version says besides its scopes: the event types that it wants to hear of and the texts of its listing.
ALTER TABLE release_version ADD COLUMN events  TEXT NOT NULL DEFAULT '[]'; -- JSON list of types
ALTER TABLE release_version ADD COLUMN listing TEXT NOT NULL DEFAULT '{}'; -- JSON: tagline, description

-- +goose Down
ALTER TABLE release_version DROP COLUMN events;
ALTER TABLE release_version DROP COLUMN listing;

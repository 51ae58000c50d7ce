-- +goose Up
-- A group may want a second member to confirm what goes to customers.
ALTER TABLE group_group ADD COLUMN second_person BIGINT NOT NULL DEFAULT 0;

CREATE TABLE release_confirmation (
    version      TEXT   NOT NULL PRIMARY KEY REFERENCES release_version (id),
    confirmed_by TEXT   NOT NULL,
    confirmed    BIGINT NOT NULL,
    revision     BIGINT NOT NULL -- of the version as it was confirmed: a change makes it void
);

-- +goose Down
DROP TABLE release_confirmation;
ALTER TABLE group_group DROP COLUMN second_person;

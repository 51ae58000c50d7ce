-- +goose Up
-- How far a version reaches, its review and its end.
ALTER TABLE release_version ADD COLUMN stage        TEXT   NOT NULL DEFAULT '{"reach":"all"}'; -- JSON: reach, accounts, percent
ALTER TABLE release_version ADD COLUMN paused       BIGINT NOT NULL DEFAULT 0; -- since when it reaches nobody further
ALTER TABLE release_version ADD COLUMN reason       TEXT   NOT NULL DEFAULT ''; -- of the state it is in
ALTER TABLE release_version ADD COLUMN submitted    BIGINT NOT NULL DEFAULT 0;
ALTER TABLE release_version ADD COLUMN submitted_by TEXT   NOT NULL DEFAULT '';
ALTER TABLE release_version ADD COLUMN reviewer     TEXT   NOT NULL DEFAULT '';
ALTER TABLE release_version ADD COLUMN approved     BIGINT NOT NULL DEFAULT 0;
ALTER TABLE release_version ADD COLUMN ends         BIGINT NOT NULL DEFAULT 0; -- announced end of a deprecated version
ALTER TABLE release_version ADD COLUMN rolled_back  BIGINT NOT NULL DEFAULT 0;
ALTER TABLE release_version ADD COLUMN revision     BIGINT NOT NULL DEFAULT 0;
CREATE INDEX release_version_state ON release_version (state);

-- +goose Down
DROP INDEX release_version_state;
ALTER TABLE release_version DROP COLUMN stage;
ALTER TABLE release_version DROP COLUMN paused;
ALTER TABLE release_version DROP COLUMN reason;
ALTER TABLE release_version DROP COLUMN submitted;
ALTER TABLE release_version DROP COLUMN submitted_by;
ALTER TABLE release_version DROP COLUMN reviewer;
ALTER TABLE release_version DROP COLUMN approved;
ALTER TABLE release_version DROP COLUMN ends;
ALTER TABLE release_version DROP COLUMN rolled_back;
ALTER TABLE release_version DROP COLUMN revision;

-- +goose Up
-- The operator's review of an application. No row: nobody asked for one.
CREATE TABLE release_verification (
    application  TEXT PRIMARY KEY REFERENCES application_application (id),
    state        TEXT   NOT NULL,  -- draft, submitted, in_review, verified, rejected, suspended
    reason       TEXT   NOT NULL,
    since        BIGINT NOT NULL,
    statement    TEXT   NOT NULL,  -- JSON: what the developers told
    covered      TEXT   NOT NULL,  -- JSON: what the last successful review covered, '' for none
    submitted_by TEXT   NOT NULL,
    reviewer     TEXT   NOT NULL,
    note         TEXT   NOT NULL,  -- for operators only
    revision     BIGINT NOT NULL
);
CREATE INDEX release_verification_state ON release_verification (state);

-- An application whose verification is suspended works in the sandboxes of its
-- own group only.
ALTER TABLE application_application ADD COLUMN restricted BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE application_application DROP COLUMN restricted;
DROP TABLE release_verification;

-- +goose Up
-- What was taken away from a grant because it had not been used.
CREATE TABLE insight_narrowing (
    id       TEXT PRIMARY KEY,
    grant_id TEXT   NOT NULL REFERENCES grant_grant (id),
    was      TEXT   NOT NULL,  -- JSON list of scopes
    kept     TEXT   NOT NULL,
    made     BIGINT NOT NULL,
    made_by  TEXT   NOT NULL,
    undone   BIGINT NOT NULL
);
CREATE INDEX insight_narrowing_grant ON insight_narrowing (grant_id, id);

-- +goose Down
DROP TABLE insight_narrowing;

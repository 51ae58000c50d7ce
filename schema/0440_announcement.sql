-- +goose Up
-- What the operator tells developers and administrators.
CREATE TABLE announcement_announcement (
    id        TEXT PRIMARY KEY,
    title     TEXT   NOT NULL,
    body      TEXT   NOT NULL,
    link      TEXT   NOT NULL,
    audience  TEXT   NOT NULL,  -- JSON: whom it is for
    starts    BIGINT NOT NULL,
    ends      BIGINT NOT NULL,  -- 0: never
    withdrawn BIGINT NOT NULL,  -- 0: no
    created   BIGINT NOT NULL,
    updated   BIGINT NOT NULL,
    revision  BIGINT NOT NULL
);
CREATE INDEX announcement_announcement_starts ON announcement_announcement (starts);
-- The groups that an announcement reaches; none for one that is for all.
CREATE TABLE announcement_reach (
    announcement TEXT NOT NULL REFERENCES announcement_announcement (id),
    group_id     TEXT NOT NULL REFERENCES group_group (id),
    PRIMARY KEY (announcement, group_id)
);
CREATE INDEX announcement_reach_group ON announcement_reach (group_id);

-- +goose Down
DROP TABLE announcement_reach;
DROP TABLE announcement_announcement;

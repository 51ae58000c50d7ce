-- +goose Up
-- A developer team. The table name avoids the SQL word.
CREATE TABLE group_group (
    id       TEXT PRIMARY KEY,
    name     TEXT   NOT NULL,
    owner    TEXT   NOT NULL REFERENCES identity_user (id),
    personal BIGINT NOT NULL,  -- 1: made at sign-up
    state    TEXT   NOT NULL,  -- active, archived, suspended
    reason   TEXT   NOT NULL,  -- why suspended
    created  BIGINT NOT NULL
);
CREATE TABLE group_member (
    group_id TEXT   NOT NULL REFERENCES group_group (id),
    user_id  TEXT   NOT NULL REFERENCES identity_user (id),
    role     TEXT   NOT NULL,  -- owner, admin, member
    created  BIGINT NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_member_user ON group_member (user_id);
-- Later slices place holds; archiving refuses while one stands.
CREATE TABLE group_hold (
    group_id TEXT NOT NULL REFERENCES group_group (id),
    holder   TEXT NOT NULL,  -- such as application/app_…
    name     TEXT NOT NULL,
    PRIMARY KEY (group_id, holder)
);

-- +goose Down
DROP TABLE group_hold;
DROP TABLE group_member;
DROP TABLE group_group;

-- +goose Up
-- For whom a suspended application or group works again; NULL: for nobody.
ALTER TABLE application_application ADD COLUMN thaw TEXT;
-- Kinds of grants of an application whose tokens are refused.
ALTER TABLE application_application ADD COLUMN halted TEXT NOT NULL DEFAULT '[]';
ALTER TABLE group_group ADD COLUMN thaw TEXT;

-- What an operator stopped for all customers, and how it went on.
CREATE TABLE suspension_suspension (
    id          TEXT PRIMARY KEY,
    kind        TEXT   NOT NULL,  -- application, group, tokens
    target      TEXT   NOT NULL,  -- id of the application or group
    family      TEXT   NOT NULL,  -- kind of grant, for tokens; '' for none
    name        TEXT   NOT NULL,  -- of the target, at the time
    team        TEXT   NOT NULL,  -- id of the developer group
    state       TEXT   NOT NULL,  -- active, thawing, lifted
    reason      TEXT   NOT NULL,  -- for the developers
    message     TEXT   NOT NULL,  -- for the administrators of accounts
    thaw        TEXT,             -- NULL: nobody yet
    lifts       BIGINT NOT NULL,  -- when it ends by itself; 0: never
    began       BIGINT NOT NULL,
    begun_by    TEXT   NOT NULL,
    ended       BIGINT NOT NULL,
    ended_by    TEXT   NOT NULL,
    accounts    BIGINT NOT NULL,  -- that had it installed when it began
    told        BIGINT NOT NULL   -- of these, how many have been told
);
CREATE INDEX suspension_suspension_team ON suspension_suspension (team, id);
-- One at a time for each target.
CREATE UNIQUE INDEX suspension_suspension_open ON suspension_suspension (kind, target, family) WHERE state <> 'lifted';

-- What developers and operators write to one another about it.
CREATE TABLE suspension_message (
    id         TEXT PRIMARY KEY,
    suspension TEXT   NOT NULL REFERENCES suspension_suspension (id),
    author     TEXT   NOT NULL,  -- id of the user
    operator   BIGINT NOT NULL,  -- 1: written for the operator
    body       TEXT   NOT NULL,
    written    BIGINT NOT NULL
);
CREATE INDEX suspension_message_of ON suspension_message (suspension, id);

-- +goose Down
DROP TABLE suspension_message;
DROP TABLE suspension_suspension;
ALTER TABLE group_group DROP COLUMN thaw;
ALTER TABLE application_application DROP COLUMN halted;
ALTER TABLE application_application DROP COLUMN thaw;

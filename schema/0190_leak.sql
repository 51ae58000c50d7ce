-- +goose Up
-- A credential that somebody reported as leaked. Nothing here tells what it was.
CREATE TABLE leak_leak (
    id          TEXT PRIMARY KEY,
    kind        TEXT   NOT NULL,
    credential  TEXT   NOT NULL UNIQUE,  -- such as 'token/tok_…'
    hint        TEXT   NOT NULL,
    name        TEXT   NOT NULL,         -- of what it belongs to, at the time
    grant_id    TEXT   NOT NULL,         -- '' for what opens none
    account     TEXT   NOT NULL,         -- '' for none, as the next three
    team        TEXT   NOT NULL,         -- id of the developer group
    application TEXT   NOT NULL,
    user_id     TEXT   NOT NULL,         -- the person for whom it acts
    source      TEXT   NOT NULL,         -- form, api, github
    place       TEXT   NOT NULL,         -- where it was found, in the reporter's words
    live        BIGINT NOT NULL,         -- 1: it opened something until the report
    reports     BIGINT NOT NULL,
    reported    BIGINT NOT NULL,         -- the first time
    latest      BIGINT NOT NULL
);
CREATE INDEX leak_leak_account ON leak_leak (account, id);
CREATE INDEX leak_leak_team ON leak_leak (team, id);
CREATE INDEX leak_leak_user ON leak_leak (user_id, id);

-- +goose Down
DROP TABLE leak_leak;

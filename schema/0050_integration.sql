-- +goose Up
CREATE TABLE integration_installation (
    id           TEXT PRIMARY KEY,
    application  TEXT   NOT NULL REFERENCES application_application (id),
    account      TEXT   NOT NULL REFERENCES account_account (id),
    version      TEXT   NOT NULL REFERENCES release_version (id),
    grant_id     TEXT   NOT NULL REFERENCES grant_grant (id),
    user_id      TEXT   NOT NULL REFERENCES account_integration_user (id),
    role         TEXT   NOT NULL REFERENCES account_role (id),
    scopes       TEXT   NOT NULL,  -- JSON list that the administrator approved
    delegation   TEXT   NOT NULL,  -- end-user access: off, consent, trusted
    state        TEXT   NOT NULL,  -- pending, active, unavailable, blocked_by_developer, blocked_by_operator, removed
    available    BIGINT NOT NULL,  -- the administrator's switch
    developer_block TEXT NOT NULL, -- reason, '' when not blocked
    operator_block  TEXT NOT NULL,
    reason       TEXT   NOT NULL,  -- why unavailable or removed
    until        BIGINT NOT NULL,  -- when unavailability ends by itself, 0: never
    installed_by TEXT   NOT NULL,
    created      BIGINT NOT NULL,
    removed      BIGINT NOT NULL,
    provisioned  TEXT   NOT NULL   -- '' (no hook), pending, done, failed
);
CREATE UNIQUE INDEX integration_installation_once ON integration_installation (application, account) WHERE state <> 'removed';
CREATE INDEX integration_installation_account ON integration_installation (account);

-- +goose Down
DROP TABLE integration_installation;

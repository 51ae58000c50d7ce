-- +goose Up
-- An application acts as a person in an account.
CREATE TABLE consent_consent (
    id           TEXT PRIMARY KEY,
    application  TEXT   NOT NULL REFERENCES application_application (id),
    account      TEXT   NOT NULL REFERENCES account_account (id),
    user_id      TEXT   NOT NULL REFERENCES identity_user (id),
    installation TEXT   NOT NULL REFERENCES integration_installation (id),
    grant_id     TEXT   NOT NULL REFERENCES grant_grant (id),
    scopes       TEXT   NOT NULL,  -- JSON list that the person agreed to
    trusted      BIGINT NOT NULL,  -- the administrator trusts it: the person was not asked
    state        TEXT   NOT NULL,  -- active, revoked, ended
    reason       TEXT   NOT NULL,
    created      BIGINT NOT NULL,
    updated      BIGINT NOT NULL,
    over         BIGINT NOT NULL,
    revision     BIGINT NOT NULL
);
CREATE UNIQUE INDEX consent_consent_once ON consent_consent (application, account, user_id) WHERE state = 'active';
CREATE INDEX consent_consent_user ON consent_consent (user_id);
CREATE INDEX consent_consent_account ON consent_consent (account);
CREATE INDEX consent_consent_installation ON consent_consent (installation);

-- Product roles one of which a person needs to let the application act for
-- them; an empty list: every member may.
ALTER TABLE integration_installation ADD COLUMN approver_roles TEXT NOT NULL DEFAULT '[]';

-- +goose Down
ALTER TABLE integration_installation DROP COLUMN approver_roles;
DROP TABLE consent_consent;

-- +goose Up
-- What a holder may do in an account. A token is only a key to it.
CREATE TABLE grant_grant (
    id          TEXT PRIMARY KEY,
    kind        TEXT   NOT NULL,  -- installation, consent, private, member, service
    account     TEXT   NOT NULL REFERENCES account_account (id),
    application TEXT   NOT NULL,  -- '' for private, member and service grants
    group_id    TEXT   NOT NULL,  -- whose limits pay, '' for none
    holder      TEXT   NOT NULL,  -- resource of the holder, such as installation/ins_…
    subject     TEXT   NOT NULL,  -- the user it acts as
    subject_key TEXT   NOT NULL,  -- the product's own key of that user
    scopes      TEXT   NOT NULL,  -- JSON list
    layers      TEXT   NOT NULL,  -- JSON: list of layers, each a list of policies
    state       TEXT   NOT NULL,  -- active, suspended, ended
    reason      TEXT   NOT NULL,  -- code of the suspension: unavailable, blocked_by_developer, …
    revision    BIGINT NOT NULL,
    created     BIGINT NOT NULL
);
CREATE INDEX grant_grant_holder ON grant_grant (holder);
CREATE INDEX grant_grant_account ON grant_grant (account);
CREATE INDEX grant_grant_application ON grant_grant (application);

-- +goose Down
DROP TABLE grant_grant;

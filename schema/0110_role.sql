-- +goose Up
-- A custom role of an account.
CREATE TABLE role_role (
    id          TEXT PRIMARY KEY,
    account     TEXT   NOT NULL REFERENCES account_account (id),
    key         TEXT   NOT NULL,  -- stable, for the API
    name        TEXT   NOT NULL,
    plain       TEXT   NOT NULL,  -- the name as compared: one spelling for look-alikes
    description TEXT   NOT NULL,
    policy      TEXT   NOT NULL,  -- JSON statements over the product's resources
    base        TEXT   NOT NULL,  -- no_access, reader: what it gives where the policy is silent
    manage      TEXT   NOT NULL,  -- JSON list of rights over Guestright in the account
    revision    BIGINT NOT NULL,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    UNIQUE (account, key),
    UNIQUE (account, plain)
);

-- A role that a member has, with the values of its attributes.
CREATE TABLE role_assignment (
    account    TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    role       TEXT   NOT NULL,  -- role_role id, or the key of a built-in role
    attributes TEXT   NOT NULL,  -- JSON object of lists
    given      BIGINT NOT NULL,
    given_by   TEXT   NOT NULL,
    PRIMARY KEY (account, user_id, role)
);
CREATE INDEX role_assignment_user ON role_assignment (user_id);
CREATE INDEX role_assignment_role ON role_assignment (account, role);

-- What else uses a role, such as a token: it cannot be deleted meanwhile.
CREATE TABLE role_hold (
    account TEXT NOT NULL,
    role    TEXT NOT NULL,
    holder  TEXT NOT NULL,  -- apitoken/tok_…
    name    TEXT NOT NULL,  -- of the holder, for people
    grant_id TEXT NOT NULL, -- grant of the holder, '' for none
    PRIMARY KEY (account, role, holder)
);
CREATE INDEX role_hold_holder ON role_hold (holder);

-- +goose Down
DROP TABLE role_hold;
DROP TABLE role_assignment;
DROP TABLE role_role;

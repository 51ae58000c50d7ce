-- +goose Up
-- What partners fill: an audience of theirs, in one place of the product.
CREATE TABLE membership_cohort (
    id            TEXT   PRIMARY KEY,
    account       TEXT   NOT NULL,
    configuration TEXT   NOT NULL, -- that filled it last
    installation  TEXT   NOT NULL,
    application   TEXT   NOT NULL,
    integration   TEXT   NOT NULL, -- key of the package
    place         TEXT   NOT NULL, -- resource that it is in
    partner_id    TEXT   NOT NULL, -- of the audience, at the partner's
    key           TEXT   NOT NULL, -- of the resource that it is in the product
    subject       TEXT   NOT NULL, -- that resource
    kind          TEXT   NOT NULL, -- of it, in the catalog
    name          TEXT   NOT NULL,
    url           TEXT   NOT NULL,
    subject_kind  TEXT   NOT NULL, -- what members are
    version       BIGINT NOT NULL, -- 0 until something was applied; members beyond it do not count yet
    members       BIGINT NOT NULL,
    created       BIGINT NOT NULL,
    changed       BIGINT NOT NULL,
    writer        TEXT   NOT NULL, -- the call that is writing; '' for none
    writer_until  BIGINT NOT NULL,
    UNIQUE (account, place, integration, partner_id)
);
CREATE INDEX membership_by_configuration ON membership_cohort (configuration, id);
-- Who joined or left with which version; the latest up to the cohort's own counts.
CREATE TABLE membership_member (
    cohort  TEXT   NOT NULL,
    member  TEXT   NOT NULL,
    version BIGINT NOT NULL,
    belongs BIGINT NOT NULL,
    PRIMARY KEY (cohort, member, version)
);
CREATE INDEX membership_by_version ON membership_member (cohort, version, member);
-- How the calls of a configuration fare.
CREATE TABLE membership_call (
    configuration TEXT   PRIMARY KEY,
    done          BIGINT NOT NULL,
    failures      BIGINT NOT NULL,
    last_done     BIGINT NOT NULL,
    last_failed   BIGINT NOT NULL,
    recent        TEXT   NOT NULL -- JSON: the last faults
);
-- +goose Down
DROP TABLE membership_call;
DROP TABLE membership_member;
DROP TABLE membership_cohort;

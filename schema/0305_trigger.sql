-- +goose Up
-- An address that has the product do something to a resource.
CREATE TABLE trigger_trigger (
    id             TEXT   PRIMARY KEY,
    configuration  TEXT   NOT NULL,
    application    TEXT   NOT NULL,
    account        TEXT   NOT NULL,
    description    TEXT   NOT NULL,
    subject        TEXT   NOT NULL, -- the resource
    kind           TEXT   NOT NULL, -- of the resource, in the catalog
    instruction    TEXT   NOT NULL,
    enabled        BIGINT NOT NULL,
    digest         TEXT   NOT NULL UNIQUE, -- of the secret in the address
    hint           TEXT   NOT NULL,
    shared         TEXT   NOT NULL, -- sealed: what the caller shows besides; '' for none
    created_by     TEXT   NOT NULL,
    created        BIGINT NOT NULL,
    calls          BIGINT NOT NULL, -- without tests
    tests          BIGINT NOT NULL,
    done           BIGINT NOT NULL, -- calls that the product did what they ask for
    failures       BIGINT NOT NULL, -- and those that it did not
    last_triggered BIGINT NOT NULL,
    last_done      BIGINT NOT NULL,
    last_failed    BIGINT NOT NULL,
    fault          TEXT   NOT NULL, -- of the last outcome; '' when it was done
    since          BIGINT NOT NULL, -- beginning of the minute of calls that are counted for the limit
    used           BIGINT NOT NULL, -- how many they are
    recent         TEXT   NOT NULL  -- JSON: the last ten calls
);
CREATE INDEX trigger_by_configuration ON trigger_trigger (configuration, id);
-- +goose Down
DROP TABLE trigger_trigger;

-- +goose Up
-- What was brought in from a partner: first looked at, then given to the product.
CREATE TABLE importer_run (
    id            TEXT   PRIMARY KEY,
    configuration TEXT   NOT NULL,
    application   TEXT   NOT NULL,
    account       TEXT   NOT NULL,
    subject       TEXT   NOT NULL, -- where the product makes the new ones
    state         TEXT   NOT NULL,
    items         TEXT   NOT NULL, -- JSON
    cut           BIGINT NOT NULL, -- there are more
    waiting       BIGINT NOT NULL, -- tasks of the product
    made          TEXT   NOT NULL, -- JSON: keys
    there         TEXT   NOT NULL, -- JSON: keys of those that the product had
    refused       TEXT   NOT NULL, -- JSON
    fault         TEXT   NOT NULL,
    created_by    TEXT   NOT NULL,
    created       BIGINT NOT NULL,
    ended         BIGINT NOT NULL
);
CREATE INDEX importer_by_configuration ON importer_run (configuration, id);
-- +goose Down
DROP TABLE importer_run;

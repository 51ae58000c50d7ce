-- +goose Up
-- What drivers of the product were asked to do.
CREATE TABLE driveraction_run (
    id            TEXT   PRIMARY KEY,
    configuration TEXT   NOT NULL,
    account       TEXT   NOT NULL,
    driver        TEXT   NOT NULL,
    resource      TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    result        TEXT   NOT NULL, -- JSON of the product; empty: none
    fault         TEXT   NOT NULL,
    created_by    TEXT   NOT NULL,
    created       BIGINT NOT NULL,
    ended         BIGINT NOT NULL
);
CREATE INDEX driveraction_by_configuration ON driveraction_run (configuration, id);
-- +goose Down
DROP TABLE driveraction_run;

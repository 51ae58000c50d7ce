-- +goose Up
-- Buttons of the product that called a partner: the latest of each configuration.
CREATE TABLE useraction_call (
    id            TEXT   NOT NULL PRIMARY KEY,
    configuration TEXT   NOT NULL,
    key           TEXT   NOT NULL, -- which of the prepared requests
    by            TEXT   NOT NULL,
    at            BIGINT NOT NULL,
    status        BIGINT NOT NULL, -- HTTP; 0: no answer
    failure       TEXT   NOT NULL,
    done          BIGINT NOT NULL,
    link          TEXT   NOT NULL
);
CREATE INDEX useraction_by_configuration ON useraction_call (configuration, id);
-- +goose Down
DROP TABLE useraction_call;

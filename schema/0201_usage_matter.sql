-- +goose Up
-- What calls that passed were about, by day, so that a change of rights can be tried
-- on them. resource is its path; '' where a grant had too many in one day.
CREATE TABLE usage_matter (
    grant_id  TEXT   NOT NULL,
    day       BIGINT NOT NULL,
    operation TEXT   NOT NULL,
    account   TEXT   NOT NULL,
    resource  TEXT   NOT NULL,
    n         BIGINT NOT NULL,
    PRIMARY KEY (grant_id, day, operation, account, resource)
);
CREATE INDEX usage_matter_day ON usage_matter (day);

-- +goose Down
DROP TABLE usage_matter;

-- +goose Up
-- The time in which a developer's token passes every operation of a sandbox.
CREATE TABLE recording_recording (
    id          TEXT   PRIMARY KEY,
    application TEXT   NOT NULL REFERENCES application_application (id),
    account     TEXT   NOT NULL REFERENCES account_account (id),
    grant_id    TEXT   NOT NULL REFERENCES grant_grant (id),
    hint        TEXT   NOT NULL, -- end of the token
    created     BIGINT NOT NULL,
    created_by  TEXT   NOT NULL,
    ends        BIGINT NOT NULL,
    ended       BIGINT NOT NULL  -- 0: nobody has ended it
);
CREATE INDEX recording_by_application ON recording_recording (application, id);
CREATE INDEX recording_due ON recording_recording (ends) WHERE ended = 0;
-- +goose Down
DROP TABLE recording_recording;

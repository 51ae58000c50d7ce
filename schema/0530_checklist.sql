-- +goose Up
-- What the machine found about a version; the last run only.
CREATE TABLE checklist_run (
    version TEXT PRIMARY KEY,
    content TEXT   NOT NULL,  -- fingerprint of what was looked at
    began   BIGINT NOT NULL,
    ended   BIGINT NOT NULL,  -- 0: it runs, or ended with its node
    run_by  TEXT   NOT NULL,
    items   TEXT   NOT NULL
);

-- Why an application asks for a scope that its sandboxes did not need, or that has a
-- high risk.
CREATE TABLE checklist_reason (
    application TEXT   NOT NULL,
    scope       TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    written     BIGINT NOT NULL,
    written_by  TEXT   NOT NULL,
    PRIMARY KEY (application, scope)
);

-- What was seen of an application once, and is not counted for as long.
CREATE TABLE checklist_proof (
    application TEXT   NOT NULL,
    kind        TEXT   NOT NULL,  -- throttled, revoked
    account     TEXT   NOT NULL,
    refused     BIGINT NOT NULL,
    recovered   BIGINT NOT NULL,
    PRIMARY KEY (application, kind)
);

-- A version that was handed in for review.
CREATE TABLE checklist_submission (
    id           TEXT PRIMARY KEY,
    version      TEXT   NOT NULL,
    application  TEXT   NOT NULL,
    number       BIGINT NOT NULL,  -- counts those of the version
    submitted    BIGINT NOT NULL,
    submitted_by TEXT   NOT NULL,
    due          BIGINT NOT NULL,
    whole        TEXT   NOT NULL,  -- what was handed in
    content      TEXT   NOT NULL,  -- its fingerprint
    ended        BIGINT NOT NULL,  -- 0: it waits
    outcome      TEXT   NOT NULL,  -- '', approved, sent_back, withdrawn
    reason       TEXT   NOT NULL,
    reminded     BIGINT NOT NULL
);
CREATE UNIQUE INDEX checklist_submission_of ON checklist_submission (version, number);
CREATE INDEX checklist_submission_ended ON checklist_submission (ended);

-- What a reviewer says about one item of it.
CREATE TABLE checklist_mark (
    submission TEXT   NOT NULL REFERENCES checklist_submission (id),
    item       TEXT   NOT NULL,
    verdict    TEXT   NOT NULL,  -- ok, mend, waived, not_applicable
    body       TEXT   NOT NULL,
    content    TEXT   NOT NULL,  -- fingerprint of what was looked at
    written    BIGINT NOT NULL,
    written_by TEXT   NOT NULL,
    PRIMARY KEY (submission, item)
);

-- +goose Down
DROP TABLE checklist_mark;
DROP TABLE checklist_submission;
DROP TABLE checklist_proof;
DROP TABLE checklist_reason;
DROP TABLE checklist_run;

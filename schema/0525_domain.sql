-- +goose Up
-- Domains that developer groups say are theirs, and how far they have proved it.
CREATE TABLE domain_domain (
    id         TEXT PRIMARY KEY,
    group_id   TEXT   NOT NULL REFERENCES group_group (id),
    name       TEXT   NOT NULL,  -- lower case, ASCII
    challenge  TEXT   NOT NULL,
    state      TEXT   NOT NULL,  -- unproven, proven, lapsed
    method     TEXT   NOT NULL,  -- dns, file; '' before the first proof
    proven     BIGINT NOT NULL,  -- since when; 0: never
    checked    BIGINT NOT NULL,  -- the last check that came out; 0: never
    tried      BIGINT NOT NULL,  -- the last check that began; 0: never
    failing    BIGINT NOT NULL,  -- since when a proven one fails its checks; 0: it does not
    fault_dns  TEXT   NOT NULL,  -- what the last check found instead; '' for nothing
    fault_file TEXT   NOT NULL,
    created    BIGINT NOT NULL,
    revision   BIGINT NOT NULL,
    UNIQUE (group_id, name)
);
CREATE INDEX domain_domain_name ON domain_domain (name);
CREATE INDEX domain_domain_state ON domain_domain (state, id);

-- +goose Down
DROP TABLE domain_domain;

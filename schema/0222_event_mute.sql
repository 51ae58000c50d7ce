-- +goose Up
-- Events that an account lets nobody outside have, or one integration not.
CREATE TABLE event_mute (
    account TEXT   NOT NULL,
    grant_id TEXT  NOT NULL, -- '' for all integrations
    pattern TEXT   NOT NULL, -- of types
    created BIGINT NOT NULL,
    PRIMARY KEY (account, grant_id, pattern)
);

-- +goose Down
DROP TABLE event_mute;

-- +goose Up
-- The platform's own keys (Ed25519) that sign deliveries; the public halves are published.
CREATE TABLE webhook_key (
    id      TEXT   PRIMARY KEY, -- thumbprint, RFC 7638
    sealed  TEXT   NOT NULL,    -- seed of the private half
    public  TEXT   NOT NULL,    -- base64url of the public half
    created BIGINT NOT NULL,
    signs   BIGINT NOT NULL,    -- from then on
    retires BIGINT NOT NULL,    -- it does not sign any more; 0: not yet known
    ends    BIGINT NOT NULL     -- it is not published any more; 0: not yet known
);
ALTER TABLE webhook_endpoint ADD COLUMN signature TEXT NOT NULL DEFAULT 'hmac'; -- hmac, ed25519, both

-- +goose Down
ALTER TABLE webhook_endpoint DROP COLUMN signature;
DROP TABLE webhook_key;

-- +goose Up
-- Webhooks of private integrations were stored and not delivered. They become endpoints of the integration's grant,
-- signed with the platform's published key, since they have no secret of their own.
INSERT INTO webhook_endpoint (id, application, group_id, grant_id, account, holder, url, description, state, reason, ordered, concurrency, rate, secrets, created_by, created, revision, signature)
SELECT 'whe_' || substr(w.id, 5), '', '', i.grant_id, i.account, 'private_integration/' || i.id, w.url, w.description,
       CASE WHEN w.enabled = 1 THEN 'enabled' ELSE 'disabled' END, CASE WHEN w.enabled = 1 THEN '' ELSE 'request' END,
       0, 16, 0, '[]', w.created_by, w.created, 0, 'ed25519'
FROM private_webhook AS w JOIN private_integration AS i ON i.id = w.integration;
INSERT INTO webhook_subscription (id, endpoint, types, account, filter, enabled, created)
SELECT 'whs_' || substr(w.id, 5), 'whe_' || substr(w.id, 5), w.types, '', '[]', 1, w.created
FROM private_webhook AS w JOIN private_integration AS i ON i.id = w.integration;
DROP TABLE private_webhook;

-- +goose Down
CREATE TABLE private_webhook (
    id          TEXT   PRIMARY KEY,
    integration TEXT   NOT NULL REFERENCES private_integration (id),
    url         TEXT   NOT NULL,
    description TEXT   NOT NULL,
    types       TEXT   NOT NULL,
    enabled     BIGINT NOT NULL,
    created_by  TEXT   NOT NULL,
    created     BIGINT NOT NULL
);
CREATE INDEX private_webhook_integration ON private_webhook (integration);

-- +goose Up
-- Where a customer's own instance of the partner's may be: our client's secret goes nowhere else.
ALTER TABLE connection_partner ADD COLUMN hosts TEXT NOT NULL DEFAULT ''; -- with spaces between them
-- +goose Down
ALTER TABLE connection_partner DROP COLUMN hosts;

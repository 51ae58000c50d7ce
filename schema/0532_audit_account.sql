-- +goose Up
-- What happened in an account in the order of time, among other things that happened in it.
CREATE INDEX audit_entry_account_at ON audit_entry (account, at, seq) WHERE account <> '';

-- +goose Down
DROP INDEX audit_entry_account_at;

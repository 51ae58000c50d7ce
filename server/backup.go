package server

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// errNotSQLite: PostgreSQL has its own tools.
var errNotSQLite = problem.Invalid("database_not_built_in",
	"This is for the built-in database. Back up PostgreSQL with pg_dump or a base backup; after restoring one, run guestright admin mark-restored.")

// Backup copies the built-in database to a new file of mode 0600 while it is
// served. The copy never holds the master key: without that it opens nothing.
// It gives the size in bytes.
func Backup(ctx context.Context, cfg Config, to string) (int64, error) {
	path, ok := cfg.SQLitePath()
	if !ok {
		return 0, errNotSQLite
	}
	if err := store.Copy(ctx, path, to); err != nil {
		return 0, err
	}
	info, err := os.Stat(to)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// MarkRestored does to a database that was restored by other tools what Restore
// does to the built-in one. No node may run meanwhile.
func MarkRestored(ctx context.Context, cfg Config, log *slog.Logger, keepKeys bool) (Restored, error) {
	db, err := OpenExisting(ctx, cfg, log)
	if err != nil {
		return Restored{}, err
	}
	r, err := endOld(ctx, db, revoked{}, keepKeys)
	if closeErr := db.Close(); err == nil {
		err = closeErr
	}
	return r, err
}

// stamp makes names of files that are moved aside.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

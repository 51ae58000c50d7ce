package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// SQLitePath is the file of the built-in database; false with PostgreSQL.
func (c Config) SQLitePath() (string, bool) {
	if strings.Contains(c.Database, "://") {
		return "", false
	}
	return c.path(c.Database), true
}

// KeyPath is where the master key file is.
func (c Config) KeyPath() string { return c.path(c.MasterKey) }

// OpenStore opens the database without migrating it. A new SQLite file is
// closed to others.
func OpenStore(cfg Config, log *slog.Logger, now func() time.Time) (*store.DB, error) {
	where := cfg.Database
	if path, ok := cfg.SQLitePath(); ok {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		switch {
		case err == nil:
			if err := f.Close(); err != nil {
				return nil, fmt.Errorf("database: %w", err)
			}
		case !errors.Is(err, fs.ErrExist):
			return nil, fmt.Errorf("database: %w", err)
		}
		where = path
	}
	return store.Open(store.Config{URL: where, Log: log, Now: now})
}

// OpenExisting opens a database that is there and has this program's schema; it
// changes nothing.
func OpenExisting(ctx context.Context, cfg Config, log *slog.Logger) (*store.DB, error) {
	if path, ok := cfg.SQLitePath(); ok {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("database: %w", err)
		}
	}
	db, err := OpenStore(cfg, log, nil)
	if err != nil {
		return nil, err
	}
	if err := db.Migrated(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func openDatabase(ctx context.Context, cfg Config, log *slog.Logger, now func() time.Time) (*store.DB, error) {
	db, err := OpenStore(cfg, log, now)
	if err != nil {
		return nil, err
	}
	if db.Postgres() {
		err = db.Migrated(ctx) // guestright migrate, with its own role, does it
	} else {
		_, err = db.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// factKey holds a known phrase, sealed: it opens only under the master key that
// the database was made with.
const factKey, keyPhrase = "master_key_check", "guestright"

// openKeys reads the master key. Only for a database that nothing was ever
// sealed in does it make one: a lost key must be told, not replaced (G-07).
// Unavailable `master_key_missing`.
func openKeys(ctx context.Context, cfg Config, db *store.DB) (*secret.Keyring, error) {
	path := cfg.KeyPath()
	_, err := os.Stat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret.ReadKeyFile(path)
	}
	var used string
	err = db.Read(ctx, func(tx *store.Tx) error {
		have, err := readFact(tx, factKey)
		used = have
		return err
	})
	if err != nil {
		return nil, err
	}
	if used != "" {
		return nil, problem.Unavailable("master_key_missing",
			"The database was made with a master key, and there is none at "+path+". Put the file back from where you keep it; nothing was changed.", nil)
	}
	if err := secret.WriteKeyFile(path); err != nil {
		return nil, err
	}
	return secret.ReadKeyFile(path)
}

// sameKey refuses to work on a database that was made with another master key:
// every secret in it would be unreadable, and new ones would be mixed in (G-07).
// Unavailable `master_key_wrong`.
func sameKey(ctx context.Context, db *store.DB, keys *secret.Keyring) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		sealed, err := readFact(tx, factKey)
		if err != nil {
			return err
		}
		if sealed == "" {
			return writeFact(tx, factKey, keys.Seal(secret.New(keyPhrase), factKey))
		}
		got, err := keys.Open(sealed, factKey)
		if err != nil || got.Reveal() != keyPhrase {
			return problem.Unavailable("master_key_wrong", "This database was made with another master key. Put the right file in place; nothing was changed.", err)
		}
		return nil
	})
}

// SetupPath is the page on which the first operator is made.
const SetupPath = "/setup"

// DatabaseName says where the database is, without a password.
func (c Config) DatabaseName() string {
	if path, ok := c.SQLitePath(); ok {
		return path
	}
	return hidden(c.Database)
}

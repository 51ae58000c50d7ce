package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/guestright/guestright/kit/problem"
)

// Copy writes a consistent copy of a SQLite file to a new file of mode 0600,
// while others read and write the original. It never overwrites. What was
// committed before the call is in the copy.
func Copy(ctx context.Context, from, to string) error {
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	// SQLite fills an empty file and keeps its mode.
	err = withFile(ctx, from, func(c *sql.DB) error {
		_, err := c.ExecContext(ctx, "VACUUM INTO ?", to)
		return err
	})
	if err == nil {
		err = Sound(ctx, to)
	}
	if err == nil {
		err = flush(to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Sound runs SQLite's integrity check over a file. Unavailable
// `database_damaged`.
func Sound(ctx context.Context, path string) error {
	var says string
	err := withFile(ctx, path, func(c *sql.DB) error {
		return c.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&says)
	})
	if err != nil {
		return problem.Unavailable("database_damaged", "The file "+path+" is not a SQLite database that can be read.", err)
	}
	if says != "ok" {
		return problem.Unavailable("database_damaged", "The file "+path+" does not pass SQLite's integrity check.", errors.New(says))
	}
	return nil
}

// Fold writes the log of a SQLite file back into it and removes it, so that the
// file can be moved as one. Conflict `database_in_use` when another process has
// it open.
func Fold(ctx context.Context, path string) error {
	var mode string
	err := withFile(ctx, path, func(c *sql.DB) error {
		return c.QueryRowContext(ctx, "PRAGMA journal_mode=DELETE").Scan(&mode)
	})
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return problem.Conflict("database_in_use", "Another process has "+path+" open. Stop the server first.")
	}
	if err != nil {
		return problem.Unavailable("database_damaged", "The file "+path+" is not a SQLite database that can be read.", err)
	}
	if !strings.EqualFold(mode, "delete") {
		return problem.Conflict("database_in_use", "Another process has "+path+" open. Stop the server first.")
	}
	return nil
}

func withFile(ctx context.Context, path string, f func(*sql.DB) error) error {
	full, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(full)}).EscapedPath(), RawQuery: "_pragma=busy_timeout(2000)&mode=rw"}
	c, err := sql.Open("sqlite", u.String())
	if err != nil {
		return err
	}
	c.SetMaxOpenConns(1)
	if err := c.PingContext(ctx); err != nil {
		return errors.Join(err, c.Close())
	}
	return errors.Join(f(c), c.Close())
}

// Steps lists the schema's steps by file: first those that this database has,
// then those that this program would add.
func (db *DB) Steps(ctx context.Context) ([]string, []string, error) {
	p, err := db.migrations()
	if err != nil {
		return nil, nil, err
	}
	all, err := p.Status(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("migrate: %w", err)
	}
	var applied, pending []string
	for _, s := range all {
		if s.AppliedAt.IsZero() {
			pending = append(pending, s.Source.Path)
		} else {
			applied = append(applied, s.Source.Path)
		}
	}
	return applied, pending, nil
}

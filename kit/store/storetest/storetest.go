// Package storetest opens real, migrated, empty databases for tests: SQLite by
// default, PostgreSQL where GUESTRIGHT_TEST_POSTGRES names a server on which
// databases may be created.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the test server

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/testenv"
)

// Env names the PostgreSQL server of a test run, such as
// postgres://postgres@127.0.0.1:5432/postgres. Every test gets its own database.
const Env = "GUESTRIGHT_TEST_POSTGRES"

// Clock is a clock that tests move by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at 2026-03-02 10:00 UTC, a Monday.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
}

// Now is the time by the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Open gives a migrated, empty database that is closed and removed with t, on
// PostgreSQL when Env is set. clock may be nil for the real time.
func Open(t testing.TB, clock *Clock) *store.DB {
	t.Helper()
	if os.Getenv(Env) != "" {
		return handle(t, PostgresURL(t), clock)
	}
	return handle(t, sqliteCopy(t), clock)
}

// Each runs f on SQLite and, when Env is set, on PostgreSQL.
func Each(t *testing.T, f func(t *testing.T, open func(*Clock) *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, func(c *Clock) *store.DB { return handle(t, sqliteCopy(t), c) })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		NeedPostgres(t)
		f(t, func(c *Clock) *store.DB { return handle(t, PostgresURL(t), c) })
	})
}

// NeedPostgres skips without a PostgreSQL server, and fails in CI.
func NeedPostgres(t testing.TB) {
	t.Helper()
	if os.Getenv(Env) != "" {
		return
	}
	testenv.Lacks(t, "needs PostgreSQL: set %s or run make test", Env)
}

// Again opens another handle (another node) on the database at url, and migrates
// it where it is empty.
func Again(t testing.TB, databaseURL string, clock *Clock) *store.DB {
	t.Helper()
	db := handle(t, databaseURL, clock)
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return db
}

// handle opens a database that is migrated.
func handle(t testing.TB, databaseURL string, clock *Clock) *store.DB {
	t.Helper()
	c := store.Config{URL: databaseURL, Relaxed: true, MaxConns: 6}
	if clock != nil {
		c.Now = clock.Now
	}
	db, err := store.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// sqliteCopy copies a migrated file, which is ten times faster than migrating.
func sqliteCopy(t testing.TB) string {
	t.Helper()
	image, err := migratedImage()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "guestright.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var migratedImage = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "guestright-image-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "image.db")
	db, err := store.Open(store.Config{URL: path, Relaxed: true})
	if err != nil {
		return nil, err
	}
	if _, err := db.Migrate(context.Background()); err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // folds the write-ahead log into the file
		return nil, err
	}
	return os.ReadFile(path)
})

// PostgresURL creates an empty migrated database for one test on the server
// that Env names and returns its URL.
func PostgresURL(t testing.TB) string {
	t.Helper()
	NeedPostgres(t)
	template, err := migratedTemplate()
	if err != nil {
		t.Fatal(err)
	}
	name := "gr_" + random()
	if err := onServer(`CREATE DATABASE ` + name + ` TEMPLATE ` + template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := onServer(`DROP DATABASE IF EXISTS ` + name + ` WITH (FORCE)`); err != nil {
			t.Logf("drop: %v", err)
		}
	})
	return onDatabase(name)
}

// migratedTemplate makes one template database per test process. It stays until
// the server of the test run goes.
var migratedTemplate = sync.OnceValues(func() (string, error) {
	name := "gr_template_" + random()
	if err := onServer(`CREATE DATABASE ` + name); err != nil {
		return "", err
	}
	db, err := store.Open(store.Config{URL: onDatabase(name)})
	if err != nil {
		return "", err
	}
	if _, err := db.Migrate(context.Background()); err != nil {
		return "", err
	}
	return name, db.Close()
})

var serverLock sync.Mutex // two copies of one template at once are refused

func onServer(statement string) error {
	serverLock.Lock()
	defer serverLock.Unlock()
	server, err := sql.Open("pgx", os.Getenv(Env))
	if err != nil {
		return err
	}
	_, err = server.Exec(statement)
	if closeErr := server.Close(); err == nil {
		err = closeErr
	}
	return err
}

func onDatabase(name string) string {
	u, err := url.Parse(os.Getenv(Env))
	if err != nil {
		return ""
	}
	u.Path = "/" + name
	return u.String()
}

func random() string {
	var b [6]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

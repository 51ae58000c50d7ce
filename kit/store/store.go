package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // the built-in database
)

// Config says where the database is.
type Config struct {
	// URL is "postgres://…" or the path of a SQLite file.
	URL string
	// Relaxed turns fsync off on SQLite; only for tests.
	Relaxed bool
	// MaxConns bounds PostgreSQL connections (default 16).
	MaxConns int
	// Now is the clock (default time.Now). Results are UTC microseconds.
	Now func() time.Time
	Log *slog.Logger
}

// DB is an open database. Close it.
type DB struct {
	Log *slog.Logger

	now      func() time.Time
	node     string
	postgres bool
	url      string
	writer   *bun.DB
	reader   *bun.DB
	writes   chan *write
	along    chan *write          // taken when a group is put together
	compiled map[string]*sql.Stmt // of the SQLite writer, which alone uses it; nil: asked for
	quit     chan struct{}
	closing  sync.Once
	running  sync.WaitGroup
	feed     feed
}

// Open connects and starts the writer; it does not migrate.
func Open(c Config) (*DB, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	var id [6]byte
	_, _ = rand.Read(id[:])
	db := &DB{Log: c.Log, now: c.Now, node: hex.EncodeToString(id[:]), url: c.URL, quit: make(chan struct{})}
	db.feed.handlers = map[string][]func(string){}
	db.feed.done = map[int64]bool{}
	if strings.HasPrefix(c.URL, "postgres://") || strings.HasPrefix(c.URL, "postgresql://") {
		return db, db.openPostgres(c)
	}
	return db, db.openSQLite(c)
}

// The dialects keep what was found out about the types of rows, which is the same
// for every database.
var pgDialect, sqliteDialect = pgdialect.New(), sqlitedialect.New()

func (db *DB) openPostgres(c Config) error {
	cfg, err := pgx.ParseConfig(c.URL)
	if err != nil {
		// The text of the cause holds the URL, and with it the password.
		return errors.New("store: the database URL cannot be parsed")
	}
	// bun writes arguments into the text, so there is nothing to prepare.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	pool := stdlib.OpenDB(*cfg)
	if c.MaxConns == 0 {
		c.MaxConns = 16
	}
	pool.SetMaxOpenConns(c.MaxConns)
	pool.SetMaxIdleConns(c.MaxConns)
	db.postgres = true
	db.writer = bun.NewDB(pool, pgDialect)
	db.reader = db.writer
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := pool.PingContext(ctx); err != nil {
		return fmt.Errorf("store: PostgreSQL at %s does not answer: %w", cfg.Host, err)
	}
	return nil
}

func (db *DB) openSQLite(c Config) error {
	path, err := filepath.Abs(c.URL)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	sync := "FULL"
	if c.Relaxed {
		sync = "OFF"
	}
	// A page that many commits change is copied into the database once for all
	// that the write-ahead log holds of it: 4,000 pages are 16 MB.
	dsn := func(extra ...string) string {
		q := url.Values{"_pragma": append([]string{
			"busy_timeout(10000)", "journal_mode(WAL)", "wal_autocheckpoint(4000)", "synchronous(" + sync + ")", "foreign_keys(ON)", "cache_size(-8000)", "temp_store(MEMORY)",
		}, extra...)}
		u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: q.Encode() + "&_txlock=immediate"}
		return u.String()
	}
	w, err := sql.Open("sqlite", dsn())
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	w.SetMaxOpenConns(1)
	r, err := sql.Open("sqlite", strings.Replace(dsn("query_only(ON)"), "&_txlock=immediate", "&_txlock=deferred", 1))
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	r.SetMaxOpenConns(max(4, 2*runtime.NumCPU()))
	r.SetMaxIdleConns(max(4, 2*runtime.NumCPU()))
	db.writer = bun.NewDB(w, sqliteDialect)
	db.reader = bun.NewDB(r, sqliteDialect)
	if err := w.Ping(); err != nil {
		return fmt.Errorf("store: cannot open %s: %w", path, err)
	}
	db.writes, db.along = make(chan *write, 1024), make(chan *write)
	db.compiled = map[string]*sql.Stmt{}
	db.running.Add(1)
	go func() {
		defer db.running.Done()
		db.groupCommits()
	}()
	return nil
}

// Close waits for the transactions that are under way and closes. Writes that
// come later fail.
func (db *DB) Close() error {
	db.closing.Do(func() { close(db.quit) })
	db.running.Wait()
	err := db.writer.Close()
	if db.reader != db.writer {
		err = errors.Join(err, db.reader.Close())
	}
	return err
}

// open fails once Close was called.
func (db *DB) open() error {
	select {
	case <-db.quit:
		return errClosed
	default:
		return nil
	}
}

// Postgres reports which of the two databases this is, for kit packages only.
func (db *DB) Postgres() bool { return db.postgres }

// Node names this process among those that share the database.
func (db *DB) Node() string { return db.node }

// Now is the time by the database's clock, UTC in microseconds.
func (db *DB) Now() time.Time { return db.now().UTC().Truncate(time.Microsecond) }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	err := db.reader.NewRaw("SELECT 1").Scan(ctx, &one)
	return unavailable("ping", err)
}

package pennant

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Every resource is one row: a JSON body under its account, kind, parent path and key. The path of a resource, such as
// proj/web:env/production:flag/dark-mode, is its parent, a colon, and its own kind and key.
const tables = `
CREATE TABLE IF NOT EXISTS resource (
	account TEXT NOT NULL, kind TEXT NOT NULL, parent TEXT NOT NULL, key TEXT NOT NULL,
	version INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, body TEXT NOT NULL,
	PRIMARY KEY (account, kind, parent, key)
);
CREATE TABLE IF NOT EXISTS event (
	account TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, resource TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
	PRIMARY KEY (account, seq)
);
CREATE TABLE IF NOT EXISTS segment_member (
	account TEXT NOT NULL, member TEXT NOT NULL, segment TEXT NOT NULL,
	PRIMARY KEY (account, member, segment)
);
CREATE INDEX IF NOT EXISTS segment_member_by_segment ON segment_member (account, segment);
CREATE TABLE IF NOT EXISTS hook_request (
	id TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, reply TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS published (
	account TEXT NOT NULL PRIMARY KEY, seq INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS pushed (
	account TEXT NOT NULL PRIMARY KEY, seq INTEGER NOT NULL
);`

type store struct {
	db      *sql.DB
	now     func() time.Time
	writing sync.Mutex
	bell    *bell
}

func openStore(dir string, now func() time.Time) (*store, error) {
	file := filepath.Join(dir, "pennant.db")
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, fmt.Errorf("pennant: opening the database: %w", err)
	}
	db.SetMaxOpenConns(4)
	if _, err := db.Exec(tables); err != nil {
		return nil, errors.Join(fmt.Errorf("pennant: preparing the database: %w", err), db.Close())
	}
	return &store{db: db, now: now, bell: newBell()}, nil
}

type querier interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

// scope is one account seen by one caller, inside a transaction or for reading only.
type scope struct {
	ctx     context.Context
	q       querier
	account string
	actor   Actor
	now     time.Time
}

func (s *store) read(ctx context.Context, account string) *scope {
	return &scope{ctx: ctx, q: s.db, account: account, now: s.now().UTC().Truncate(time.Microsecond)}
}

// note writes a line that belongs to no change. It takes its turn with the changes: SQLite refuses one that has begun to read
// before somebody else writes.
func (s *store) note(ctx context.Context, query string, args ...any) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	_, err := s.db.ExecContext(ctx, query, args...)
	return err
}

// write runs do in one transaction and wakes the account's listeners once it is committed.
func (s *store) write(ctx context.Context, account string, actor Actor, do func(*scope) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("pennant: begin: %w", err)
	}
	defer func() { _ = t.Rollback() }() // says only that it was committed, or that the connection is gone
	sc := s.read(ctx, account)
	sc.q, sc.actor = t, actor
	if err := do(sc); err != nil {
		return err
	}
	err = t.Commit()
	if err != nil {
		return fmt.Errorf("pennant: commit: %w", err)
	}
	s.bell.ring(account)
	return nil
}

// Meta is what Pennant keeps of every resource.
type Meta struct {
	Version int64     `json:"version"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

func (m *Meta) meta() *Meta { return m }

// place is where a resource stands inside its account.
type place struct{ kind, parent, key string }

// path is the name of the resource in events and policies. A flag's state in an environment goes by the word flag too:
// the environment in front of it makes the difference.
func (p place) path() string {
	kind := p.kind
	if kind == kindState {
		kind = kindFlag
	}
	if p.parent == "" {
		return kind + "/" + p.key
	}
	return p.parent + ":" + kind + "/" + p.key
}

type resource interface {
	place() place
	meta() *Meta
}

// target is a resource behind its pointer; T is the struct.
type target[T any] interface {
	*T
	resource
}

func get[T any, P target[T]](s *scope, p place) (P, error) {
	row := s.q.QueryRowContext(s.ctx, `SELECT body, version, created, updated FROM resource
		WHERE account = $1 AND kind = $2 AND parent = $3 AND key = $4`, s.account, p.kind, p.parent, p.key)
	return scan[T, P](row)
}

func scan[T any, P target[T]](row interface{ Scan(...any) error }) (P, error) {
	var body string
	var version, created, updated int64
	err := row.Scan(&body, &version, &created, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound()
	}
	if err != nil {
		return nil, fmt.Errorf("pennant: reading a resource: %w", err)
	}
	v := P(new(T))
	if err := json.Unmarshal([]byte(body), v); err != nil {
		return nil, fmt.Errorf("pennant: a stored resource: %w", err)
	}
	*v.meta() = Meta{Version: version, Created: time.UnixMicro(created).UTC(), Updated: time.UnixMicro(updated).UTC()}
	return v, nil
}

// page is a part of a list, by key. Limit 0 means everything.
type page struct {
	after string
	limit int
}

// list answers the resources of a kind under one parent, by key, and whether there are more.
func list[T any, P target[T]](s *scope, at place, pg page) ([]P, bool, error) {
	limit := pg.limit + 1
	if pg.limit == 0 {
		limit = 1 << 30
	}
	rows, err := s.q.QueryContext(s.ctx, `SELECT body, version, created, updated FROM resource
		WHERE account = $1 AND kind = $2 AND parent = $3 AND key > $4 ORDER BY key LIMIT $5`, s.account, at.kind, at.parent, pg.after, limit)
	if err != nil {
		return nil, false, fmt.Errorf("pennant: listing: %w", err)
	}
	defer rows.Close()
	found := []P{}
	for rows.Next() {
		v, err := scan[T, P](rows)
		if err != nil {
			return nil, false, err
		}
		found = append(found, v)
	}
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("pennant: listing: %w", err)
	}
	if pg.limit > 0 && len(found) > pg.limit {
		return found[:pg.limit], true, nil
	}
	return found, false, nil
}

// insert adds a resource; taken is the answer when its key is in use.
func (s *scope) insert(v resource, taken *failure) error {
	*v.meta() = Meta{Version: 1, Created: s.now, Updated: s.now}
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("pennant: encoding: %w", err)
	}
	p := v.place()
	done, err := s.q.ExecContext(s.ctx, `INSERT INTO resource (account, kind, parent, key, version, created, updated, body)
		VALUES ($1, $2, $3, $4, 1, $5, $5, $6) ON CONFLICT DO NOTHING`, s.account, p.kind, p.parent, p.key, s.now.UnixMicro(), string(body))
	if err != nil {
		return fmt.Errorf("pennant: inserting: %w", err)
	}
	return oneRow(done, taken)
}

// update saves a resource that was read in the same transaction.
func (s *scope) update(v resource) error {
	m := v.meta()
	was := m.Version
	m.Version, m.Updated = was+1, s.now
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("pennant: encoding: %w", err)
	}
	p := v.place()
	done, err := s.q.ExecContext(s.ctx, `UPDATE resource SET version = $1, updated = $2, body = $3
		WHERE account = $4 AND kind = $5 AND parent = $6 AND key = $7 AND version = $8`,
		m.Version, s.now.UnixMicro(), string(body), s.account, p.kind, p.parent, p.key, was)
	if err != nil {
		return fmt.Errorf("pennant: updating: %w", err)
	}
	return oneRow(done, stale())
}

func stale() *failure {
	return &failure{Status: 412, Code: "version_mismatch", Detail: "The resource has changed since it was read. Read it again and repeat the change."}
}

func oneRow(done sql.Result, otherwise *failure) error {
	n, err := done.RowsAffected()
	if err != nil {
		return fmt.Errorf("pennant: counting rows: %w", err)
	}
	if n != 1 {
		return otherwise
	}
	return nil
}

// remove deletes a resource and everything below it.
func (s *scope) remove(v resource) error {
	p := v.place()
	path := p.path()
	_, err := s.q.ExecContext(s.ctx, `DELETE FROM resource WHERE account = $1 AND (
		(kind = $2 AND parent = $3 AND key = $4) OR parent = $5 OR substr(parent, 1, length($5) + 1) = $5 || ':')`,
		s.account, p.kind, p.parent, p.key, path)
	if err != nil {
		return fmt.Errorf("pennant: removing: %w", err)
	}
	return nil
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
)

// Tx is one operation's transaction. Functions that take a *Tx join it.
type Tx struct {
	bun.IDB                 // query builders: NewSelect, NewInsert, NewUpdate, NewDelete, NewRaw
	Ctx     context.Context // pass it to every query
	db      *DB
	now     time.Time
	hooks   []func()
	changes []change
	read    bool // nothing is written
}

// Now is the operation's time, fixed at begin: UTC, microseconds.
func (tx *Tx) Now() time.Time { return tx.now }

// OnCommit runs f once the transaction is durable; never when it fails.
func (tx *Tx) OnCommit(f func()) { tx.hooks = append(tx.hooks, f) }

// Nearby announces key under topic to this node's handlers only, once the
// transaction is durable: a hint that costs no row. Nobody may depend on it.
func (tx *Tx) Nearby(topic, key string) {
	tx.OnCommit(func() { tx.db.feed.dispatch(topic, key) })
}

// Lock makes transactions that name the same lock take turns until commit. On
// SQLite there is one writer anyway.
func (tx *Tx) Lock(name string) error {
	if !tx.db.postgres {
		return nil
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	_, err := tx.ExecContext(tx.Ctx, "SELECT pg_advisory_xact_lock(?)", int64(h.Sum64()))
	return err
}

// groupMost bounds how many operations share one commit.
const groupMost = 512

type write struct {
	ctx  context.Context
	fn   func(*Tx) error
	done chan error
	err  error
	tx   *Tx
}

// Write runs fn in a read-write transaction and returns when it is durable. fn
// may run more than once. Errors of the database come back as Unavailable; an
// error of fn rolls back its own work only.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if db.postgres {
		return db.writePostgres(ctx, sql.LevelSerializable, fn)
	}
	return db.writeSQLite(ctx, fn)
}

// Batch is Write for background work that settles races by itself (claims with
// SKIP LOCKED, additive flushes): on PostgreSQL it runs read committed.
func (db *DB) Batch(ctx context.Context, fn func(*Tx) error) error {
	if db.postgres {
		return db.writePostgres(ctx, sql.LevelReadCommitted, fn)
	}
	return db.writeSQLite(ctx, fn)
}

// Along is Batch for work that nobody waits for: for up to within it waits for
// another write to share a commit with. What there is to do then, fn finds when
// it runs.
func (db *DB) Along(ctx context.Context, within time.Duration, fn func(*Tx) error) error {
	rest := time.NewTimer(within)
	defer rest.Stop()
	w := &write{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case db.along <- w: // on SQLite, when a group is put together
		return db.outcome(w)
	case <-rest.C:
	case <-ctx.Done():
	case <-db.quit:
	}
	return db.Batch(ctx, fn)
}

func (db *DB) writeSQLite(ctx context.Context, fn func(*Tx) error) error {
	if err := errors.Join(ctx.Err(), db.open()); err != nil {
		return unavailable("write", err)
	}
	w := &write{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case <-db.quit:
		return unavailable("write", errClosed)
	case <-ctx.Done():
		return unavailable("write", ctx.Err())
	case db.writes <- w:
	}
	return db.outcome(w)
}

// outcome waits until a write is done. Once queued, the outcome decides, not the
// caller's patience: leaving now could report a failure for a change that is made.
func (db *DB) outcome(w *write) error {
	select {
	case err := <-w.done:
		return err
	case <-db.quit:
		select {
		case err := <-w.done:
			return err
		case <-time.After(5 * time.Second):
			return unavailable("write", errClosed)
		}
	}
}

func (db *DB) groupCommits() {
	group := make([]*write, 0, groupMost)
	for {
		group = group[:0]
		select {
		case w := <-db.writes:
			group = append(group, w)
		case <-db.quit:
			db.drain(group)
			return
		}
	more:
		for len(group) < groupMost {
			select {
			case w := <-db.writes:
				group = append(group, w)
			default:
				break more
			}
		}
		select {
		case w := <-db.along:
			group = append(group, w)
		default:
		}
		db.compile(context.Background())
		db.commitGroup(group)
	}
}

// drain commits what was queued before Close.
func (db *DB) drain(group []*write) {
	for {
		select {
		case w := <-db.writes:
			group = append(group, w)
		default:
			if len(group) > 0 {
				db.commitGroup(group)
			}
			return
		}
	}
}

func (db *DB) commitGroup(group []*write) {
	ctx := context.Background()
	fail := func(err error) {
		for _, w := range group {
			w.done <- unavailable("commit", err)
		}
	}
	stx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		fail(err)
		return
	}
	alone := len(group) == 1 // then the transaction itself is what is undone
	for _, w := range group {
		w.tx = &Tx{IDB: stx, Ctx: context.WithoutCancel(w.ctx), db: db, now: db.Now()}
		if w.err = w.ctx.Err(); w.err != nil {
			continue
		}
		if !alone {
			if _, err = w.tx.Exec("SAVEPOINT op"); err != nil {
				break
			}
		}
		w.err = guarded(w.tx, w.fn)
		if w.err == nil {
			w.err = w.tx.writeChanges()
		}
		if alone {
			break
		}
		if w.err != nil {
			if _, err = w.tx.Exec("ROLLBACK TO op"); err != nil {
				break
			}
		}
		if _, err = w.tx.Exec("RELEASE op"); err != nil {
			break
		}
	}
	if err != nil {
		_ = stx.Rollback()
		fail(err)
		return
	}
	if alone && group[0].err != nil {
		_ = stx.Rollback()
		group[0].done <- unavailable("write", group[0].err)
		return
	}
	if err := stx.Commit(); err != nil {
		_ = stx.Rollback()
		fail(err)
		return
	}
	for _, w := range group {
		if w.err == nil {
			w.tx.committed()
		}
		w.done <- unavailable("write", w.err)
	}
}

func (db *DB) writePostgres(ctx context.Context, level sql.IsolationLevel, fn func(*Tx) error) error {
	const tries = 12
	if err := db.open(); err != nil {
		return unavailable("write", err)
	}
	for try := 1; ; try++ {
		err := db.tryPostgres(ctx, level, fn)
		if err == nil || !retryable(err) || try == tries {
			return unavailable("write", err)
		}
		pause := time.Duration(rand.Int64N(int64(time.Millisecond) << min(try, 6)))
		select {
		case <-ctx.Done():
			return unavailable("write", ctx.Err())
		case <-time.After(pause):
		}
	}
}

func (db *DB) tryPostgres(ctx context.Context, level sql.IsolationLevel, fn func(*Tx) error) error {
	stx, err := db.writer.BeginTx(ctx, &sql.TxOptions{Isolation: level})
	if err != nil {
		return err
	}
	tx := &Tx{IDB: stx, Ctx: ctx, db: db, now: db.Now()}
	err = guarded(tx, fn)
	if err == nil {
		err = tx.writeChanges()
	}
	if err != nil {
		_ = stx.Rollback()
		return err
	}
	if err := stx.Commit(); err != nil {
		tx.uncertain(err)
		return err
	}
	tx.committed()
	return nil
}

// Read runs fn on one consistent snapshot.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	if err := db.open(); err != nil {
		return unavailable("read", err)
	}
	opts := &sql.TxOptions{ReadOnly: true}
	if db.postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	stx, err := db.reader.BeginTx(ctx, opts)
	if err != nil {
		return unavailable("read", err)
	}
	defer func() { _ = stx.Rollback() }()
	return unavailable("read", guarded(&Tx{IDB: stx, Ctx: ctx, db: db, now: db.Now(), read: true}, fn))
}

// guarded turns a panic of one operation into its error, so that those that
// share its commit are not lost with it.
func guarded(tx *Tx, fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}

func (tx *Tx) committed() {
	for _, f := range tx.hooks {
		f()
	}
	for _, c := range tx.changes {
		tx.db.feed.mine(c.Seq)
		tx.db.feed.dispatch(c.Topic, c.Key)
	}
}

// uncertain forgets what the transaction may have changed: its commit failed
// without an answer of the database, so nobody knows yet. The poll follows when
// the change turns out to be there after all.
func (tx *Tx) uncertain(err error) {
	if _, answered := errors.AsType[*pgconn.PgError](err); answered {
		return
	}
	for _, c := range tx.changes {
		tx.db.feed.dispatch(c.Topic, c.Key)
	}
}

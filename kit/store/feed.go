package store

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// change is one line of the feed.
type change struct {
	Seq   int64  `json:"s"`
	Node  string `json:"n"`
	Topic string `json:"t"`
	Key   string `json:"k"`
}

const (
	pollEvery = 300 * time.Millisecond
	// overlap is how far back a poll looks again: a transaction that began
	// earlier may commit a lower number later.
	overlap = 30 * time.Second
	// feedKept is how long lines stay; a node that was away longer restarts.
	feedKept = time.Hour
	// notifyRoom is PostgreSQL's limit for a payload, less a margin.
	notifyRoom = 7900
)

// feed remembers the handlers and which lines they have had.
type feed struct {
	mu       sync.Mutex
	handlers map[string][]func(key string)
	all      []func()
	done     map[int64]bool
	followed bool // somebody polls, and forgets what is in done
}

// OnChange calls f with each key that changes under topic, on this node in the
// commit and for other nodes' changes within a second. f must be quick and may
// be called twice for one change. Register before Follow.
func (db *DB) OnChange(topic string, f func(key string)) {
	db.feed.mu.Lock()
	defer db.feed.mu.Unlock()
	db.feed.handlers[topic] = append(db.feed.handlers[topic], f)
}

// OnLost calls f when changes may have been missed (the database was away):
// drop everything that is remembered.
func (db *DB) OnLost(f func()) {
	db.feed.mu.Lock()
	defer db.feed.mu.Unlock()
	db.feed.all = append(db.feed.all, f)
}

func (f *feed) dispatch(topic, key string) {
	f.mu.Lock()
	handlers := f.handlers[topic]
	f.mu.Unlock()
	for _, h := range handlers {
		h(key)
	}
}

func (f *feed) lost() {
	f.mu.Lock()
	all := f.all
	f.mu.Unlock()
	for _, h := range all {
		h()
	}
}

// once reports whether the line is new here and remembers it.
func (f *feed) once(seq int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done[seq] {
		return false
	}
	f.done[seq] = true
	return true
}

// mine remembers a line of this node that was dispatched in its commit.
func (f *feed) mine(seq int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.followed {
		f.done[seq] = true
	}
}

// Changed announces that key changed under topic, if the transaction commits.
func (tx *Tx) Changed(topic, key string) {
	tx.changes = append(tx.changes, change{Topic: topic, Key: key})
}

func (tx *Tx) writeChanges() error {
	if err := tx.join(); err != nil {
		return err
	}
	for i, c := range tx.changes {
		var seq int64
		err := tx.NewRaw("INSERT INTO store_change (at, node, topic, key) VALUES (?, ?, ?, ?) RETURNING seq",
			At(tx.now), tx.db.node, c.Topic, c.Key).Scan(tx.Ctx, &seq)
		if err != nil {
			return err
		}
		tx.changes[i].Seq = seq
		if !tx.db.postgres {
			continue
		}
		line, err := json.Marshal(change{seq, tx.db.node, c.Topic, c.Key})
		if err != nil {
			return err
		}
		if len(line) > notifyRoom {
			continue // the poll finds it
		}
		if _, err := tx.ExecContext(tx.Ctx, "SELECT pg_notify('guestright', ?)", string(line)); err != nil {
			return err
		}
	}
	return nil
}

// Follow tells this node's handlers what other nodes change until ctx ends. It
// returns nil at once when ready and goes on in the background.
func (db *DB) Follow(ctx context.Context) error {
	var last int64
	if err := db.reader.NewRaw("SELECT COALESCE(MAX(seq), 0) FROM store_change").Scan(ctx, &last); err != nil {
		return unavailable("follow", err)
	}
	db.feed.mu.Lock()
	db.feed.followed = true
	db.feed.mu.Unlock()
	db.running.Add(1)
	go func() {
		defer db.running.Done()
		db.poll(ctx, last)
	}()
	if db.postgres {
		db.running.Add(1)
		go func() {
			defer db.running.Done()
			db.listen(ctx)
		}()
	}
	return nil
}

func (db *DB) poll(ctx context.Context, last int64) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	trimmed := time.Now()
	away := time.Time{}
	floor, floorAt := last, time.Now() // everything up to floor is settled
	for {
		select {
		case <-ctx.Done():
			return
		case <-db.quit:
			return
		case <-tick.C:
		}
		top, err := db.catchUp(ctx, floor)
		if err != nil {
			if away.IsZero() {
				away = time.Now()
				db.Log.Warn("change feed: database away", "error", err)
			}
			continue
		}
		if !away.IsZero() {
			if time.Since(away) > feedKept/2 {
				db.feed.lost()
			}
			away = time.Time{}
		}
		last = max(last, top)
		if time.Since(floorAt) > overlap {
			db.feed.forget(floor)
			floor, floorAt = last, time.Now()
		}
		if time.Since(trimmed) > feedKept/4 {
			trimmed = time.Now()
			db.trimFeed(ctx)
		}
	}
}

// catchUp dispatches the lines above floor that this node has not had. Its own
// are among them when the answer to a commit was lost: the operation has failed
// for the caller, and yet the change is there.
func (db *DB) catchUp(ctx context.Context, floor int64) (int64, error) {
	var rows []change
	err := db.reader.NewRaw("SELECT seq, node, topic, key FROM store_change WHERE seq > ? ORDER BY seq", floor).Scan(ctx, &rows)
	if err != nil {
		return floor, err
	}
	top := floor
	for _, c := range rows {
		top = max(top, c.Seq)
		if db.feed.once(c.Seq) {
			db.feed.dispatch(c.Topic, c.Key)
		}
	}
	return top, nil
}

func (f *feed) forget(upTo int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for seq := range f.done {
		if seq <= upTo {
			delete(f.done, seq)
		}
	}
}

func (db *DB) trimFeed(ctx context.Context) {
	before := At(db.Now().Add(-feedKept))
	err := db.Batch(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "DELETE FROM store_change WHERE at < ?", before)
		return err
	})
	if err != nil {
		db.Log.Warn("change feed: trim", "error", err)
	}
}

// listen waits for notifications on a connection of its own. When it breaks the
// poll carries on alone until it is back.
func (db *DB) listen(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-db.quit:
			cancel()
		case <-ctx.Done():
		}
	}()
	for ctx.Err() == nil {
		if err := db.listenOnce(ctx); err != nil && ctx.Err() == nil {
			db.Log.Warn("change feed: listen", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (db *DB) listenOnce(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, db.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN guestright"); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		var c change
		if json.Unmarshal([]byte(n.Payload), &c) == nil && c.Node != db.node && db.feed.once(c.Seq) {
			db.feed.dispatch(c.Topic, c.Key)
		}
	}
}

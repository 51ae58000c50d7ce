package job

import (
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/kit/store"
)

// row is a job as stored.
type row struct {
	ID       ID
	Kind     string
	Lane     string
	State    State
	Due      store.Micros
	Attempts int
	Args     string
	Once     string
	Bumps    int64
	Request  string
	Error    string
	Created  store.Micros
	Tried    store.Micros
}

const columns = "id, kind, lane, state, due, attempts, args, once, bumps, request, error, created, tried"

func (w row) job() Job {
	return Job{
		ID: w.ID, Kind: w.Kind, Lane: w.Lane, State: w.State, Due: w.Due.Time(), Attempts: w.Attempts, Args: w.Args,
		Request: w.Request, Error: w.Error, Created: w.Created.Time(), Tried: w.Tried.Time(),
	}
}

// lane is a lane's key, and whether its last holder died with it.
type lane struct {
	Kind   string
	Name   string
	Holder string
}

func (l lane) key() string { return l.Kind + "\x00" + l.Name }

// lockFree is the one difference between the databases: on PostgreSQL several
// nodes claim at once and pass over each other's rows, on SQLite there is one
// writer.
func lockFree(db *store.DB) string {
	if db.Postgres() {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// lockWait waits for whoever holds the row instead.
func lockWait(db *store.DB) string {
	if db.Postgres() {
		return " FOR UPDATE"
	}
	return ""
}

func insert(tx *store.Tx, w row) error {
	err := tx.NewRaw("INSERT INTO job ("+columns+") VALUES (?, ?, ?, ?, ?, 0, ?, ?, 0, ?, '', ?, 0) "+
		"ON CONFLICT (kind, once) DO UPDATE SET bumps = job.bumps + 1, attempts = 0, args = excluded.args, "+
		"due = CASE WHEN excluded.due < job.due THEN excluded.due ELSE job.due END RETURNING lane, due",
		w.ID, w.Kind, w.Lane, w.State, w.Due, w.Args, w.Once, w.Request, w.Created).Scan(tx.Ctx, &w.Lane, &w.Due)
	if err != nil {
		return err
	}
	return wake(tx, lane{Kind: w.Kind, Name: w.Lane}, w.Due)
}

// wake makes sure that the lane is due no later than the job. It only reads
// when the lane is due anyway, which is the rule while it is busy: else all
// transactions that add to one lane would queue for its row. The price is that
// the holder may let go of the lane without seeing the job; then this node's
// hint, or the repair of any node, sets it right.
func wake(tx *store.Tx, l lane, due store.Micros) error {
	var have store.Micros
	err := tx.NewRaw("SELECT due FROM job_lane WHERE kind = ? AND name = ?", l.Kind, l.Name).Scan(tx.Ctx, &have)
	if err != nil && !store.IsNone(err) {
		return err
	}
	tx.Nearby(topic, l.key())
	if have > 0 && have <= due {
		return nil
	}
	_, err = tx.ExecContext(tx.Ctx, "INSERT INTO job_lane (kind, name, due, holder, until) VALUES (?, ?, ?, '', 0) "+
		"ON CONFLICT (kind, name) DO UPDATE SET due = excluded.due WHERE job_lane.due = 0 OR job_lane.due > excluded.due",
		l.Kind, l.Name, due)
	return err
}

// anyDue reports whether a claim would find something.
func anyDue(tx *store.Tx, kinds []string) (bool, error) {
	var one int
	now := store.At(tx.Now())
	err := tx.NewRaw("SELECT 1 FROM job_lane WHERE due > 0 AND due <= ? AND until <= ? AND kind IN (?) LIMIT 1",
		now, now, bun.In(kinds)).Scan(tx.Ctx, &one)
	if store.IsNone(err) {
		return false, nil
	}
	return err == nil, err
}

// claim leases up to most due lanes, those first that have waited longest.
func claim(tx *store.Tx, db *store.DB, c claimed) ([]lane, error) {
	var lanes []lane
	now := store.At(tx.Now())
	err := tx.NewRaw("SELECT kind, name, holder FROM job_lane WHERE due > 0 AND due <= ? AND until <= ? AND kind IN (?) ORDER BY due LIMIT ?"+lockFree(db),
		now, now, bun.In(c.kinds), c.most).Scan(tx.Ctx, &lanes)
	if err != nil {
		return nil, err
	}
	for _, l := range lanes {
		_, err := tx.ExecContext(tx.Ctx, "UPDATE job_lane SET holder = ?, until = ? WHERE kind = ? AND name = ?",
			c.holder, store.At(tx.Now().Add(c.lease)), l.Kind, l.Name)
		if err != nil {
			return nil, err
		}
	}
	return lanes, nil
}

type claimed struct {
	kinds  []string
	most   int
	holder string
	lease  time.Duration
}

// renew extends every lease of a holder and returns what it still holds.
func renew(tx *store.Tx, holder string, until time.Time) ([]lane, error) {
	var lanes []lane
	err := tx.NewRaw("UPDATE job_lane SET until = ? WHERE holder = ? RETURNING kind, name, holder", store.At(until), holder).Scan(tx.Ctx, &lanes)
	return lanes, err
}

// batch reads the lane's next jobs.
func batch(tx *store.Tx, l lane, most int) ([]row, error) {
	var rows []row
	err := tx.NewRaw("SELECT "+columns+" FROM job WHERE kind = ? AND lane = ? AND state = ? AND due <= ? ORDER BY due, seq LIMIT ?",
		l.Kind, l.Name, Waiting, store.At(tx.Now()), most).Scan(tx.Ctx, &rows)
	return rows, err
}

// begin counts an attempt before it is made.
func begin(tx *store.Tx, w row) error {
	_, err := tx.ExecContext(tx.Ctx, "UPDATE job SET attempts = ? WHERE id = ?", w.Attempts, w.ID)
	return err
}

// finish writes results. A job that was asked for again meanwhile stays as it
// is: waiting, due, with no attempts counted.
func finish(tx *store.Tx, results []result) error {
	for _, res := range results {
		var done sql.Result
		var err error
		if res.outcome == outcomeDone {
			done, err = tx.ExecContext(tx.Ctx, "DELETE FROM job WHERE id = ? AND bumps = ?", res.row.ID, res.row.Bumps)
		} else {
			w := res.row
			done, err = tx.ExecContext(tx.Ctx, "UPDATE job SET state = ?, due = ?, attempts = ?, once = ?, error = ?, tried = ? WHERE id = ? AND bumps = ?",
				w.State, w.Due, w.Attempts, w.Once, w.Error, w.Tried, w.ID, w.Bumps)
		}
		if err != nil {
			return err
		}
		if res.after == nil {
			continue
		}
		n, err := done.RowsAffected()
		if err == nil && n > 0 {
			err = res.after(tx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// release gives a lane back if it is still the holder's, due when its next job
// is, but not before now: a lane with a backlog goes to the end of the queue.
func release(tx *store.Tx, db *store.DB, l lane, holder string) error {
	var have string
	err := tx.NewRaw("SELECT holder FROM job_lane WHERE kind = ? AND name = ?"+lockWait(db), l.Kind, l.Name).Scan(tx.Ctx, &have)
	if store.IsNone(err) || err == nil && have != holder {
		return nil
	}
	if err != nil {
		return err
	}
	due, err := nextDue(tx, l)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(tx.Ctx, "UPDATE job_lane SET holder = '', due = ?, until = ? WHERE kind = ? AND name = ?",
		due, store.At(tx.Now()), l.Kind, l.Name)
	return err
}

func nextDue(tx *store.Tx, l lane) (store.Micros, error) {
	var next store.Micros
	err := tx.NewRaw("SELECT COALESCE(MIN(due), 0) FROM job WHERE kind = ? AND lane = ? AND state = ?", l.Kind, l.Name, Waiting).Scan(tx.Ctx, &next)
	if next > 0 {
		next = max(next, store.At(tx.Now()))
	}
	return next, err
}

// recheck sets right a lane that a transaction of this node added to while its
// holder let go.
func recheck(tx *store.Tx, db *store.DB, l lane) error {
	var have store.Micros
	err := tx.NewRaw("SELECT due FROM job_lane WHERE kind = ? AND name = ?"+lockWait(db), l.Kind, l.Name).Scan(tx.Ctx, &have)
	if store.IsNone(err) {
		return repair(tx)
	}
	if err != nil || have > 0 && have <= store.At(tx.Now()) {
		return err
	}
	due, err := nextDue(tx, l)
	if err != nil || due == 0 || have > 0 && have <= due {
		return err
	}
	_, err = tx.ExecContext(tx.Ctx, "UPDATE job_lane SET due = ? WHERE kind = ? AND name = ?", due, l.Kind, l.Name)
	return err
}

// repair sets right every lane with a due job that does not know it, and drops
// lanes that nobody has used for an hour.
func repair(tx *store.Tx) error {
	now := store.At(tx.Now())
	_, err := tx.ExecContext(tx.Ctx, "INSERT INTO job_lane (kind, name, due, holder, until) "+
		"SELECT j.kind, j.lane, MIN(j.due), '', 0 FROM job AS j WHERE j.state = ? AND j.due <= ? AND NOT EXISTS "+
		"(SELECT 1 FROM job_lane AS l WHERE l.kind = j.kind AND l.name = j.lane AND l.due > 0 AND l.due <= ?) GROUP BY j.kind, j.lane "+
		"ON CONFLICT (kind, name) DO UPDATE SET due = excluded.due WHERE job_lane.due = 0 OR job_lane.due > excluded.due",
		Waiting, now, now)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(tx.Ctx, "DELETE FROM job_lane WHERE due = 0 AND holder = '' AND until < ?", store.At(tx.Now().Add(-time.Hour)))
	return err
}

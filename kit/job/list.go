package job

import (
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Filter narrows List. Empty fields do not.
type Filter struct {
	State State
	Kind  string
	Lane  *string // "" is the kind's own lane
	After ID      // the last one seen
	Limit int64   // 0: 50, at most 500
}

// List returns jobs that wait or are exhausted, oldest first.
func List(tx *store.Tx, f Filter) ([]Job, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	q := tx.NewSelect().TableExpr("job").ColumnExpr(columns).Where("id > ?", f.After).OrderExpr("id").Limit(min(f.Limit, 500))
	if f.State != "" {
		q = q.Where("state = ?", f.State)
	}
	if f.Kind != "" {
		q = q.Where("kind = ?", f.Kind)
	}
	if f.Lane != nil {
		q = q.Where("lane = ?", *f.Lane)
	}
	var rows []row
	if err := q.Scan(tx.Ctx, &rows); err != nil {
		return nil, err
	}
	jobs := make([]Job, len(rows))
	for i, w := range rows {
		jobs[i] = w.job()
	}
	return jobs, nil
}

// Get finds one job. NotFound when it is done, or never was.
func Get(tx *store.Tx, id ID) (Job, error) {
	var w row
	err := tx.NewSelect().TableExpr("job").ColumnExpr(columns).Where("id = ?", id).Scan(tx.Ctx, &w)
	if store.IsNone(err) {
		return Job{}, problem.NotFound("job")
	}
	return w.job(), err
}

// Retry gives an exhausted job all its attempts again, starting now. Conflict
// when it is not exhausted.
func Retry(tx *store.Tx, id ID) error {
	var l lane
	err := tx.NewRaw("UPDATE job SET state = ?, attempts = 0, due = ? WHERE id = ? AND state = ? RETURNING kind, lane AS name",
		Waiting, store.At(tx.Now()), id, Exhausted).Scan(tx.Ctx, &l)
	if store.IsNone(err) {
		return missing(tx, id)
	}
	if err != nil {
		return err
	}
	return wake(tx, l, store.At(tx.Now()))
}

// Discard removes an exhausted job. Conflict when it is not exhausted.
func Discard(tx *store.Tx, id ID) error {
	res, err := tx.ExecContext(tx.Ctx, "DELETE FROM job WHERE id = ? AND state = ?", id, Exhausted)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return missing(tx, id)
}

func missing(tx *store.Tx, id ID) error {
	var one int
	err := tx.NewRaw("SELECT 1 FROM job WHERE id = ?", id).Scan(tx.Ctx, &one)
	if store.IsNone(err) {
		return problem.NotFound("job")
	}
	if err != nil {
		return err
	}
	return problem.Conflict("job.not_exhausted", "Only a job that has used all its attempts can be retried or discarded.")
}

// Depth is how a kind stands, for metrics and health.
type Depth struct {
	Kind   string
	State  State
	Count  int64
	Oldest time.Time // earliest due time
}

// Depths counts the jobs of every kind and state.
func Depths(tx *store.Tx) ([]Depth, error) {
	var rows []struct {
		Kind   string
		State  State
		Count  int64
		Oldest store.Micros
	}
	err := tx.NewRaw("SELECT kind, state, COUNT(*) AS count, MIN(due) AS oldest FROM job GROUP BY kind, state ORDER BY kind, state").Scan(tx.Ctx, &rows)
	if err != nil {
		return nil, err
	}
	out := make([]Depth, len(rows))
	for i, w := range rows {
		out[i] = Depth{Kind: w.Kind, State: w.State, Count: w.Count, Oldest: w.Oldest.Time()}
	}
	return out, nil
}

// Declared lists the codes of this package.
func Declared() []problem.Declared {
	return []problem.Declared{{
		Code: "job.not_exhausted", Kind: problem.KindConflict,
		Cause: "The job still waits for an attempt.", Remedy: "Wait until it is done or exhausted.",
	}}
}

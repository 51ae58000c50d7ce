package job

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/store"
)

// saveAfter is how long results of quick jobs may wait for company before they
// are written; what is not written yet runs again after a crash.
const saveAfter = 100 * time.Millisecond

// work takes a batch from a lane, runs it in order and lets the lane go. No
// further job begins once open ends; working interrupts the one that runs.
func (r *Runner) work(open, working context.Context, l lane) {
	working, cancel := context.WithCancel(working)
	defer cancel()
	r.mu.Lock()
	r.held[l.key()] = cancel
	h := r.handlers[l.Kind]
	r.mu.Unlock()
	rows, err := r.take(working, l)
	if err != nil {
		r.log().Warn("jobs: a batch could not be read", "kind", l.Kind, "lane", l.Name, "error", err)
	}
	var unsaved []result
	since := time.Now()
	for _, w := range rows {
		if open.Err() != nil || working.Err() != nil {
			break
		}
		unsaved = append(unsaved, r.attempt(working, h, w))
		if time.Since(since) >= saveAfter {
			if err := r.save(working, unsaved, nil); err != nil {
				r.log().Error("jobs: results not written; they run again", "kind", l.Kind, "lane", l.Name, "error", err)
			}
			unsaved, since = nil, time.Now()
		}
	}
	// Not held any more before it is let go: a claim that follows at once must
	// not take the lane for one that is still worked on.
	r.mu.Lock()
	delete(r.held, l.key())
	r.mu.Unlock()
	if err := r.save(working, unsaved, &l); err != nil {
		r.log().Error("jobs: results not written; they run again", "kind", l.Kind, "lane", l.Name, "error", err)
	}
}

// take reads the lane's batch. After a holder that died it takes one job and
// counts the attempt first: that job may be what killed it.
func (r *Runner) take(ctx context.Context, l lane) ([]row, error) {
	var rows []row
	if l.Holder == "" {
		err := r.DB.Read(ctx, func(tx *store.Tx) error {
			var err error
			rows, err = batch(tx, l, r.Batch)
			return err
		})
		for i := range rows {
			rows[i].Attempts++
		}
		return rows, err
	}
	err := r.DB.Batch(ctx, func(tx *store.Tx) error {
		var err error
		rows, err = batch(tx, l, 1)
		if err != nil || len(rows) == 0 {
			return err
		}
		rows[0].Attempts++
		return begin(tx, rows[0])
	})
	return rows, err
}

// save writes results and, when l is given, lets the lane go. It must not be
// cut short by the end of the work it records.
func (r *Runner) save(ctx context.Context, results []result, l *lane) error {
	if len(results) == 0 && l == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return r.DB.Batch(ctx, func(tx *store.Tx) error {
		if err := finish(tx, results); err != nil || l == nil {
			return err
		}
		return release(tx, r.DB, *l, r.holder)
	})
}

package host

import (
	"context"
	"time"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

const (
	sweepEvery = time.Hour
	sweepMost  = 100 // tasks in one transaction: each may hold some hundred KiB
	// keep is how long tasks stay that were done or failed, and keepLarge how long
	// results of more than largeMost bytes do; those are looked for in the day that
	// has just become old.
	keep, keepLarge = 30 * 24 * time.Hour, 24 * time.Hour
	largeMost       = 64 << 10
)

// Jobs registers the work on the table of tasks.
func (s *Service) Jobs(r *job.Runner) { job.Every(r, "host.sweep", sweepEvery, s.sweep) }

// sweep ends what is overdue, also when nobody comes for tasks, and deletes what is
// old.
func (s *Service) sweep(ctx context.Context) error {
	s.endOverdue(ctx)
	err := s.inSteps(ctx, func(tx *store.Tx) (int, error) { return erase(tx, tx.Now().Add(-keep), sweepMost) })
	if err != nil {
		return err
	}
	return s.inSteps(ctx, func(tx *store.Tx) (int, error) {
		old := tx.Now().Add(-keepLarge)
		return slim(tx, old.Add(-2*keepLarge), old, sweepMost)
	})
}

// inSteps makes transactions, with rests between them, until one has found less
// than it might have.
func (s *Service) inSteps(ctx context.Context, step func(*store.Tx) (int, error)) error {
	for {
		n := 0
		err := s.DB.Batch(ctx, func(tx *store.Tx) error {
			var err error
			n, err = step(tx)
			return err
		})
		if err != nil || n < sweepMost {
			return err
		}
		if err := event.Rest(ctx); err != nil {
			return err
		}
	}
}

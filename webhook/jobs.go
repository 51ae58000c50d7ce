package webhook

import (
	"context"
	"time"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

const (
	sweepEvery = time.Hour
	// sweepMost rows are deleted in one transaction, so that no writer waits long:
	// a delivery may have a dozen attempts with an answer of 64 KiB each.
	sweepMost = 200
	// shelveEvery is how often the directory is brought up to date, by at most
	// shelveMost shelves. Until then more blocks are looked at one by one.
	shelveEvery = time.Minute
	shelveMost  = 16
)

// Jobs registers the work on the log of deliveries.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "webhook.sweep", sweepEvery, s.sweep)
	job.Every(r, "webhook.shelve", shelveEvery, func(ctx context.Context) error { return log.Shelve(ctx, s.DB, shelveMost, event.Rest) })
	job.Every(r, "webhook.key", keyEvery, func(ctx context.Context) error {
		_, err := s.keys.rotate(ctx)
		return err
	})
}

// sweep deletes what is old, stretch by stretch. Deliveries and their attempts
// stay as long as events do: one that still waits after that has nothing to send
// any more. Counts stay longer.
func (s *Service) sweep(ctx context.Context) error {
	var done int64 // the last delivery that went
	if err := event.InSteps(ctx, s.DB, func(tx *store.Tx) (bool, error) {
		last, n, err := sweep(tx, done, tx.Now().Add(-s.Events.Kept()))
		done = max(done, last)
		return n >= sweepMost, err
	}); err != nil {
		return err
	}
	if err := event.InSteps(ctx, s.DB, sweepShelves); err != nil {
		return err
	}
	for step, keep := range map[string]time.Duration{stepQuarter: keepQuarter, stepDay: s.countsKept()} {
		if err := event.InSteps(ctx, s.DB, func(tx *store.Tx) (bool, error) {
			n, err := sweepCounts(tx, step, tx.Now().Add(-keep))
			return n >= sweepMost, err
		}); err != nil {
			return err
		}
	}
	return s.DB.Batch(ctx, func(tx *store.Tx) error { return sweepReplays(tx, tx.Now().Add(-s.Events.Kept())) })
}

// Shelve brings the directory of the log of deliveries up to date, as jobs do it
// from time to time.
func (s *Service) Shelve(ctx context.Context) error { return log.Shelve(ctx, s.DB, 0, event.Rest) }

func (s *Service) countsKept() time.Duration {
	if s.KeepCounts <= 0 {
		return keepDay
	}
	return s.KeepCounts
}

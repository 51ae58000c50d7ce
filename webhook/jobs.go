package webhook

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

const (
	// keep is how long deliveries and their attempts stay, as long as events do:
	// one that still waits after that has nothing to send any more.
	keep       = 30 * 24 * time.Hour
	sweepEvery = time.Hour
	sweepMost  = 500 // deliveries deleted in one transaction, so that no writer waits long
)

// Jobs registers the work on the log of deliveries.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "webhook.sweep", sweepEvery, s.sweep)
	job.Every(r, "webhook.key", keyEvery, func(ctx context.Context) error {
		_, err := s.keys.rotate(ctx)
		return err
	})
}

// sweep deletes the oldest deliveries, stretch by stretch.
func (s *Service) sweep(ctx context.Context) error {
	for {
		n := 0
		err := s.DB.Batch(ctx, func(tx *store.Tx) error {
			var err error
			n, err = sweep(tx, tx.Now().Add(-keep))
			return err
		})
		if err != nil {
			return err
		}
		if n < sweepMost {
			return s.DB.Batch(ctx, func(tx *store.Tx) error {
				if err := sweepReplays(tx, tx.Now().Add(-keep)); err != nil {
					return err
				}
				return sweepCounts(tx)
			})
		}
	}
}

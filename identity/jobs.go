package identity

import (
	"context"
	"errors"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

const (
	sweepEvery  = 10 * time.Minute
	finishBatch = 100
)

// Jobs adds this slice's background work: what has ended is swept, and people
// whose time of grace is over are deleted.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "identity.sweep", sweepEvery, func(ctx context.Context) error {
		return s.DB.Batch(ctx, func(tx *store.Tx) error { return sweep(tx, s.lives()) })
	})
	job.Every(r, "identity.delete", sweepEvery, s.finishDue)
}

// finishDue deletes who is due, each in a transaction of their own: one that
// fails does not hold up the others.
func (s *Service) finishDue(ctx context.Context) error {
	var list []User
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		list, err = due(tx, finishBatch)
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	for _, u := range list {
		failed = append(failed, s.finish(ctx, u.ID))
	}
	return errors.Join(failed...)
}

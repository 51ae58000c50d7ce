package domain

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

const (
	dueMost = 200 // read at a time
	atOnce  = 8   // of them that are looked at together: most of a check is waiting
)

// Jobs registers the background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "domain.recheck", 24*time.Hour, s.Recheck)
}

// Recheck looks again for the proofs that are due.
func (s *Service) Recheck(ctx context.Context) error {
	for after := (ID{}); ; {
		var some []Domain
		if err := s.DB.Read(ctx, func(tx *store.Tx) error {
			got, err := due(tx, tx.Now(), after)
			some = got
			return err
		}); err != nil || len(some) == 0 {
			return err
		}
		after = some[len(some)-1].ID
		g, each := errgroup.WithContext(ctx)
		g.SetLimit(atOnce)
		for _, d := range some {
			g.Go(func() error { return s.recheck(each, d) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
}

func (s *Service) recheck(ctx context.Context, d Domain) error {
	f := s.look(ctx, d.Proof)
	if err := ctx.Err(); err != nil {
		return err // we are stopping: what was found says nothing
	}
	_, err := s.settle(ctx, access.System("domain.recheck"), d, f)
	switch problem.CodeOf(err) {
	case "domain_changed", "not_found":
		return nil // somebody checked or removed it meanwhile
	}
	return err
}

package authorization

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Once notes that something was shown that may be shown once only, on every node,
// until a time. Error: Invalid `invalid_dpop_proof` when it was shown before.
func (s *Service) Once(ctx context.Context, what string, until time.Time) error {
	d := s.Keys.Digest(what)
	first := false
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		got, err := once(tx, d, until)
		first = got
		return err
	})
	if err != nil {
		return err
	}
	if !first {
		return problem.Invalid("invalid_dpop_proof", "This proof was used already. Make a new one for every request.")
	}
	return nil
}

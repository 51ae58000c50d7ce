package integration

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

// Jobs gives the runner this slice's background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Handle(r, provision, func(ctx context.Context, a provisionArgs) error { return s.Provision(ctx, a.Installation) })
	job.OnExhausted(r, provision, func(tx *store.Tx, a provisionArgs, cause error) error { return s.failed(tx, a.Installation, cause) })
	job.Handle(r, spread, s.Spread)
	job.Every(r, "integration.remind", 24*time.Hour, s.Remind)
	job.Every(r, "integration.resume", time.Minute, s.Resume)
}

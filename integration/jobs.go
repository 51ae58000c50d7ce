package integration

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/job"
)

// Jobs gives the runner this slice's background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Handle(r, provision, func(ctx context.Context, a provisionArgs) error { return s.Provision(ctx, a.Installation) })
	job.Every(r, "integration.resume", time.Minute, s.Resume)
}

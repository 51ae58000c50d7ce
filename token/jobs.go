package token

import (
	"time"

	"github.com/guestright/guestright/kit/job"
)

// Jobs gives the runner this slice's background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "token.sweep", time.Hour, s.Sweep)
	job.Every(r, "token.watch", day, s.Watch)
}

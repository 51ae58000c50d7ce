package authorization

import (
	"time"

	"github.com/guestright/guestright/kit/job"
)

// Jobs gives the runner this slice's background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "authorization.sweep", time.Minute, s.Sweep)
}

// Jobs makes the next signing key in time.
func (s *Signer) Jobs(r *job.Runner) {
	job.Every(r, "authorization.signing", 10*time.Minute, s.Rotate)
}

package application

import (
	"time"

	"github.com/guestright/guestright/kit/job"
)

// Jobs gives the runner this slice's background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "application.finish", time.Hour, s.Finish)
}

package private

import (
	"time"

	"github.com/guestright/guestright/kit/job"
)

// Jobs gives the runner this slice's background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "private.finish", time.Hour, s.Finish)
}

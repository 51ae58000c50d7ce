package announcement

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

// Jobs registers the background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "announcement.reach", time.Hour, s.Follow)
}

// Follow works out anew whom the announcements that are shown reach.
func (s *Service) Follow(ctx context.Context) error {
	var shown []Announcement
	if err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		shown, err = live(tx)
		return err
	}); err != nil {
		return err
	}
	for _, a := range shown {
		callers, err := s.used(ctx, a.Audience)
		if err != nil {
			return err
		}
		if err := s.DB.Write(ctx, func(tx *store.Tx) error {
			now, err := find(tx, a.ID)
			if err != nil || now.Revision != a.Revision {
				return err // somebody changed it: the next hour comes
			}
			return s.reach(tx, a, callers)
		}); err != nil {
			return err
		}
	}
	return nil
}

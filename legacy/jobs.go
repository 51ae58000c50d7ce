package legacy

import (
	"context"
	"strconv"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Jobs gives the runner this slice's background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "legacy.remind", 6*time.Hour, s.Remind)
	job.Every(r, "legacy.ending", time.Hour, s.RemindEnding)
}

// RemindEnding tells administrators 30, 7 and 1 days before a legacy key ends.
func (s *Service) RemindEnding(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		due, err := ending(tx, now, now.Add(30*24*time.Hour))
		if err != nil {
			return err
		}
		for _, k := range due {
			if k, err = s.whole(tx, k); err != nil {
				return err
			}
			rung := min(rungOf(k.Ends, now), 30)
			last, err := s.Usage.LastUses(tx, "grant", []string{k.Grant})
			if err != nil {
				return err
			}
			text := "It has not been used yet."
			if at := last[k.Grant].At; !at.IsZero() {
				text = "It was last used on " + day(at) + ". What uses it is refused from then on."
			}
			severity := notice.Warning
			if rung <= 7 {
				severity = notice.Critical
			}
			err = s.send(tx, k, notice.Notice{Kind: "legacy_key.ending", Severity: severity, Subject: "The API key “" + k.Label + "” ends on " + day(k.Ends), Text: text,
				Dedupe: k.ID.String() + "/" + day(k.Ends) + "/" + strconv.Itoa(rung)})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

package programme

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Jobs registers the background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "programme.production", time.Hour, s.Tend)
}

// Tend tells operators what is overdue and groups what ends soon, and closes
// grants whose end has come. The limits themselves end by their own date.
func (s *Service) Tend(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		late, err := lateRequests(tx, tx.Now())
		if err != nil {
			return err
		}
		for _, r := range late {
			if err := s.remind(tx, r); err != nil {
				return err
			}
		}
		ending, err := endingRequests(tx, tx.Now().Add(s.before()))
		if err != nil {
			return err
		}
		for _, r := range ending {
			if err := s.endOrWarn(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) remind(tx *store.Tx, r Request) error {
	g, err := s.Groups.Load(tx, r.Group)
	if err != nil {
		return err
	}
	r.reminded = tx.Now()
	if _, err := saveRequest(tx, r); err != nil {
		return err
	}
	return s.Notices.Send(tx, notice.Notice{Kind: "production.overdue", To: notice.To{Operators: true}, Severity: notice.Warning,
		Subject: "The request of " + g.Name + " for production settings is overdue",
		Text:    "You wanted to decide until " + r.Due.Format(dayForm) + ".", Link: "/operator/groups/" + r.Group + "/production"})
}

func (s *Service) endOrWarn(tx *store.Tx, r Request) error {
	g, err := s.Groups.Load(tx, r.Group)
	if err != nil {
		return err
	}
	if r.Ends.After(tx.Now()) {
		if !r.reminded.IsZero() {
			return nil
		}
		r.reminded = tx.Now()
		if _, err := saveRequest(tx, r); err != nil {
			return err
		}
		return s.tellGroup(tx, g, notice.Notice{Kind: "production.ending", Severity: notice.Warning,
			Subject: "The production settings of " + g.Name + " end on " + r.Ends.Format(dayForm),
			Text:    "Then the limits of before hold again. What is installed stays installed. Ask again if you need them longer."})
	}
	if err := s.finish(tx, access.System("the end of a grant"), g, r, "Its time is over."); err != nil {
		return err
	}
	return s.tellGroup(tx, g, notice.Notice{Kind: "production.ended", Severity: notice.Warning, Subject: "The production settings of " + g.Name + " have ended",
		Text: "The limits of before hold again. What is installed stays installed. Ask again if you need them longer."})
}

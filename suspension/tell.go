package suspension

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// tellStep is how many accounts are told in one transaction.
const tellStep = 100

type tellArgs struct {
	Suspension ID
	Begins     bool   // the first pass, which tells that it began
	After      string // the account that was the last one
}

var tell = job.Kind[tellArgs]{Name: "suspension.tell"}

// lane lets the passes of one suspension follow one another.
func lane(id ID) job.Options { return job.Options{Lane: id.String()} }

// Tell takes the next step: an account is told once that it is suspended, and once
// that it works again.
func (s *Service) Tell(ctx context.Context, args tellArgs) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		one, err := find(tx, args.Suspension)
		if err != nil {
			return err
		}
		next, err := places(tx, one.Target, args.After, tellStep)
		if err != nil {
			return err
		}
		for _, p := range next {
			args.After = p.Account
			back := one.back(p.Account, bool(p.Own))
			if back == args.Begins {
				continue // the other pass has the word for it
			}
			if err := s.Notices.Send(tx, one.notice(p.Account, back)); err != nil {
				return err
			}
		}
		if args.Begins {
			if err := told(tx, one.ID, len(next)); err != nil {
				return err
			}
		}
		if len(next) < tellStep {
			return nil
		}
		return tell.Add(tx, args, lane(one.ID))
	})
}

func (s Suspension) notice(account string, back bool) notice.Notice {
	n := notice.Notice{Kind: "suspension.account", To: notice.To{Account: account, AccountRole: access.AccountAdmin}, Severity: notice.Warning,
		Subject: s.Name + " is suspended", Text: s.Message, Link: "/accounts/" + account, Dedupe: s.ID.String() + "/" + account}
	if back {
		n.Severity, n.Subject, n.Dedupe = notice.Info, s.Name+" works again", n.Dedupe+"/back"
		n.Text = "The platform operator has lifted the suspension for your account."
	}
	return n
}

// LiftDue ends those whose date has come.
func (s *Service) LiftDue(ctx context.Context) error {
	var due []ID
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		due, err = overdue(tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range due {
		if _, err := s.Lift(ctx, access.System("its date has come"), id); err != nil {
			return err
		}
	}
	return nil
}

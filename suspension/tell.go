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
	After      string // the account that was the last one
}

var tell = job.Kind[tellArgs]{Name: "suspension.tell"}

// spread has the accounts told what a suspension means to them now.
func (s *Service) spread(tx *store.Tx, one Suspension) error {
	return tell.Add(tx, tellArgs{Suspension: one.ID}, job.Options{Lane: one.ID.String()})
}

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
		fresh := 0
		for _, p := range next {
			back := one.back(p.Account, bool(p.Own))
			if !back && one.State == Active {
				fresh++
			}
			if err := s.Notices.Send(tx, one.notice(p.Account, back)); err != nil {
				return err
			}
			args.After = p.Account
		}
		if err := told(tx, one.ID, fresh); err != nil || len(next) < tellStep {
			return err
		}
		return tell.Add(tx, args, job.Options{Lane: one.ID.String()})
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

// dueMost is how many suspensions end by themselves in one run.
const dueMost = 1000

// LiftDue ends those whose date has come.
func (s *Service) LiftDue(ctx context.Context) error {
	var due []ID
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		all, err := list(tx, Query{Open: true, Limit: dueMost})
		for _, one := range all {
			if !one.Lifts.IsZero() && !tx.Now().Before(one.Lifts) {
				due = append(due, one.ID)
			}
		}
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

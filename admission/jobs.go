package admission

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Jobs registers the background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Every(r, "admission.watch", time.Hour, s.Watch)
}

// reminders are how long before an end people hear of it.
var reminders = []time.Duration{7 * aDay, aDay}

// Watch stops what has come to its end and reminds of what comes to it.
func (s *Service) Watch(ctx context.Context) error {
	var accounts []string
	if err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		accounts, err = watched(tx, tx.Now().Add(reminders[0]+aDay))
		return err
	}); err != nil {
		return err
	}
	by := access.System("the time of an integration is over")
	var faults []error
	for _, id := range accounts { // one that fails keeps no other from being stopped
		if err := s.DB.Write(ctx, func(tx *store.Tx) error {
			a, err := s.Accounts.Load(tx, id)
			if err != nil {
				return err
			}
			if err := s.Moved(tx, by, a); err != nil {
				return err
			}
			c, err := s.confirmations(tx, id)
			if err != nil {
				return err
			}
			for _, i := range c.Items {
				if err := s.remind(tx, id, a.Name, i); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", id, err))
		}
	}
	return errors.Join(faults...)
}

// remind tells an account's administrators, once each, of an end that is near and of
// what is due.
func (s *Service) remind(tx *store.Tx, acc, name string, i Item) error {
	const form = "2 January 2006"
	send := func(n notice.Notice) error {
		n.To, n.Severity = notice.To{Account: acc, AccountRole: access.AccountAdmin}, notice.Warning
		return s.Notices.Send(tx, n)
	}
	var near time.Duration // the shortest that fits: they stand from the longest
	for _, before := range reminders {
		if !i.Ends.IsZero() && !past(i.Ends, tx.Now()) && i.Ends.Sub(tx.Now()) <= before {
			near = before
		}
	}
	if near > 0 {
		if err := send(notice.Notice{Kind: "installation.ends", Subject: "The last day of " + i.Application + " in " + name + " is " + i.Ends.Add(-time.Second).UTC().Format(form), Link: "/installations/" + i.Installation,
			Text: "It stops then. Give it a later day if it is still needed. Nothing is uninstalled.", Dedupe: i.Installation + "/" + i.Ends.UTC().Format(time.RFC3339) + "/" + near.String()}); err != nil {
			return err
		}
	}
	if !i.IsDue {
		return nil
	}
	n := notice.Notice{Kind: "installation.confirm", Subject: "Is " + i.Application + " still needed in " + name + "?", Link: "/accounts/" + acc + "/confirmations",
		Text: "Look at what it was given and what it used, and keep, narrow or remove it.", Dedupe: i.Installation + "/" + i.Due.UTC().Format(time.RFC3339)}
	if !i.Suspends.IsZero() {
		n.Text += " If nobody confirms it, it is suspended on " + i.Suspends.UTC().Format(form) + "."
	}
	return send(n)
}

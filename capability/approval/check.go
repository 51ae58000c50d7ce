package approval

import (
	"context"
	"net/http"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// checkLeast is how long after a call another may be made because somebody looks.
const checkLeast = 10 * time.Second

// check asks the partner how an approval stands. Only an answer that can be read
// changes anything; the error is the database's. early: somebody looks, and it need
// not be due.
func (s *Service) check(ctx context.Context, id ID, early bool) error {
	var q asking
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.find(tx, id)
		if err == nil && !early && a.next.After(tx.Now()) {
			return problem.NotFound("approval") // another has just asked
		}
		if err != nil || a.State != Pending {
			q.a = a
			return err
		}
		q, err = s.asking(tx, a)
		q.a = a
		return err
	})
	if problem.CodeOf(err) == "not_found" || err == nil && q.a.State != Pending {
		return nil
	}
	var m made
	there := false
	if err == nil {
		m, there, err = s.make(q, callStatus)
	}
	why := ""
	if err != nil {
		if why, _ = unmade(err); why == "" {
			return err
		}
	} else if !there {
		why = "The package has no call that asks how an approval stands."
	}
	if why != "" {
		_, err := s.change(ctx, id, func(tx *store.Tx, a *Approval) error { return s.unchecked(tx, a, why, 0) })
		return err
	}
	if err := s.DB.Write(ctx, func(tx *store.Tx) error { return insertCall(tx, id, m.Call) }); err != nil {
		return err
	}
	r, err := s.send(ctx, m)
	if err != nil {
		return err
	}
	_, err = s.change(context.WithoutCancel(ctx), id, func(tx *store.Tx, a *Approval) error { return s.checked(tx, a, q, r) })
	return err
}

// checked takes over what the partner says.
func (s *Service) checked(tx *store.Tx, a *Approval, q asking, r outbound.Result) error {
	if a.State != Pending {
		return nil // decided or withdrawn meanwhile
	}
	if r.Failure == "" && (r.Status == http.StatusNotFound || r.Status == http.StatusGone) {
		return s.lose(tx, a, itself(q.in), "The partner does not know this approval any more.")
	}
	v, err := answered(r)
	var standing Standing
	if err == nil {
		standing, err = stands(q.parser(callStatus), v)
	}
	if err != nil {
		return s.unchecked(tx, a, sentence(err), hook.Wait(after(r), tx.Now()))
	}
	a.asksWell(tx.Now(), standing)
	a.wait(tx.Now(), 0)
	return s.decide(tx, a, q.in, standing)
}

// unchecked leaves an approval as it was.
func (s *Service) unchecked(tx *store.Tx, a *Approval, why string, least time.Duration) error {
	if a.State != Pending {
		return nil
	}
	a.fails(why)
	a.wait(tx.Now(), least)
	if a.Failures != alarmAfter {
		return nil
	}
	return s.warn(tx, a, "unchecked", a.Integration+" does not say how an approval stands")
}

// lose ends an approval that nobody can decide about any more.
func (s *Service) lose(tx *store.Tx, a *Approval, by access.Principal, why string) error {
	a.close(tx.Now(), Lost)
	a.fails(why)
	if err := s.say(tx, a, "lost"); err != nil {
		return err
	}
	if err := s.warn(tx, a, "lost", "An approval was lost at "+a.Integration); err != nil {
		return err
	}
	return s.record(tx, by, a, "lose")
}

// abandon ends what waits in a configuration that is going away.
func (s *Service) abandon(tx *store.Tx, by access.Principal, in capability.Instance) error {
	all, err := list(tx, 10_000, "a.configuration = ? AND a.closed = 0 AND a.state IN (?, ?, ?)", in.Configuration, Sending, NotSent, Pending)
	if err != nil {
		return err
	}
	for _, one := range all {
		a, err := s.lock(tx, one.ID)
		if err != nil {
			return err
		}
		if err := s.lose(tx, &a, by, "The configuration was deleted."); err != nil {
			return err
		}
		if err := s.save(tx, &a); err != nil {
			return err
		}
	}
	return nil
}

package approval

import (
	"context"
	"errors"
	"net/http"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// tell has the partner hear that a change was applied, or a request withdrawn.
func (s *Service) tell(tx *store.Tx, a *Approval, call string) error {
	a.Told = tellWaiting
	return tellJob.Add(tx, tellArgs{ID: a.ID, Call: call}, options(a))
}

// telling tells the partner, again and again until it hears.
func (s *Service) telling(ctx context.Context, t tellArgs) error {
	var q asking
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.find(tx, t.ID)
		if err == nil && a.Told == tellWaiting {
			q, err = s.asking(tx, a)
		}
		q.a = a
		return err
	})
	if problem.CodeOf(err) == "not_found" && !q.a.ID.IsZero() {
		return job.Stop(errors.New("the configuration was deleted"))
	}
	if problem.CodeOf(err) == "not_found" || err == nil && q.a.Told != tellWaiting {
		return nil
	}
	var m made
	there := false
	if err == nil {
		m, there, err = s.make(q, t.Call)
	}
	if err != nil {
		if why, passes := unmade(err); why != "" && !passes {
			return job.Stop(errors.New(why))
		}
		return err
	}
	if !there {
		return s.told(ctx, t.ID, func(a *Approval) { a.Told = tellNothing })
	}
	if err := s.DB.Write(ctx, func(tx *store.Tx) error { return insertCall(tx, t.ID, m.Call) }); err != nil {
		return err
	}
	r, err := s.send(ctx, m)
	if err != nil {
		return err
	}
	gone := r.Failure == "" && (r.Status == http.StatusNotFound || r.Status == http.StatusGone)
	if r.Failure == "" && r.Status/100 == 2 || gone && t.Call == callWithdrawn {
		return s.told(ctx, t.ID, func(a *Approval) {
			a.Told, a.Failures = tellDone, 0
			if a.State != Failed {
				a.Fault = ""
			}
			if v, err := answered(r); err == nil {
				if standing, err := stands(q.parser(t.Call), v); err == nil {
					a.value, a.Status = standing.Value, standing.Label // for people only: it is over
				}
			}
		})
	}
	_, bad := answered(r)
	if err := s.told(ctx, t.ID, func(a *Approval) { a.fails(sentence(bad)) }); err != nil {
		return err
	}
	if hopeless(r) {
		return job.Stop(bad)
	}
	return later(bad, hook.Wait(after(r), s.DB.Now()))
}

func (s *Service) told(ctx context.Context, id ID, f func(a *Approval)) error {
	_, err := s.change(context.WithoutCancel(ctx), id, func(_ *store.Tx, a *Approval) error {
		if a.Told == tellWaiting {
			f(a)
		}
		return nil
	})
	return err
}

// untold gives up telling.
func (s *Service) untold(tx *store.Tx, t tellArgs, cause error) error {
	a, err := s.lock(tx, t.ID)
	if problem.CodeOf(err) == "not_found" || err == nil && a.Told != tellWaiting {
		return nil
	}
	if err != nil {
		return err
	}
	a.Told = tellFailed
	if a.Fault == "" {
		if a.Fault, _ = unmade(cause); a.Fault == "" {
			a.Fault = "The partner could not be told."
		}
	}
	if err := s.warn(tx, &a, "untold", a.Integration+" has not heard how an approval ended"); err != nil {
		return err
	}
	if err := s.record(tx, access.System("partners are told"), &a, "untold"); err != nil {
		return err
	}
	return s.save(tx, &a)
}

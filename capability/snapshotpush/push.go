package snapshotpush

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/request"
)

const (
	repairEvery = time.Hour
	repairMost  = 200 // targets in one transaction
)

// Jobs registers the pushes, and the look for what was missed.
func (s *Service) Jobs(r *job.Runner) {
	job.Handle(r, pushKind, func(ctx context.Context, a pushArgs) error { return s.push(ctx, a.Target) })
	job.Every(r, "snapshotpush.repair", repairEvery, s.repair)
}

// plan is one push before it is made.
type plan struct {
	target   Target
	snapshot Snapshot
	call     request.Call
	fault    string // why there is no call; "" when there is one
}

// push brings a target up to date. An error has it made again.
func (s *Service) push(ctx context.Context, id ID) error {
	p, due, err := s.prepare(ctx, id)
	if err != nil || !due {
		return err
	}
	if wait := p.target.Next.Sub(s.DB.Now()); wait > 0 {
		return again("It is not time yet.", wait)
	}
	f := capability.Fault{Text: p.fault}
	var after time.Duration
	if p.fault == "" {
		res := s.Client.Do(ctx, capability.Request(p.call))
		if res.Failure == outbound.Canceled && ctx.Err() != nil {
			return ctx.Err() // we stop; nothing is known of the partner
		}
		f.Status, f.Text = res.Status, string(res.Failure)
		after = hook.Wait(res.Header.Get("Retry-After"), s.DB.Now())
	}
	return s.came(ctx, p, f, after)
}

// came notes how a push came out.
func (s *Service) came(ctx context.Context, p plan, f capability.Fault, after time.Duration) error {
	ok := f.Text == "" && f.Status/100 == 2
	var wait time.Duration
	err := s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		wait = 0
		if err := lock(tx, p.target.Account); err != nil {
			return err
		}
		t, err := find(tx, p.target.ID)
		if problem.CodeOf(err) == "not_found" {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		if ok {
			t.arrived(p.snapshot, p.target.wanted, tx.Now())
			if t.reached != t.wanted {
				if err := later(tx, t.ID); err != nil {
					return err
				}
			}
		} else {
			f.At = tx.Now()
			t.failed(f, after)
			wait = t.Next.Sub(tx.Now())
		}
		return save(tx, &t)
	})
	if err == nil && wait > 0 {
		err = again("The data did not get through.", wait)
	}
	return err
}

// again is an error that has a push made again after a while.
func again(why string, wait time.Duration) error {
	e := problem.Unavailable("snapshot_push", why, nil)
	e.After = wait
	return e
}

// prepare makes the call; false: there is nothing to do.
func (s *Service) prepare(ctx context.Context, id ID) (plan, bool, error) {
	var p plan
	due := false
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		p, due = plan{}, false
		p.target, err = find(tx, id)
		if problem.CodeOf(err) == "not_found" {
			return nil
		}
		if err != nil || !p.target.works() || p.target.wanted == p.target.reached {
			return err
		}
		var there bool
		if p.snapshot, there, err = kept(tx, p.target.Account, p.target.Resource); err != nil || !there {
			return err
		}
		in, err := s.Configurations.Instance(tx, p.target.Configuration, Name)
		if problem.CodeOf(err) == "capability_off" {
			return nil
		}
		if err != nil {
			return err
		}
		due = true
		p.call, p.fault, err = s.make(in, p.target, p.snapshot, in.Package.Set.Push)
		return err
	})
	return p, due, err
}

// maker makes one of the package's calls.
type maker func(request.Given, request.Snapshot) (request.Call, bool, error)

// make makes a call for a target, or says for people why there is none.
func (s *Service) make(in capability.Instance, t Target, of Snapshot, m maker) (request.Call, string, error) {
	if in.Package == nil || in.Package.Manifest.SnapshotPush == nil {
		return request.Call{}, "The package sends no data any more.", nil
	}
	g := in.Given
	var err error
	if g.Scope, err = s.Configurations.OpenSheet(t.sheet, t.bound()); err != nil {
		return request.Call{}, "", err
	}
	if len(configuration.SheetNeeds(in.Package.Manifest.SnapshotPush.Forms.Scope, g.Scope)) > 0 {
		return request.Call{}, "Something has to be filled in first.", nil
	}
	g.ID, g.Time, g.Nonce = ident.New[Target](s.DB.Now()).String(), s.DB.Now(), rand.Text()
	call, ok, err := m(g, of.request())
	if broken, is := errors.AsType[*request.Error](err); is {
		return call, "The package's template makes nothing of what was filled in (at " + broken.At + ").", nil
	}
	if err == nil && !ok {
		return call, "The package has no call for it.", nil
	}
	return call, "", err
}

// repair has everything pushed again that is old, and what was missed.
func (s *Service) repair(ctx context.Context) error {
	var last ID
	for {
		var ids []ID
		err := s.DB.Batch(ctx, func(tx *store.Tx) error {
			var err error
			if ids, err = stale(tx, last, tx.Now().Add(-refreshAfter), repairMost); err != nil {
				return err
			}
			for _, id := range ids {
				if err := refresh(tx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(ids) < repairMost {
			return err
		}
		last = ids[len(ids)-1]
	}
}

// refresh has a target pushed to, whether it has the newest or not; one that is
// behind gets one push, not two.
func refresh(tx *store.Tx, id ID) error {
	if _, err := tx.ExecContext(tx.Ctx, "UPDATE snapshotpush_target SET wanted = wanted + 1 WHERE id = ? AND wanted = reached", id); err != nil {
		return err
	}
	return later(tx, id)
}

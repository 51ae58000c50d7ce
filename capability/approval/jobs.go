package approval

import (
	"context"
	"time"

	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
)

type jobArgs struct {
	ID ID `json:"id"`
}

type tellArgs struct {
	ID   ID     `json:"id"`
	Call string `json:"call"`
}

type directoryArgs struct {
	Configuration string `json:"configuration"`
	Scope         string `json:"scope"`
}

// The jobs. A request is tried to be sent for an hour, what has been decided is told
// for half a day. Each configuration has a lane of its own: a partner that is slow
// holds up nobody else.
var (
	openJob      = job.Kind[jobArgs]{Name: "approval.open", Attempts: 12, Timeout: time.Minute}
	checkJob     = job.Kind[jobArgs]{Name: "approval.check", Attempts: 3, Timeout: time.Minute}
	tellJob      = job.Kind[tellArgs]{Name: "approval.tell", Attempts: 24, Timeout: time.Minute}
	directoryJob = job.Kind[directoryArgs]{Name: "approval.directory", Attempts: 3, Timeout: time.Minute}
)

const dueMost = 1000 // of each kind that are looked for at one time

func options(a *Approval) job.Options {
	return job.Options{Lane: a.Configuration, Unique: a.ID.String()}
}

func directoryOptions(configuration, scope string, due time.Time) job.Options {
	return job.Options{Lane: configuration, Unique: configuration + "/" + scope, Due: due}
}

// Jobs registers the background work.
func (s *Service) Jobs(r *job.Runner) {
	job.Handle(r, openJob, func(ctx context.Context, a jobArgs) error { return s.open(ctx, a.ID) })
	job.Handle(r, checkJob, func(ctx context.Context, a jobArgs) error { return s.check(ctx, a.ID, false) })
	job.Handle(r, tellJob, s.telling)
	job.Handle(r, directoryJob, s.fetch)
	job.OnExhausted(r, openJob, func(tx *store.Tx, a jobArgs, _ error) error {
		one, err := s.lock(tx, a.ID)
		if err != nil || one.State != Sending {
			return ignoreAbsent(err)
		}
		if err := s.notSent(tx, &one, "The request could not be sent."); err != nil {
			return err
		}
		return s.save(tx, &one)
	})
	job.OnExhausted(r, tellJob, s.untold)
	job.Every(r, "approval.due", time.Minute, s.look)
	job.Every(r, "approval.erase", time.Hour, func(ctx context.Context) error {
		return s.DB.Batch(ctx, func(tx *store.Tx) error { return erase(tx, tx.Now().Add(-keep), dueMost) })
	})
}

// look has those looked after that are due.
func (s *Service) look(ctx context.Context) error {
	return s.DB.Batch(ctx, func(tx *store.Tx) error {
		waiting, err := due(tx, tx.Now(), dueMost)
		if err != nil {
			return err
		}
		for i := range waiting {
			if err := checkJob.Add(tx, jobArgs{ID: waiting[i].ID}, options(&waiting[i])); err != nil {
				return err
			}
		}
		lists, err := stale(tx, tx.Now(), dueMost)
		if err != nil {
			return err
		}
		for _, d := range lists {
			if err := directoryJob.Add(tx, directoryArgs{Configuration: d.Configuration, Scope: d.Scope}, directoryOptions(d.Configuration, d.Scope, time.Time{})); err != nil {
				return err
			}
		}
		return nil
	})
}

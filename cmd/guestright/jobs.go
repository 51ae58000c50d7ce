package main

import (
	"time"

	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server"
)

type jobsCmd struct {
	List  listJobsCmd `cmd:"" help:"List jobs, the oldest first."`
	Retry retryJobCmd `cmd:"" help:"Give a job that was given up all its attempts again."`
}

type listJobsCmd struct {
	State string `default:"exhausted" enum:"waiting,exhausted" help:"waiting or exhausted."`
	Kind  string `placeholder:"NAME" help:"Only this kind."`
	Limit int64  `default:"50" help:"At most this many; 500 is the most."`
}

// Run lists jobs.
func (c listJobsCmd) Run(w *world) error {
	return w.with(func(a *server.App) error {
		var jobs []job.Job
		err := a.DB.Read(w.ctx, func(tx *store.Tx) error {
			got, err := job.List(tx, job.Filter{State: job.State(c.State), Kind: c.Kind, Limit: c.Limit})
			jobs = got
			return err
		})
		if err != nil {
			return err
		}
		for _, j := range jobs {
			w.say("%s  %-9s  %-24s  %d attempts, due %s  %s", j.ID, j.State, j.Kind, j.Attempts, j.Due.UTC().Format(time.RFC3339), j.Error)
		}
		w.say("%d jobs.", len(jobs))
		return nil
	})
}

type retryJobCmd struct {
	ID string `arg:"" help:"Id of the job."`
}

// Run makes the job due now.
func (c retryJobCmd) Run(w *world) error {
	id, err := ident.Parse[job.Job](c.ID)
	if err != nil {
		return err
	}
	return w.with(func(a *server.App) error {
		err := a.DB.Write(w.ctx, func(tx *store.Tx) error {
			if err := job.Retry(tx, id); err != nil {
				return err
			}
			return a.Audit.Record(tx, w.by(), audit.Change{Action: "job.retry", Target: "job/" + id.String()})
		})
		if err == nil {
			w.say("%s is due now.", id)
		}
		return err
	})
}

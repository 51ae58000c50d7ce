package storesync

import (
	"context"
	"crypto/rand"
	"maps"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/capability/membership"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

const (
	lookEvery = time.Minute // so that a store that has lost everything has it again, and programs see that it is up to date
	lookMost  = 200         // configurations in one transaction
	pageMost  = 1000        // members that are read and written at one time
	againMost = 5 * time.Minute
	fillTime  = 6 * time.Hour // millions of members, slowly
)

// syncKind is the job of one configuration. It has no last attempt: a store that is
// back is filled.
var syncKind = job.Kind[syncArgs]{Name: "storesync.sync", Attempts: 1 << 30, Timeout: fillTime}

type syncArgs struct {
	Configuration string `json:"configuration"`
}

// later has a store filled, after what is under way.
func later(tx *store.Tx, configuration string) error {
	return syncKind.Add(tx, syncArgs{configuration}, job.Options{Lane: configuration, Unique: configuration})
}

// Jobs registers the filling, and the look for what stores have lost.
func (s *Service) Jobs(r *job.Runner) {
	job.Handle(r, syncKind, func(ctx context.Context, a syncArgs) error { return s.sync(ctx, a.Configuration) })
	job.Every(r, "storesync.look", lookEvery, s.look)
}

func (s *Service) look(ctx context.Context) error {
	for after := ""; ; {
		var some []string
		err := s.DB.Batch(ctx, func(tx *store.Tx) error {
			var err error
			some, err = live(tx, "", after, lookMost)
			for _, id := range some {
				if err == nil {
					err = later(tx, id)
				}
			}
			return err
		})
		if err != nil || len(some) < lookMost {
			return err
		}
		after = some[len(some)-1]
	}
}

// changed hears that a cohort of an account has changed or ended.
func (s *Service) changed(tx *store.Tx, account string) error {
	for after := ""; ; {
		some, err := live(tx, account, after, lookMost)
		if err != nil {
			return err
		}
		for _, id := range some {
			if err := later(tx, id); err != nil {
				return err
			}
		}
		if len(some) < lookMost {
			return nil
		}
		after = some[len(some)-1]
	}
}

// plan is what a store is to have.
type plan struct {
	row
	in      capability.Instance
	cohorts []membership.Cohort
	has     map[string]reached
}

// sync brings a store up to date. An error has it done again.
func (s *Service) sync(ctx context.Context, id string) error {
	var p plan
	due := false
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		p, due = plan{}, false
		if p.row, err = find(tx, id); err != nil || p.Live == 0 {
			return err
		}
		p.in, err = s.Configurations.Instance(tx, id, Name)
		if problem.CodeOf(err) == "capability_off" || problem.CodeOf(err) == "not_found" {
			return nil
		}
		if _, ok := driverOf(p.in); err != nil || !ok {
			return err
		}
		if p.cohorts, err = s.Memberships.Cohorts(tx, p.Account); err != nil {
			return err
		}
		p.has, err = reachedBy(tx, id)
		due = true
		return err
	})
	if err != nil || !due {
		return err
	}
	sh, err := s.open(p.in)
	if err == nil {
		defer sh.close()
		err = sh.fault(ctx, s.fill(ctx, sh, &p))
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // we stop; nothing is known of the store
	}
	return s.came(ctx, id, err)
}

// came notes how it came out.
func (s *Service) came(ctx context.Context, id string, fault error) error {
	err := s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		r, err := find(tx, id)
		if err != nil || r.Live == 0 {
			return err
		}
		if fault == nil {
			r.Done++
			r.LastDone, r.Failing = store.At(tx.Now()), 0
		} else if err := r.failed(store.At(tx.Now()), words(fault)); err != nil {
			return err
		}
		return r.save(tx)
	})
	if err == nil && fault != nil {
		e := problem.Unavailable("store_sync", "The store was not filled.", fault)
		e.After = againMost
		return e
	}
	return err
}

// words are those of a fault for people.
func words(err error) string { return problem.Of(err).Detail }

// fill writes what the store lacks.
func (s *Service) fill(ctx context.Context, sh shelf, p *plan) error {
	if err := s.own(ctx, sh, p); err != nil {
		return err
	}
	have, err := sh.look(ctx)
	if err != nil {
		return err
	}
	wanted, gone := map[string]bool{}, maps.Clone(p.has)
	for _, c := range p.cohorts {
		wanted[c.Subject] = true
		delete(gone, c.ID.String())
		was, there := p.has[c.ID.String()]
		if there && was.Version == c.Version && was.Subject == c.Subject {
			continue
		}
		if was.Subject != c.Subject {
			was.Version = 0
		}
		if err := s.cohort(ctx, sh, p, c, was.Version); err != nil {
			return err
		}
	}
	for _, subject := range have {
		if !wanted[subject] {
			if err := sh.drop(ctx, subject); err != nil {
				return err
			}
		}
	}
	if len(gone) > 0 {
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			for id := range gone {
				if err := forget(tx, p.Configuration, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return sh.done(ctx, s.DB.Now())
}

// own sees whether the store is the one that was filled; everything is written anew
// to another, or to one that has lost it. Error: Conflict `store_taken`.
func (s *Service) own(ctx context.Context, sh shelf, p *plan) error {
	mark, err := sh.mark(ctx)
	if err != nil || mark != "" && mark == p.Mark {
		return err
	}
	next := p.Configuration + "/" + rand.Text()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if other, _, ok := strings.Cut(mark, "/"); ok && other != p.Configuration {
			r, err := find(tx, other)
			if err != nil {
				return err
			}
			if r.Live == 1 && r.Mark == mark {
				return problem.Conflict("store_taken", "Another configuration fills this store under the same prefix. Choose another prefix for one of them.")
			}
		}
		r, err := find(tx, p.Configuration)
		if err != nil {
			return err
		}
		r.Mark = next
		if err := forget(tx, p.Configuration, ""); err != nil {
			return err
		}
		return r.save(tx)
	})
	if err != nil {
		return err
	}
	p.Mark, p.has = next, nil
	return sh.begin(ctx, next)
}

// cohort writes one cohort: what is new since a version, or all of it at 0.
func (s *Service) cohort(ctx context.Context, sh shelf, p *plan, c membership.Cohort, since int64) error {
	whole, err := sh.prepare(ctx, c.Subject, since == 0)
	if err != nil {
		return err
	}
	if whole {
		since = 0
	}
	q := membership.Query{Since: since, Limit: pageMost}
	for {
		_, some, err := s.Memberships.Members(ctx, access.System("filling a store"), c.ID, q)
		if problem.CodeOf(err) == "not_found" {
			return nil // it has ended meanwhile, of which we hear
		}
		if err != nil {
			return err
		}
		w := part{subject: c.Subject, whole: whole}
		for _, m := range some {
			if m.In {
				w.joined = append(w.joined, m.ID)
			} else {
				w.left = append(w.left, m.ID)
			}
		}
		if len(some) > 0 {
			if err := sh.write(ctx, w); err != nil {
				return err
			}
			from := some[len(some)-1].Position()
			q.From = &from
		}
		if len(some) < pageMost {
			break
		}
	}
	if err := sh.finish(ctx, c.Subject, described{c.Version, c.Members, c.Name, c.SubjectKind}, whole); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return reach(tx, p.Configuration, c) })
}

// Codes are what filling a store can fail with; administrators read them in the
// report of the configuration.
func Codes() []problem.Declared {
	una := problem.KindUnavailable
	return []problem.Declared{
		{Code: "store_unreachable", Kind: una, Cause: "A customer's store could not be reached.", Remedy: "Open its port to the platform; it is tried again by itself."},
		{Code: "store_refused", Kind: una, Cause: "A customer's store refused a command.", Remedy: "Read its answer: most often the name, the password or a right is wrong."},
		{Code: "store_sync", Kind: una, Cause: "A customer's store was not brought up to date.", Remedy: "It is tried again within five minutes; the report says what was wrong."},
		{Code: "store_taken", Kind: problem.KindConflict, Cause: "Another configuration fills the same store under the same prefix.", Remedy: "Choose another prefix for one of them."},
	}
}

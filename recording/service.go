package recording

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// Service holds the operations on recordings.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Usage        *usage.Service
	Accounts     *account.Service
	Applications *application.Service
	Grants       *grant.Service
	Tokens       *token.Service
	Releases     *release.Service
	Catalog      *catalog.Current
}

// Started is a new recording with its token, which is never shown again.
type Started struct {
	Recording
	Secret secret.Text `json:"-"`
}

// Sandbox is an account in which the group's applications can be recorded.
type Sandbox struct {
	ID   string `json:"id"`
	Key  string `json:"key" doc:"The product's own key of it"`
	Name string `json:"name"`
}

// everything lets a recording do what there is to do in its account.
var everything = [][]access.Policy{{{{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}}}

func (s *Service) application(tx *store.Tx, by access.Principal, action string, id application.ID) (application.Application, error) {
	a, err := s.Applications.Load(tx, id)
	if err != nil {
		return a, err
	}
	return a, by.Reach("application", action, application.Resource(a.Group, a.ID))
}

func (s *Service) load(tx *store.Tx, by access.Principal, action string, id ID) (Recording, application.Application, error) {
	r, err := find(tx, id.String())
	if err != nil {
		return r, application.Application{}, err
	}
	app, err := ident.Parse[application.Application](r.Application)
	if err != nil {
		return r, application.Application{}, err
	}
	a, err := s.Applications.Load(tx, app)
	if err != nil {
		return r, a, problem.NotFound("recording")
	}
	return r, a, by.Reach("recording", action, application.Resource(a.Group, a.ID))
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, a application.Application, before any, r Recording) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "recording." + action, Target: r.Holder(), Name: a.Name, Group: a.Group, Application: a.ID.String(),
		Account: r.Account, Before: before, After: r})
}

// Sandboxes lists where an application can be recorded.
func (s *Service) Sandboxes(ctx context.Context, by access.Principal, app application.ID) ([]Sandbox, error) {
	out := []Sandbox{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.application(tx, by, "application:view", app)
		if err != nil {
			return err
		}
		all, err := s.Accounts.SandboxesOf(tx, a.Group)
		for _, one := range all {
			if one.State == account.Active {
				out = append(out, Sandbox{ID: one.ID.String(), Key: one.Key, Name: one.Name})
			}
		}
		return err
	})
	return out, err
}

// Start begins a recording. Errors: Invalid `recording_invalid`,
// `recording_account`; Conflict `recording_running`.
func (s *Service) Start(ctx context.Context, by access.Principal, app application.ID, o Order) (Started, error) {
	var out Started
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.application(tx, by, "recording:start", app)
		if err != nil {
			return err
		}
		if err := a.Usable(); err != nil {
			return err
		}
		if err := o.settle(); err != nil {
			return err
		}
		acc, err := s.Accounts.Load(tx, o.Account)
		if problem.CodeOf(err) == "not_found" {
			err = errNotOwn()
		}
		if err == nil {
			err = own(acc, a.Group)
		}
		if err != nil {
			return err
		}
		if err := s.alone(tx, a, acc); err != nil {
			return err
		}
		out, err = s.start(tx, by, a, acc, time.Duration(o.Hours)*time.Hour)
		return err
	})
	return out, err
}

// alone refuses a second recording of the same application in the same sandbox.
func (s *Service) alone(tx *store.Tx, a application.Application, acc account.Account) error {
	got, err := list(tx, "r.application = ? AND r.account = ? AND r.ended = 0 AND r.ends > ?", a.ID, acc.ID, store.At(tx.Now()))
	if err == nil && len(got) > 0 {
		err = problem.Conflict("recording_running", "A recording of this application runs in this sandbox already. End it first, or go on with its token.").With("recording", got[0].ID.String())
	}
	return err
}

func (s *Service) start(tx *store.Tx, by access.Principal, a application.Application, acc account.Account, life time.Duration) (Started, error) {
	r := Recording{ID: ident.New[Recording](tx.Now()), Application: a.ID.String(), Account: acc.ID.String(), AccountKey: acc.Key, AccountName: acc.Name,
		Created: tx.Now(), CreatedBy: by.User, Ends: tx.Now().Add(life)}
	g, err := s.Grants.Create(tx, grant.Grant{Kind: grant.KindRecording, Account: r.Account, Application: r.Application, Group: a.Group, Holder: r.Holder(),
		Subject: r.ID.String(), SubjectKey: r.ID.String(), Scopes: []string{grant.AllScopes}, Layers: everything})
	if err != nil {
		return Started{}, err
	}
	t, err := s.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access, Life: life})
	if err != nil {
		return Started{}, err
	}
	r.Grant, r.Hint = g.ID.String(), t.Hint
	if err := insert(tx, r); err != nil {
		return Started{}, err
	}
	r = r.at(tx.Now())
	return Started{Recording: r, Secret: t.Secret}, s.record(tx, by, "start", a, nil, r)
}

// End ends a recording at once. Error: Conflict `recording_over`.
func (s *Service) End(ctx context.Context, by access.Principal, id ID) (Recording, error) {
	var out Recording
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, a, err := s.load(tx, by, "recording:end", id)
		if err != nil {
			return err
		}
		before := r.at(tx.Now())
		if err := r.end(tx.Now()); err != nil {
			return err
		}
		if err := s.close(tx, r); err != nil {
			return err
		}
		out = r.at(tx.Now())
		return s.record(tx, by, "end", a, before, out)
	})
	return out, err
}

// close ends the grant of a recording with every token of it.
func (s *Service) close(tx *store.Tx, r Recording) error {
	if err := finish(tx, r); err != nil {
		return err
	}
	if err := s.Tokens.RevokeGrant(tx, r.Grant, "recording_over"); err != nil {
		return err
	}
	_, err := s.Grants.SetState(tx, r.Grant, grant.Ended, "recording_over")
	return err
}

// Sweep closes recordings whose time is over; their tokens have expired already.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Batch(ctx, func(tx *store.Tx) error {
		over, err := due(tx, tx.Now())
		if err != nil {
			return err
		}
		for _, r := range over {
			r.Ended = r.Ends
			if err := s.close(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

const sweepEvery = 10 * time.Minute

// Jobs registers the background work.
func (s *Service) Jobs(r *job.Runner) { job.Every(r, "recording.sweep", sweepEvery, s.Sweep) }

// Get gives one recording.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Recording, error) {
	var out Recording
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		r, _, err := s.load(tx, by, "recording:view", id)
		out = r.at(tx.Now())
		return err
	})
	return out, err
}

// List gives the recordings of an application, the newest 100 first.
func (s *Service) List(ctx context.Context, by access.Principal, app application.ID) ([]Recording, error) {
	out := []Recording{}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.application(tx, by, "recording:view", app); err != nil {
			return err
		}
		got, err := list(tx, "r.application = ?", app)
		for _, r := range got {
			out = append(out, r.at(tx.Now()))
		}
		return err
	})
	return out, err
}

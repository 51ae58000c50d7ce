package release

import (
	"context"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
)

// Service holds the operations on versions.
type Service struct {
	DB           *store.DB
	Audit        *audit.Log
	Applications *application.Service
	Groups       *group.Service
	Notices      *notice.Service
	Catalog      *catalog.Current
	// Review: customers get versions that an operator has approved.
	Review bool
	Limits Limits
	// Gate can refuse to submit and to publish; nil: it never does. Wired by the server.
	Gate Gate
	// Early says why a group may not use a preview of the catalog; nil: nobody may.
	// Wired by the server.
	Early func(ctx context.Context, group, preview string) error
	// Published hears of a version that became live or reaches further, RolledBack of
	// one that was taken back, Deprecated of one whose end has a date; in the same
	// transaction. Wired by the server.
	Published, RolledBack, Deprecated func(tx *store.Tx, a application.Application, v Version) error

	// Stepped hears of every change of a version, in the same transaction; action is
	// that of the audit log without its noun. Wired by the server.
	Stepped func(tx *store.Tx, by access.Principal, action string, a application.Application, v Version) error

	opened openPackages
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, a application.Application, before any, v Version) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "version." + action, Target: "version/" + v.ID.String(), Name: a.Name + " " + v.Number,
		Group: a.Group, Application: a.ID.String(), Before: before, After: v.Staged()})
}

func (s *Service) check(c Content) error {
	cat := s.Catalog.Get()
	f := c.Check(func(scope string) bool {
		_, ok := cat.Scope(scope)
		return ok
	})
	f = append(f, c.CheckEvents(func(kind string) bool {
		_, ok := cat.Event(kind)
		return ok || strings.HasPrefix(kind, catalog.OwnEvents)
	})...)
	if len(f) > 0 {
		return problem.Invalid("version_invalid", "Some of the fields need another look.", f...)
	}
	return nil
}

func (c Content) into(v Version, a application.Application) Version {
	v.Number, v.Required, v.Optional, v.Notes = c.Number, c.Required, c.Optional, c.Notes
	v.Listing, v.Events = c.Listing, append([]string{}, c.Events...)
	v.UserName, v.RoleName, v.Delegation = c.UserName, c.RoleName, c.Delegation
	if v.UserName == "" {
		v.UserName = a.Name + " User"
	}
	if v.RoleName == "" {
		v.RoleName = a.Name + " Role"
	}
	if v.Delegation == "" {
		v.Delegation = "off"
	}
	return v
}

// Draft begins a version. Errors: Conflict `version_exists` for a number that
// is taken; Invalid `version_invalid`.
func (s *Service) Draft(ctx context.Context, by access.Principal, app application.ID, c Content) (Version, error) {
	var out Version
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.application(tx, by, "version:create", app)
		if err != nil {
			return err
		}
		if err := a.Usable(); err != nil {
			return err
		}
		if err := s.check(c); err != nil {
			return err
		}
		if err := s.free(tx, app.String(), c.Number, ID{}); err != nil {
			return err
		}
		all, err := list(tx, app.String())
		if err != nil {
			return err
		}
		if err := s.Limits.drafts(all); err != nil {
			return err
		}
		out = c.into(Version{ID: ident.New[Version](tx.Now()), Application: app.String(), State: Draft, Stage: Everybody, Created: tx.Now()}, a)
		if err := insert(tx, out); err != nil {
			return err
		}
		return s.record(tx, by, "create", a, nil, out)
	})
	return out, err
}

// free fails when another version has the number.
func (s *Service) free(tx *store.Tx, app, number string, but ID) error {
	have, err := list(tx, app)
	if err != nil {
		return err
	}
	for _, v := range have {
		if v.Number == number && v.ID != but {
			return problem.Conflict("version_exists", "There is a version with this number already.")
		}
	}
	return nil
}

// Edit changes a draft; a live version never changes.
func (s *Service) Edit(ctx context.Context, by access.Principal, id ID, c Content) (Version, error) {
	return s.Amend(ctx, by, id, c.whole())
}

// Amend is Edit of some parts.
func (s *Service) Amend(ctx context.Context, by access.Principal, id ID, p Patch) (Version, error) {
	return s.change(ctx, by, "update", id, func(a application.Application, v *Version, tx *store.Tx) error {
		if !v.Editable() {
			return errNotDraft()
		}
		c := p.on(*v)
		if err := s.check(c); err != nil {
			return err
		}
		if err := s.free(tx, v.Application, c.Number, v.ID); err != nil {
			return err
		}
		*v = c.into(*v, a)
		return nil
	})
}

// AspectScopes is the aspect of verification that this slice owns.
const AspectScopes application.Aspect = "scopes"

func (s *Service) application(tx *store.Tx, by access.Principal, action string, id application.ID) (application.Application, error) {
	a, err := s.Applications.Load(tx, id)
	if err != nil {
		return a, err
	}
	return a, by.Reach("application", action, application.Resource(a.Group, a.ID))
}

func (s *Service) load(tx *store.Tx, by access.Principal, action string, id ID) (Version, application.Application, error) {
	v, err := find(tx, id.String())
	if err != nil {
		return v, application.Application{}, err
	}
	app, err := ident.Parse[application.Application](v.Application)
	if err != nil {
		return v, application.Application{}, err
	}
	a, err := s.Applications.Load(tx, app)
	if err != nil {
		return v, a, problem.NotFound("version")
	}
	return v, a, by.Reach("version", action, application.Resource(a.Group, a.ID))
}

// Get loads one version that by may see.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Version, error) {
	var out Version
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		v, _, err := s.load(tx, by, "version:view", id)
		out = v
		return err
	})
	return out, err
}

// List gives the versions of an application, the newest first.
func (s *Service) List(ctx context.Context, by access.Principal, app application.ID) ([]Version, error) {
	var out []Version
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.application(tx, by, "version:view", app); err != nil {
			return err
		}
		got, err := list(tx, app.String())
		out = got
		return err
	})
	return out, err
}

// Installable finds the version to install: of those that are offered to the place
// the one with the highest number, or in the group's own sandbox one that is not
// released yet, when its number is higher still. Without authorising. Errors:
// Conflict `nothing_released`.
func (s *Service) Installable(tx *store.Tx, app application.ID, p Place) (Version, error) {
	live, err := s.Live(tx, app, p)
	if err != nil {
		return Version{}, err
	}
	if !p.Own {
		return live[0], nil
	}
	all, err := list(tx, app.String())
	if err != nil {
		return Version{}, err
	}
	for _, in := range unreleased {
		if v, ok := highest(all, in); ok && below(live[0].Number, v.Number) {
			return v, nil
		}
	}
	return live[0], nil
}

// unreleased are the states of versions that can be tried in one's own sandbox.
var unreleased = []State{Draft, Disapproved, Submitted, InReview}

// Offered lists the versions that are offered to a place, the highest number first.
// Without authorising.
func (s *Service) Offered(tx *store.Tx, app application.ID, p Place) ([]Version, error) {
	all, err := list(tx, app.String())
	if err != nil {
		return nil, err
	}
	return offered(all, p), nil
}

func offered(all []Version, p Place) []Version {
	out := slices.DeleteFunc(slices.Clone(all), func(v Version) bool { return !v.Offered(p) })
	slices.SortStableFunc(out, func(a, b Version) int {
		if below(a.Number, b.Number) {
			return 1
		}
		return -1
	})
	return out
}

// Live lists the versions of an application that are offered to a place, the
// highest number first; where none is, and in the group's own sandbox, the highest
// one that is not released yet, drafts first. Without authorising. Errors: Conflict `nothing_released`.
func (s *Service) Live(tx *store.Tx, app application.ID, p Place) ([]Version, error) {
	all, err := list(tx, app.String())
	if err != nil {
		return nil, err
	}
	if out := offered(all, p); len(out) > 0 {
		return out, nil
	}
	if !p.Own {
		return nil, errNothing()
	}
	for _, in := range unreleased {
		if v, ok := highest(all, in); ok {
			return []Version{v}, nil
		}
	}
	return nil, errNothing()
}

func errNothing() error {
	return problem.Conflict("nothing_released", "The developer has not released a version of this application yet. Ask them to.")
}

// Load finds a version without authorising, for slices that join.
func (s *Service) Load(tx *store.Tx, id string) (Version, error) { return find(tx, id) }

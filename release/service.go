package release

import (
	"context"
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
	// Published hears of a version that became live, in the same transaction;
	// wired by the server.
	Published func(tx *store.Tx, a application.Application, v Version) error

	opened openPackages
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, a application.Application, before any, v Version) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "version." + action, Target: "version/" + v.ID.String(), Name: a.Name + " " + v.Number,
		Group: a.Group, Application: a.ID.String(), Before: before, After: v})
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
		out = c.into(Version{ID: ident.New[Version](tx.Now()), Application: app.String(), State: Draft, Created: tx.Now()}, a)
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
		if v.State != Draft {
			return problem.Conflict("version_not_draft", "A released version never changes. Begin a new one.")
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

// Publish makes a draft live, so that customers can install it. Errors: Conflict
// `version_not_draft`; Invalid `version_invalid`, and for every version but the first
// `version_bump`, `release_notes_required`.
func (s *Service) Publish(ctx context.Context, by access.Principal, id ID) (Version, error) {
	return s.change(ctx, by, "publish", id, func(_ application.Application, v *Version, tx *store.Tx) error {
		if v.State != Draft {
			return problem.Conflict("version_not_draft", "Only a draft can be released.")
		}
		if err := s.ready(tx, *v); err != nil {
			return err
		}
		v.State, v.Released = Live, tx.Now()
		return nil
	})
}

// Retire keeps a live version from being installed anew.
func (s *Service) Retire(ctx context.Context, by access.Principal, id ID) (Version, error) {
	return s.change(ctx, by, "retire", id, func(_ application.Application, v *Version, _ *store.Tx) error {
		if v.State != Live {
			return problem.Conflict("version_not_live", "Only a live version can be retired.")
		}
		v.State = Retired
		return nil
	})
}

func (s *Service) change(ctx context.Context, by access.Principal, action string, id ID, rule func(application.Application, *Version, *store.Tx) error) (Version, error) {
	var out Version
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		v, a, err := s.load(tx, by, "version:"+action, id)
		if err != nil {
			return err
		}
		before := v
		if err := rule(a, &v, tx); err != nil {
			return err
		}
		if err := save(tx, v, before.State); err != nil {
			return err
		}
		if before.State == Draft && v.State == Live {
			if err := s.published(tx, by, a, v); err != nil {
				return err
			}
		}
		out = v
		return s.record(tx, by, action, a, before, v)
	})
	return out, err
}

// published asks for another review where the version wants more than was
// verified, and lets later slices offer it to those who have an earlier one.
func (s *Service) published(tx *store.Tx, by access.Principal, a application.Application, v Version) error {
	if err := s.Touched(tx, by, a, AspectScopes); err != nil {
		return err
	}
	if s.Published == nil {
		return nil
	}
	return s.Published(tx, a, v)
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

// Installable finds the version to install: the live one with the highest
// number, or in the group's own sandbox the highest draft when nothing is live.
// Without authorising. Errors: Conflict `nothing_released`.
func (s *Service) Installable(tx *store.Tx, app application.ID, sandbox bool) (Version, error) {
	all, err := list(tx, app.String())
	if err != nil {
		return Version{}, err
	}
	if v, ok := highest(all, Live); ok {
		return v, nil
	}
	if v, ok := highest(all, Draft); ok && sandbox {
		return v, nil
	}
	return Version{}, problem.Conflict("nothing_released", "The developer has not released a version of this application yet. Ask them to.")
}

// Live lists the live versions of an application, the highest number first; where
// none is, and in the group's own sandbox, the draft that Installable finds.
// Without authorising. Errors: Conflict `nothing_released`.
func (s *Service) Live(tx *store.Tx, app application.ID, sandbox bool) ([]Version, error) {
	first, err := s.Installable(tx, app, sandbox)
	if err != nil {
		return nil, err
	}
	all, err := list(tx, app.String())
	if err != nil {
		return nil, err
	}
	out := []Version{first}
	for _, v := range all {
		if v.State == Live && v.ID != first.ID {
			out = append(out, v)
		}
	}
	return out, nil
}

// Load finds a version without authorising, for slices that join.
func (s *Service) Load(tx *store.Tx, id string) (Version, error) { return find(tx, id) }

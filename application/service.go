package application

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/usage"
)

// Topic of the change feed: the key is the application's id.
const Topic = "application"

// Service holds the operations on applications and keys.
type Service struct {
	DB     *store.DB
	Audit  *audit.Log
	Groups *group.Service
	Keys   *secret.Keyring
	Quota  *quota.Service // nil in tests that have no installations
	Usage  *usage.Service // tells when keys were used; nil: nobody knows
	// Catalog says which API version new applications are pinned to; nil: none.
	Catalog *catalog.Current
	// Revoked ends what a revoked key obtained, in the same transaction. The
	// owner of tokens comes later on the ladder and is wired in here.
	Revoked func(tx *store.Tx, keyID, reason string) error
	// Touched hears of a change of what verification rests on, in the same
	// transaction; wired by the server.
	Touched func(tx *store.Tx, by access.Principal, a Application, what Aspect) error
	// Fetchable judges an address that is fetched later; nil: any.
	Fetchable func(url string) error
}

// Resource is how policies name an application of a group.
func Resource(groupID string, id ID) access.Resource {
	return access.On("group", groupID, "application", id.String())
}

func (a Application) resource() access.Resource { return Resource(a.Group, a.ID) }

func (s *Service) record(tx *store.Tx, by access.Principal, action string, before, after Application) error {
	c := audit.Change{Action: "application." + action, Target: "application/" + after.ID.String(), Name: after.Name,
		Group: after.Group, Application: after.ID.String(), After: after, Reason: after.Reason}
	if !before.ID.IsZero() {
		c.Before = before
	}
	return s.Audit.Record(tx, by, c)
}

// Register adds an application to a group. Errors: Invalid `application_invalid`.
func (s *Service) Register(ctx context.Context, by access.Principal, groupID string, d Draft) (Application, error) {
	return s.RegisterAs(ctx, by, groupID, d, "")
}

// RegisterAs is Register for an application that brings its public ID along, such
// as the address of a client's metadata document; "" makes one. Errors: Conflict
// `application_exists`.
func (s *Service) RegisterAs(ctx context.Context, by access.Principal, groupID string, d Draft, publicID string) (Application, error) {
	var out Application
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.Reach("group", "application:create", access.On("group", groupID)); err != nil {
			return err
		}
		if _, err := s.Groups.Active(tx, groupID); err != nil {
			return err
		}
		if f := d.Check(); len(f) > 0 {
			return problem.Invalid("application_invalid", "Some of the fields need another look.", f...)
		}
		id := ident.New[Application](tx.Now())
		if publicID == "" {
			public, err := uuid.NewRandom()
			if err != nil {
				return problem.Internal("application.Register", err)
			}
			publicID = public.String()
		}
		out = Application{ID: id, PublicID: publicID, Group: groupID, Name: d.Name, Description: d.Description,
			Domains: d.Domains, Homepage: d.Homepage, Support: d.Support, State: Active, APIVersion: s.pin(), Created: tx.Now()}
		if err := insert(tx, out); store.IsUnique(err) {
			return problem.Conflict("application_exists", "There is an application with this ID.").Because(err)
		} else if err != nil {
			return err
		}
		if err := group.PlaceHold(tx, groupID, "application/"+id.String(), d.Name); err != nil {
			return err
		}
		return s.record(tx, by, "create", Application{}, out)
	})
	return out, err
}

// Get loads one application that by may see.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Application, error) {
	var out Application
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.load(tx, by, "application:view", id)
		out = a
		return err
	})
	return out, err
}

// load finds an application and authorises action on it; what by may not see
// does not exist.
func (s *Service) load(tx *store.Tx, by access.Principal, action string, id ID) (Application, error) {
	a, err := find(tx, "id = ?", id)
	if err != nil {
		return a, err
	}
	return a, by.Reach("application", action, a.resource())
}

// List gives the applications of a group, or all of them to an operator when
// groupID is "".
func (s *Service) List(ctx context.Context, by access.Principal, groupID string) ([]Application, error) {
	return s.Page(ctx, by, groupID, Position{})
}

// Position is a part of a list: what follows After, at most Limit (0: all).
type Position struct {
	After ID
	Limit int
}

// Page is List in parts.
func (s *Service) Page(ctx context.Context, by access.Principal, groupID string, at Position) ([]Application, error) {
	var out []Application
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		r, noun := access.On("group", groupID), "group"
		if groupID == "" {
			r, noun = access.Platform(), "platform"
		}
		if err := by.Reach(noun, "application:view", r); err != nil {
			return err
		}
		if groupID != "" {
			if _, err := s.Groups.Load(tx, groupID); err != nil {
				return err
			}
		}
		got, err := list(tx, groupID, at)
		out = got
		return err
	})
	return out, err
}

// Published finds an application by the public ID that customers enter. It does
// not authorise: the ID is public, and it shows only what customers may see.
func (s *Service) Published(tx *store.Tx, publicID string) (Application, error) {
	if _, err := uuid.Parse(publicID); err != nil && !strings.HasPrefix(publicID, "https://") { // a UUID, or where a client's document is
		return Application{}, problem.NotFound("application")
	}
	return find(tx, "public_id = ?", publicID)
}

// Load finds an application without authorising, for slices that join.
func (s *Service) Load(tx *store.Tx, id ID) (Application, error) { return find(tx, "id = ?", id) }

// Edit changes what developers entered; ID, keys and installations stay.
func (s *Service) Edit(ctx context.Context, by access.Principal, id ID, d Draft) (Application, error) {
	return s.Amend(ctx, by, id, d.whole())
}

// Amend is Edit of some parts.
func (s *Service) Amend(ctx context.Context, by access.Principal, id ID, p Patch) (Application, error) {
	return s.change(ctx, by, "update", id, func(tx *store.Tx, a *Application) error {
		d := p.on(*a)
		if f := d.Check(); len(f) > 0 {
			return problem.Invalid("application_invalid", "Some of the fields need another look.", f...)
		}
		a.Name, a.Description, a.Domains, a.Homepage, a.Support = d.Name, d.Description, d.Domains, d.Homepage, d.Support
		if p.APIVersion != nil {
			if err := s.repin(a, *p.APIVersion, tx.Now()); err != nil {
				return err
			}
		}
		return group.PlaceHold(tx, a.Group, "application/"+id.String(), a.Name)
	})
}

// Delete begins a deletion that Undelete can take back for seven days. It
// refuses while installations are active and names them; confirm must repeat
// the application's name.
func (s *Service) Delete(ctx context.Context, by access.Principal, id ID, confirm string) (Application, error) {
	return s.change(ctx, by, "delete", id, func(tx *store.Tx, a *Application) error {
		standing, err := holds(tx, id)
		if err != nil {
			return err
		}
		if len(standing) > 0 {
			names := make([]string, len(standing))
			for i, h := range standing {
				names[i] = h.Name
			}
			return problem.Conflict("application_installed", "The application is still installed. Ask these customers to remove it, or remove it there yourself.").
				With("installations", names)
		}
		if confirm != a.Name {
			return problem.Invalid("confirmation_mismatch", "Type the application's name to confirm.",
				problem.Field{Pointer: "/confirm", Code: "mismatch", Detail: "It must equal the application's name."})
		}
		return a.Delete(tx.Now())
	})
}

// Undelete takes a pending deletion back.
func (s *Service) Undelete(ctx context.Context, by access.Principal, id ID) (Application, error) {
	return s.change(ctx, by, "undelete", id, func(tx *store.Tx, a *Application) error { return a.Undelete(tx.Now()) })
}

// Restrict lets an application work in the sandboxes of its own group only, or
// everywhere again. It joins, does not authorise and leaves the audit entry to
// whoever decides.
func (s *Service) Restrict(tx *store.Tx, id ID, on bool) error {
	a, err := find(tx, "id = ?", id)
	if err != nil || a.Restricted == on {
		return err
	}
	a.Restricted = on
	if err := save(tx, a, a.State); err != nil {
		return err
	}
	tx.Changed(Topic, id.String())
	return nil
}

// change is the one shape of every change of an application.
func (s *Service) change(ctx context.Context, by access.Principal, action string, id ID, rule func(*store.Tx, *Application) error) (Application, error) {
	var out Application
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		before, after, err := s.changeIn(tx, by, action, id, rule)
		if err != nil {
			return err
		}
		out = after
		return s.record(tx, by, action, before, after)
	})
	return out, err
}

// changeIn is change for whoever has a transaction already, and leaves the audit
// entry to them.
func (s *Service) changeIn(tx *store.Tx, by access.Principal, action string, id ID, rule func(*store.Tx, *Application) error) (before, after Application, err error) {
	a, err := s.load(tx, by, "application:"+action, id)
	if err != nil {
		return a, a, err
	}
	before = a
	if err := rule(tx, &a); err != nil {
		return before, before, err
	}
	if err := save(tx, a, before.State); err != nil {
		return before, before, err
	}
	tx.Changed(Topic, id.String())
	return before, a, nil
}

// Finish carries out deletions whose grace time is over.
func (s *Service) Finish(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		due, err := overdue(tx, tx.Now())
		if err != nil {
			return err
		}
		for _, a := range due {
			before := a
			a.State, a.Due = Deleted, time.Time{}
			if err := save(tx, a, before.State); err != nil {
				return err
			}
			if err := group.ReleaseHold(tx, a.Group, "application/"+a.ID.String()); err != nil {
				return err
			}
			if err := s.record(tx, access.System("deletion due"), "deleted", before, a); err != nil {
				return err
			}
		}
		return nil
	})
}

package integration

import (
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
)

// Update is a newer version than the one that an account has installed. Until
// its administrator takes it, what was approved before goes on working.
type Update struct {
	Installation string          `json:"installation"`
	From         release.Version `json:"from"`
	To           release.Version `json:"to"`
	Asked        []Asked         `json:"asked" nullable:"false" doc:"Everything that the newer version asks for"`
	New          []string        `json:"new" nullable:"false" doc:"Those of its scopes that are not approved yet"`
	Dropped      []string        `json:"dropped" nullable:"false" doc:"Approved scopes for which it does not ask any more"`
	Differences  release.Diff    `json:"differences" doc:"What changes, in words"`
	Verified     bool            `json:"verified" doc:"The operator has reviewed the application with all that the version asks for"`

	own  bool // the account is a sandbox of the developer's own
	role account.Role
}

// Taking is an administrator's answer to an update.
type Taking struct {
	Version string   `json:"version" doc:"The version that was looked at"`
	Scopes  []string `json:"scopes" doc:"What to grant from now on: all that it requires, and what you like of the rest" maxItems:"200"`
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// Update shows the newer version of an installed application to the people of
// the account. Errors: Conflict `nothing_newer`.
func (s *Service) Update(ctx context.Context, by access.Principal, id ID) (Update, error) {
	var out Update
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		i, a, err := s.load(tx, by, customer, "installation:view", id)
		if err != nil {
			return err
		}
		out, err = s.update(tx, i, a)
		return err
	})
	return out, err
}

func (s *Service) update(tx *store.Tx, i Installation, a application.Application) (Update, error) {
	return s.updateTo(tx, i, a, release.Version{})
}

// updateTo is update to a certain version; the zero one means the newest.
func (s *Service) updateTo(tx *store.Tx, i Installation, a application.Application, to release.Version) (Update, error) {
	u := Update{Installation: i.ID.String(), To: to}
	if err := i.here(); err != nil {
		return u, err
	}
	acc, err := s.Accounts.Load(tx, i.Account)
	if err != nil {
		return u, err
	}
	if u.From, err = s.Releases.Load(tx, i.Version); err != nil {
		return u, err
	}
	u.own = acc.Kind == account.Sandbox && acc.Group == a.Group
	if to.ID.IsZero() {
		u.To, err = s.Releases.Installable(tx, a.ID, u.place(i))
		if problem.CodeOf(err) == "nothing_released" || err == nil && !u.From.Below(u.To) {
			return u, problem.Conflict("nothing_newer", "The newest version is installed.")
		}
		if err != nil {
			return u, err
		}
	}
	if u.Differences, err = s.Releases.Between(tx, u.From, u.To); err != nil {
		return u, err
	}
	v, err := s.Releases.Verification(tx, a.ID)
	if err != nil {
		return u, err
	}
	_, u.Verified = v.Vouches(a.Group, u.To)
	u.Asked = s.asked(u.To)
	u.New, u.Dropped = without(u.To.Scopes(), i.Scopes), without(i.Scopes, u.To.Scopes())
	u.role, err = s.Accounts.RoleIn(tx, i.Account, i.Role)
	return u, err
}

// Take installs the newer version with what the administrator approves of it.
// Errors: those of Update; Conflict `installation_changed` when it is not the
// newest any more; Invalid `scope_required`, `scope_not_requested`,
// `role_too_broad`; Forbidden `application_unverified`, `verification_suspended`.
func (s *Service) Take(ctx context.Context, by access.Principal, id ID, t Taking) (Installation, error) {
	var out Installation
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		i, a, err := s.load(tx, by, customer, "installation:update", id)
		if err != nil {
			return err
		}
		u, err := s.update(tx, i, a)
		if err != nil {
			return err
		}
		if u.To.ID.String() != t.Version {
			return problem.Conflict("installation_changed", "Another version was published meanwhile. Look at it first.")
		}
		if err := a.Usable(); err != nil {
			return err
		}
		if err := s.reviewed(a, u.own, u.Verified); err != nil {
			return err
		}
		if err := u.To.Approve(t.Scopes); err != nil {
			return err
		}
		if len(without(t.Scopes, i.Scopes)) > 0 {
			if err := s.widened(tx, by, i); err != nil {
				return err
			}
		}
		out, err = s.take(tx, by, i, u, sorted(t.Scopes))
		if err != nil {
			return err
		}
		if err := s.tell(tx, move{action: "take_version", told: "developer"}, a, out); err != nil {
			return err
		}
		return s.record(tx, by, "take_version", a, i, out)
	})
	return out, err
}

// take lets the installation and its grant say what was approved. A role that was
// made for the integration gets the privileges that go with it; one of the
// account's own stays as it is, and bounds what passes. A refusal has written
// nothing.
func (s *Service) take(tx *store.Tx, by access.Principal, i Installation, u Update, scopes []string) (Installation, error) {
	before, role := i, u.role
	i.Previous = &Prior{Version: i.Version, Scopes: i.Scopes}
	i.Version, i.Scopes = u.To.ID.String(), scopes
	more := without(s.entitlements(i.Scopes), s.entitlements(before.Scopes))
	grows := role.Integration && len(more) > 0
	if grows {
		role.Policy = append(slices.Clone(role.Policy), allowing(more)...)
		if broad, why := s.tooBroad(role); broad {
			return before, problem.Invalid("role_too_broad", "With these scopes its role would be an administrator's. "+why, problem.Field{Pointer: "/scopes", Code: "too_broad", Detail: why})
		}
	}
	if err := s.save(tx, before, i); err != nil {
		return i, err
	}
	if grows {
		var err error
		if role, err = s.Accounts.PutRole(tx, by, role); err != nil {
			return i, err
		}
	}
	_, err := s.Grants.Change(tx, i.Grant, func(g *grant.Grant) error {
		g.Scopes, g.Layers = i.Scopes, [][]access.Policy{{allowing(s.entitlements(i.Scopes))}, {role.Policy}}
		return nil
	})
	return i, err
}

// reviewed fails where only reviewed applications may be installed and this one
// is not, and where the operator has taken the review back. The developers' own
// sandboxes are always free.
func (s *Service) reviewed(a application.Application, own, verified bool) error {
	switch {
	case own:
		return nil
	case a.Restricted:
		return problem.Forbidden("verification_suspended", "The operator of this platform has suspended the verification of this application. Only its developers can use it, in their sandbox accounts.")
	case s.VerifiedOnly && !verified:
		return problem.Forbidden("application_unverified", "This application, or something that it asks for, has not been verified by the operator of this platform. Until then only its developers can install it, in their sandbox accounts.")
	}
	return nil
}

package role

import (
	"context"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Topic of the change feed: the key is the account's id. It is announced
// whenever the rights of a member of the account may have changed.
const Topic = "role"

// Service holds the operations on roles and who has them.
type Service struct {
	DB       *store.DB
	Audit    *audit.Log
	Accounts *account.Service
	Catalog  *catalog.Current
	Facts    *account.Facts // what the product has said about resources; nil: nothing
	// Behind finds what stands behind a grant; grants come later on the ladder.
	// Wired by the server; nil: inquiries about grants find nothing.
	Behind func(tx *store.Tx, grant string) (Authority, error)
	// Changed lets later slices follow a role in the same transaction: what holds
	// it, such as a token, has to be given its new policy. Wired by the server.
	Changed func(tx *store.Tx, account, role string) error
}

func (s *Service) record(tx *store.Tx, by access.Principal, action string, r Role, before, after any) error {
	return s.Audit.Record(tx, by, audit.Change{Action: "role." + action, Target: "role/" + r.ID.String(), Name: r.Name, Account: r.Account, Before: before, After: after})
}

// open checks that by may do the action to roles of the account at large.
func (s *Service) open(tx *store.Tx, by access.Principal, action, acc string) (account.Account, error) {
	if err := by.Reach("account", action, account.Resource(acc)); err != nil {
		return account.Account{}, err
	}
	return s.Accounts.Load(tx, acc)
}

// load finds a role that by may do the action to.
func (s *Service) load(tx *store.Tx, by access.Principal, action string, at Path) (Role, error) {
	r, err := find(tx, at)
	if err != nil {
		return r, err
	}
	return r, by.Reach("role", action, r.Resource())
}

// Path names a role of an account.
type Path struct {
	Account account.ID
	Role    ID
}

// Create makes a role. Errors: Invalid `role_definition_invalid`, Conflict
// `role_exists`, Forbidden `role_exceeds_giver`.
func (s *Service) Create(ctx context.Context, by access.Principal, acc account.ID, d Draft) (Role, error) {
	var out Role
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := s.open(tx, by, "role:create", acc.String()); err != nil {
			return err
		}
		if f := d.Check(); len(f) > 0 {
			return errInvalid(f)
		}
		r := d.into(Role{ID: ident.New[Role](tx.Now()), Account: acc.String(), Created: tx.Now(), Updated: tx.Now()})
		if err := s.mayDefine(tx, by, r, Role{}); err != nil {
			return err
		}
		if err := insert(tx, r); err != nil {
			return err
		}
		out = r
		return s.record(tx, by, "create", r, nil, r)
	})
	return out, err
}

// Update changes a role for everybody who has it, at their next call. Errors:
// those of Create, Forbidden `own_rights`, Conflict `role_changed`.
func (s *Service) Update(ctx context.Context, by access.Principal, at Path, p Patch) (Role, error) {
	var out Role
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		was, err := s.load(tx, by, "role:update", at)
		if err != nil {
			return err
		}
		if p.Revision != 0 && p.Revision != was.Revision {
			return errChanged()
		}
		d := p.on(was)
		if f := d.Check(); len(f) > 0 {
			return errInvalid(f)
		}
		r := d.into(was)
		if same(r, was) {
			out = was
			return nil
		}
		if err := s.notOwn(tx, by, was.Account, was.ID.String()); err != nil {
			return err
		}
		if err := s.mayDefine(tx, by, r, was); err != nil {
			return err
		}
		r.Updated = tx.Now()
		if err := save(tx, r); err != nil {
			return err
		}
		r.Revision++
		if err := s.announce(tx, r.Account, r.ID.String()); err != nil {
			return err
		}
		out = r
		return s.record(tx, by, "update", r, was, r)
	})
	return out, err
}

// Delete ends a role. While members have it, or something else such as a token
// uses it, Delete refuses and names them (Conflict `role_in_use`); with instead, a
// role's id or the key of a built-in one, the members get that one.
func (s *Service) Delete(ctx context.Context, by access.Principal, at Path, instead string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := s.load(tx, by, "role:delete", at)
		if err != nil {
			return err
		}
		if err := s.notOwn(tx, by, r.Account, r.ID.String()); err != nil {
			return err
		}
		have, err := assignments(tx, r.Account, "role = ?", r.ID)
		if err != nil {
			return err
		}
		holds, err := holds(tx, r.Account, r.ID.String())
		if err != nil {
			return err
		}
		if len(holds) > 0 || len(have) > 0 && instead == "" {
			return s.errInUse(tx, r, have, holds)
		}
		if err := s.replace(tx, by, have, instead); err != nil {
			return err
		}
		if err := remove(tx, r.ID); err != nil {
			return err
		}
		if err := s.announce(tx, r.Account, r.ID.String()); err != nil {
			return err
		}
		return s.record(tx, by, "delete", r, map[string]any{"role": r, "members": len(have), "instead": instead}, nil)
	})
}

// replace moves assignments to another role, with their attributes.
func (s *Service) replace(tx *store.Tx, by access.Principal, have []Assignment, instead string) error {
	for _, a := range have {
		if err := dropAssignment(tx, a); err != nil {
			return err
		}
		tx.Changed(account.MemberTopic, a.User)
		if instead == a.Role {
			return problem.Invalid("role_unknown", "Choose another role than the one that ends.")
		}
		there, err := assignments(tx, a.Account, "user_id = ? AND role = ?", a.User, instead)
		if err != nil {
			return err
		}
		if len(there) > 0 {
			continue // they have it already, with values of their own
		}
		g := Given{Role: instead, Attributes: a.Attributes}
		if err := s.mayGive(tx, by, a.Account, g); err != nil {
			return err
		}
		a.Role, a.Given, a.By = instead, tx.Now(), by.Subject()
		if err := putAssignment(tx, a); err != nil {
			return err
		}
	}
	return nil
}

// announce tells every node and whatever follows the role.
func (s *Service) announce(tx *store.Tx, acc, role string) error {
	tx.Changed(Topic, acc)
	have, err := assignments(tx, acc, "role = ?", role)
	if err != nil {
		return err
	}
	for _, a := range have {
		tx.Changed(account.MemberTopic, a.User)
	}
	if s.Changed == nil {
		return nil
	}
	return s.Changed(tx, acc, role)
}

// Get loads a role.
func (s *Service) Get(ctx context.Context, by access.Principal, at Path) (Role, error) {
	var out Role
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := s.load(tx, by, "role:view", at)
		out = got
		return err
	})
	return out, err
}

// List gives the custom roles of an account, by name.
func (s *Service) List(ctx context.Context, by access.Principal, acc account.ID) ([]Role, error) {
	var out []Role
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.open(tx, by, "role:view", acc.String()); err != nil {
			return err
		}
		got, err := list(tx, acc.String())
		out = got
		return err
	})
	return out, err
}

// BuiltIns gives the built-in roles as they are under the catalog in force.
func (s *Service) BuiltIns(ctx context.Context, by access.Principal, acc account.ID) ([]BuiltIn, error) {
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		_, err := s.open(tx, by, "role:view", acc.String())
		return err
	})
	return BuiltIns(s.Catalog.Get()), err
}

func same(a, b Role) bool {
	return a.Name == b.Name && a.Description == b.Description && a.Base == b.Base && slices.Equal(a.Manage, b.Manage) && samePolicy(a.Policy, b.Policy)
}

func samePolicy(a, b access.Policy) bool {
	return slices.EqualFunc(a, b, func(x, y access.Statement) bool {
		return x.Effect == y.Effect && slices.Equal(x.Actions, y.Actions) && slices.Equal(x.NotActions, y.NotActions) &&
			slices.Equal(x.Resources, y.Resources) && slices.Equal(x.NotResources, y.NotResources)
	})
}

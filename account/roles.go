package account

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// PutRole creates or replaces the role with the same key in the account. It
// joins and does not authorise.
func (s *Service) PutRole(tx *store.Tx, by access.Principal, r Role) (Role, error) {
	if r.Key == "" || r.Name == "" {
		return r, problem.Invalid("role_invalid", "A role has a key and a name.",
			problem.Field{Pointer: "/key", Code: "required", Detail: "Give the product's key of the role."})
	}
	if f := r.Policy.Check("/policy"); len(f) > 0 {
		return r, problem.Invalid("policy_invalid", "The policy needs another look.", f...)
	}
	before := any(nil)
	was, err := findRole(tx, "account = ? AND key = ?", r.Account, r.Key)
	switch {
	case err == nil:
		r.ID, r.Created, before = was.ID, was.Created, was
		r.Integration = r.Integration || was.Integration
		if sameRole(r, was) {
			return was, nil
		}
	case problem.CodeOf(err) == "not_found":
		r.ID, r.Created = ident.New[Role](tx.Now()), tx.Now()
	default:
		return r, err
	}
	if err := putRole(tx, r); err != nil {
		return r, err
	}
	tx.Changed(RoleTopic, r.Account)
	if s.RoleChanged != nil {
		if err := s.RoleChanged(tx, r); err != nil {
			return r, err
		}
	}
	return r, s.record(tx, by, "account.role_set", r.Account, r.Name, before, r)
}

func sameRole(a, b Role) bool {
	policy := func(p access.Policy) string {
		text, err := json.Marshal(p)
		if err != nil {
			return err.Error()
		}
		return string(text)
	}
	return a.Name == b.Name && a.Administrator == b.Administrator && a.Integration == b.Integration && policy(a.Policy) == policy(b.Policy)
}

// ListRoles gives the product's roles of an account.
func (s *Service) ListRoles(ctx context.Context, by access.Principal, id ID) ([]Role, error) {
	var out []Role
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "account:view", Resource(id.String())); err != nil {
			return err
		}
		if _, err := find(tx, "id = ?", id); err != nil {
			return err
		}
		got, err := roles(tx, id.String())
		out = got
		return err
	})
	return out, err
}

// RoleIn finds a role of one account without authorising; a role of another
// account is absent.
func (s *Service) RoleIn(tx *store.Tx, account, id string) (Role, error) {
	return findRole(tx, "account = ? AND id = ?", account, id)
}

// ListIntegrationUsers gives the integration users of an account.
func (s *Service) ListIntegrationUsers(ctx context.Context, by access.Principal, id ID) ([]IntegrationUser, error) {
	var out []IntegrationUser
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := by.Reach("account", "account:view", Resource(id.String())); err != nil {
			return err
		}
		if _, err := find(tx, "id = ?", id); err != nil {
			return err
		}
		got, err := integrationUsers(tx, id.String())
		out = got
		return err
	})
	return out, err
}

// IntegrationUserIn finds an integration user of one account without
// authorising; one of another account is absent.
func (s *Service) IntegrationUserIn(tx *store.Tx, account, id string) (IntegrationUser, error) {
	return findIntegrationUser(tx, "account = ? AND id = ?", account, id)
}

// MakeIntegrationUser creates an integration user with a name that is free in
// the account, adding a number where it is not. It joins and does not authorise.
func (s *Service) MakeIntegrationUser(tx *store.Tx, by access.Principal, account, name string) (IntegrationUser, error) {
	free := name
	for n := 2; ; n++ {
		_, err := findIntegrationUser(tx, "account = ? AND name = ?", account, free)
		if problem.CodeOf(err) == "not_found" {
			break
		}
		if err != nil {
			return IntegrationUser{}, err
		}
		free = name + " " + strconv.Itoa(n)
	}
	u := IntegrationUser{ID: ident.New[IntegrationUser](tx.Now()), Account: account, Name: free, Created: tx.Now()}
	u.Key = u.ID.String() // until the product names its own
	if err := putIntegrationUser(tx, u); err != nil {
		return u, err
	}
	return u, s.record(tx, by, "account.integration_user_create", account, free, nil, u)
}

// NameIntegrationUser stores the product's own key of an integration user.
func (s *Service) NameIntegrationUser(tx *store.Tx, by access.Principal, u IntegrationUser, key string) (IntegrationUser, error) {
	before := u
	u.Key = key
	if err := putIntegrationUser(tx, u); err != nil {
		return u, err
	}
	return u, s.record(tx, by, "account.integration_user_update", u.Account, u.Name, before, u)
}

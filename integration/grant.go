package integration

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// GrantOf finds the grant with which an authenticated application acts in an
// account, named by our id or by the product's key; "" means the only one it is
// installed in. Errors: Forbidden `app_not_installed`, Invalid
// `account_required`, and those of Grant.Live.
func (s *Service) GrantOf(tx *store.Tx, app application.Application, accountName string) (grant.Grant, error) {
	i, err := s.installationOf(tx, app, accountName)
	if err != nil {
		return grant.Grant{}, err
	}
	g, err := s.Grants.Load(tx, i.Grant)
	if err != nil {
		return g, err
	}
	return g, g.Live()
}

func (s *Service) installationOf(tx *store.Tx, app application.Application, accountName string) (Installation, error) {
	if accountName == "" {
		all, err := list(tx, "application = ? AND state <> ?", app.ID, Removed)
		switch {
		case err != nil:
			return Installation{}, err
		case len(all) == 0:
			return Installation{}, errNotInstalled()
		case len(all) > 1:
			return Installation{}, problem.Invalid("account_required", "The application is installed in several accounts. Say which one with account_id.",
				problem.Field{Pointer: "account_id", Code: "required", Detail: "Give the account's id or the product's key of it."})
		}
		return all[0], nil
	}
	a, err := s.Accounts.Load(tx, accountName)
	if absent(err) {
		a, err = s.Accounts.ByKey(tx, accountName)
	}
	if absent(err) {
		return Installation{}, errNotInstalled()
	}
	if err != nil {
		return Installation{}, err
	}
	i, err := find(tx, "application = ? AND account = ? AND state <> ?", app.ID, a.ID, Removed)
	if absent(err) {
		return i, errNotInstalled()
	}
	return i, err
}

// errNotInstalled is the one answer for an account without the application and
// for one that does not exist. It is told to authenticated clients only.
func errNotInstalled() error {
	return problem.Forbidden("app_not_installed", "The application is not installed in this account. Its administrator installs it with the application ID.")
}

// RoleChanged lets the grants of integrations that use a role follow its
// policy. It joins the transaction in which the product told us.
func (s *Service) RoleChanged(tx *store.Tx, r account.Role) error {
	users, err := list(tx, "role = ? AND state <> ?", r.ID, Removed)
	if err != nil {
		return err
	}
	for _, i := range users {
		_, err := s.Grants.Change(tx, i.Grant, func(g *grant.Grant) error {
			g.Layers = [][]access.Policy{{allowing(s.entitlements(i.Scopes))}, {r.Policy}}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Approved gives the layers of a grant that may do what scopes give, and no more.
func (s *Service) Approved(scopes []string) [][]access.Policy {
	return [][]access.Policy{{allowing(s.entitlements(scopes))}}
}

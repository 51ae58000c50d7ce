package server_test

import (
	"net/http"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/token"
)

// A token that acts for a person is bounded by what the person may do now: one
// privilege less of the person is one less of the token at the next call,
// whichever way it is taken.
func TestOnePrivilegeLessIsOneLessOnTheToken(t *testing.T) {
	t.Parallel()
	for _, kind := range []grant.Kind{grant.KindConsent, grant.KindMember} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := servertest.Start(t, servertest.Options{})
			boss, acc := h.Customer("harbour", account.Production)
			write := func(f func(tx *store.Tx) error) {
				t.Helper()
				if err := h.DB.Write(t.Context(), f); err != nil {
					t.Fatal(err)
				}
			}
			user := h.Person("ada@example.com")
			member := func(roles ...string) {
				write(func(tx *store.Tx) error {
					return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: acc.ID.String(), User: user, Role: access.AccountMember, Roles: roles})
				})
			}
			member()
			everything := access.Policy{{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}
			var raw string
			write(func(tx *store.Tx) error {
				g, err := h.Grants.Create(tx, grant.Grant{Kind: kind, Account: acc.ID.String(), Holder: string(kind) + "/1", Subject: user, SubjectKey: "ada",
					Scopes: []string{"flags.read", "projects.read"}, Layers: [][]access.Policy{{everything}}})
				if err != nil {
					return err
				}
				issued, err := h.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Static})
				raw = issued.Secret.Reveal()
				return err
			})
			const projects, flags = "/api/v1/accounts/harbour/projects", "/api/v1/accounts/harbour/projects/web"
			expect := func(step, path string, status int, code string) {
				t.Helper()
				a := h.Call(raw, http.MethodGet, path, nil)
				refused := a.Status == http.StatusForbidden
				if refused != (status == http.StatusForbidden) || refused && a.Code() != code {
					t.Errorf("%s: %s: %d %s", step, path, a.Status, a.Body)
				}
			}
			give := func(roles ...role.Given) {
				t.Helper()
				if _, err := h.Roles.Assign(t.Context(), boss, role.Place{Account: acc.ID, User: user}, roles); err != nil {
					t.Fatal(err)
				}
			}
			expect("no role", projects, 403, "permission_denied")
			give(role.Given{Role: role.Reader})
			expect("a reader", projects, 200, "")
			give()
			expect("taken away", projects, 403, "permission_denied")

			custom, err := h.Roles.Create(t.Context(), boss, acc.ID, role.Draft{Key: "ops", Name: "Ops", Base: role.BaseReader})
			if err != nil {
				t.Fatal(err)
			}
			give(role.Given{Role: custom.ID.String()})
			expect("a custom role", projects, 200, "")
			less := access.Policy{{Effect: access.Deny, Actions: []string{"project:view"}, Resources: []string{"proj/web"}}}
			if _, err := h.Roles.Update(t.Context(), boss, role.Path{Account: acc.ID, Role: custom.ID}, role.Patch{Policy: &less}); err != nil {
				t.Fatal(err)
			}
			expect("one privilege less", flags, 403, "permission_denied")
			expect("the others stay", projects, 200, "")

			give()
			var told account.Role
			tell := func(p access.Policy) {
				write(func(tx *store.Tx) error {
					r, err := h.Accounts.PutRole(tx, access.System("test"), account.Role{Account: acc.ID.String(), Key: "viewer", Name: "Viewer", Policy: p})
					told = r
					return err
				})
			}
			tell(everything)
			member(told.ID.String())
			expect("a role of the product", projects, 200, "")
			tell(access.Policy{{Effect: access.Allow, Actions: []string{"flag:view"}, Resources: []string{"*"}}})
			expect("the product took a privilege", projects, 403, "permission_denied")
			tell(everything)
			expect("and gave it back", projects, 200, "")
			write(func(tx *store.Tx) error {
				return h.Accounts.RemoveMember(tx, access.System("test"), acc.ID.String(), user)
			})
			expect("no member any more", projects, 403, "permission_denied")
		})
	}
}

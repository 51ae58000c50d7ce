package token_test

import (
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/token"
)

// Who acts for a person can do what the person may do at that moment, never more:
// a privilege that the person loses is lost at the next call, although the token
// is remembered; what the grant itself lacks, the person's roles do not add.
func TestTokensOfAPersonFollowTheirRoles(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		for _, kind := range []grant.Kind{grant.KindConsent, grant.KindMember} {
			h := newHouse(t, open)
			user, system := h.developer.User, access.System("test")
			may := func(actions ...string) access.Policy {
				return access.Policy{{Effect: access.Allow, Actions: actions, Resources: []string{"*"}}}
			}
			writer := func(p access.Policy) account.Role {
				var out account.Role
				h.write(func(tx *store.Tx) error {
					r, err := h.accounts.PutRole(tx, system, account.Role{Account: h.account.ID.String(), Key: "writer", Name: "Writer", Policy: p})
					out = r
					return err
				})
				return out
			}
			member := func(roles ...string) {
				h.write(func(tx *store.Tx) error {
					return h.accounts.SetMember(tx, system, account.Member{Account: h.account.ID.String(), User: user, Role: access.AccountMember, Roles: roles})
				})
			}
			g := grant.Grant{Kind: kind, Account: h.account.ID.String(), Holder: string(kind) + "/x_1", Subject: user, Scopes: []string{"flags.read"},
				Layers: [][]access.Policy{{may("flag:view", "flag:update")}}}
			if kind == grant.KindConsent {
				g.Application, g.Group = h.app.ID.String(), h.app.Group
			}
			h.grant = h.newGrant(g)
			raw := h.issue(token.Order{Life: hour}).Secret.Reveal()
			expect := func(when string, want ...string) {
				t.Helper()
				for range 2 { // the second time from memory
					b, err := h.bearers.Authenticate(ctx, raw)
					h.ok(err)
					on, n := access.Resource{}, 0
					for _, action := range []string{"flag:view", "flag:update", "flag:delete"} {
						on = access.On("flag", "f")
						if !access.Permits(b.Holding.Layers, action, &on) {
							continue
						}
						if n >= len(want) || want[n] != action {
							t.Errorf("%s, %s: %s is allowed", kind, when, action)
						}
						n++
					}
					if n != len(want) {
						t.Errorf("%s, %s: %d actions are allowed, want %v", kind, when, n, want)
					}
				}
			}
			expect("before they belong to the account")
			r := writer(may("flag:view", "flag:update", "flag:delete"))
			member(r.ID.String())
			expect("with the role", "flag:view", "flag:update")
			writer(may("flag:view", "flag:delete"))
			expect("when the role lost one action", "flag:view")
			member()
			expect("without the role")
			member(r.ID.String())
			expect("with it again", "flag:view")
			h.write(func(tx *store.Tx) error {
				tx.Changed(identity.Topic, user)
				_, err := tx.ExecContext(tx.Ctx, "UPDATE identity_user SET state = 'deletion_requested' WHERE id = ?", user)
				return err
			})
			expect("when they leave")

			// A node that knows no roles lets nothing through.
			blind := token.NewAuthenticator(h.db, h.keys)
			b, err := blind.Authenticate(ctx, raw)
			h.ok(err)
			if on := access.On("flag", "f"); access.Permits(b.Holding.Layers, "flag:view", &on) {
				t.Error("without roles something is allowed")
			}
		}
	})
}

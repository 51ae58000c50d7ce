package server_test

import (
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/role"
)

// A custom role that changes on one node is in force on the other within a second,
// whether a person has it or a service token: an action taken away, a denial added
// to its policy, and the role taken from the person.
func TestTrialCustomRolesOnEveryNode(t *testing.T) {
	storetest.NeedPostgres(t)
	w := newTwins(t, wide)
	ctx, l := t.Context(), &losses{w: w}
	user := w.a.Person("ada@acc-0.example")
	w.must(w.a.DB.Write(ctx, func(tx *store.Tx) error {
		return w.a.Accounts.SetMember(tx, access.System("trial"), account.Member{Account: w.acc.ID.String(), User: user, Role: access.AccountMember})
	}))
	all := access.Statement{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}}
	whole := access.Policy{all}
	narrow := access.Policy{{Effect: access.Allow, Actions: []string{"project:view"}, Resources: []string{"*"}}}
	denied := access.Policy{all, {Effect: access.Deny, Actions: []string{"flag:view"}, Resources: []string{"*"}}}
	custom, err := w.a.Roles.Create(ctx, w.admin, w.acc.ID, role.Draft{Key: "flag-reader", Name: "Flag reader", Policy: whole})
	w.must(err)
	give := func(roles ...role.Given) error {
		_, err := w.a.Roles.Assign(ctx, w.admin, role.Place{Account: w.acc.ID, User: user}, roles)
		return err
	}
	put := func(p access.Policy) func() error {
		return func() error {
			_, err := w.a.Roles.Update(ctx, w.admin, role.Path{Account: w.acc.ID, Role: custom.ID}, role.Patch{Policy: &p})
			return err
		}
	}
	w.must(give(role.Given{Role: custom.ID.String()}))
	own, err := w.a.APITokens.Create(ctx, access.UserPrincipal(user, nil, map[string]string{w.acc.ID.String(): access.AccountMember}), w.acc.ID, apitoken.Personal,
		apitoken.Draft{Name: "mine", Policy: whole, Scopes: []string{"flags.read"}})
	w.must(err)
	service, err := w.a.APITokens.Create(ctx, w.admin, w.acc.ID, apitoken.Service, apitoken.Draft{Name: "nightly", Roles: []string{custom.ID.String()}, Scopes: []string{"flags.read"}})
	w.must(err)
	for range count(3, 200) {
		for _, made := range []apitoken.Made{own, service} {
			l.lose("action taken from the role, "+string(made.Kind)+" token", made.Token.Secret.Reveal(), put(narrow))
			w.must(put(whole)())
			l.lose("denial added to the role, "+string(made.Kind)+" token", made.Token.Secret.Reveal(), put(denied))
			w.must(put(whole)())
		}
		l.lose("role taken from a person", own.Token.Secret.Reveal(), func() error { return give() })
		w.must(give(role.Given{Role: custom.ID.String()}))
	}
	report(t, "Custom roles on every node", l.lines()...)
}

package apitoken_test

import (
	"context"
	"os"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/token"
)

// house is the slice on a real database, with the catalog of the example product,
// one account and its administrator.
type house struct {
	*apitoken.Tokens
	t       *testing.T
	ctx     context.Context
	clock   *storetest.Clock
	bearers *token.Authenticator
	acc     account.Account
	boss    string
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, ctx: t.Context(), clock: storetest.NewClock()}
	db := open(h.clock)
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	h.ok(err)
	log, cat := &audit.Log{DB: db}, &catalog.Current{}
	cat.Swap(pennant(t))
	s := &apitoken.Tokens{DB: db, Audit: log, Accounts: &account.Service{DB: db, Audit: log}, Grants: &grant.Service{DB: db, Catalog: cat},
		Secrets: &token.Service{DB: db, Audit: log, Keys: keys}, Catalog: cat}
	s.Roles = &role.Service{DB: db, Audit: log, Accounts: s.Accounts, Catalog: cat, Changed: s.RoleChanged}
	s.Accounts.MemberChanged = func(tx *store.Tx, acc, user string, left bool) error {
		if err := s.MemberChanged(tx, acc, user, left); err != nil {
			return err
		}
		return s.Roles.MemberChanged(tx, acc, user, left)
	}
	for _, k := range []grant.Kind{grant.KindMember, grant.KindService} {
		s.Secrets.Kept(k, s.Keeper, s.Describe)
	}
	h.Tokens, h.bearers = s, token.NewAuthenticator(db, keys)
	h.bearers.Roles = s.Roles
	h.acc = h.account("harbour")
	h.boss = h.person("boss", h.acc, access.AccountAdmin)
	return h
}

func pennant(t *testing.T) *catalog.Catalog {
	t.Helper()
	raw, err := os.ReadFile("../example/pennant/catalog.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, err := catalog.ParseFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	set, err := catalog.Load(os.DirFS("../example/pennant"), file.Product.Documents...)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := catalog.Import(set, file)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) code(what string, err error, want string) {
	h.t.Helper()
	if got := problem.CodeOf(err); got != want {
		h.t.Errorf("%s: %q, want %q (%v)", what, got, want, err)
	}
}

func (h *house) write(f func(tx *store.Tx) error) {
	h.t.Helper()
	h.ok(h.DB.Write(h.ctx, f))
}

func (h *house) account(key string) account.Account {
	h.t.Helper()
	a, err := h.Accounts.Put(h.ctx, access.Operator("usr_op"), account.Draft{Key: key, Name: key})
	h.ok(err)
	return a
}

// person makes a member of an account.
func (h *house) person(name string, in account.Account, as string) string {
	h.t.Helper()
	id := "usr_" + name
	h.write(func(tx *store.Tx) error {
		_, err := tx.NewRaw(`INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', '', 1, 1, 0) ON CONFLICT (id) DO NOTHING`, id, name+"@example.com", name).Exec(tx.Ctx)
		if err != nil {
			return err
		}
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: in.ID.String(), User: id, Role: as})
	})
	return id
}

// as is the principal of a person with what their roles let them manage.
func (h *house) as(user string) access.Principal {
	h.t.Helper()
	var p access.Principal
	h.ok(h.DB.Read(h.ctx, func(tx *store.Tx) error {
		roles, err := account.Roles(tx, user)
		if err != nil {
			return err
		}
		p = access.UserPrincipal(user, nil, roles)
		more, err := h.Roles.Authorities(tx, user)
		for _, a := range more {
			p = p.Holding(a.On, a.Layer)
		}
		return err
	}))
	return p
}

// custom makes a role that allows some actions everywhere, or manages something.
func (h *house) custom(key string, manage []string, actions ...string) role.Role {
	h.t.Helper()
	r, err := h.Roles.Create(h.ctx, h.as(h.boss), h.acc.ID, role.Draft{Key: key, Name: key, Policy: allowing(actions...), Manage: manage})
	h.ok(err)
	return r
}

func allowing(actions ...string) access.Policy {
	if len(actions) == 0 {
		return nil
	}
	return access.Policy{{Effect: access.Allow, Actions: actions, Resources: []string{"*"}}}
}

// give lets a member have exactly these roles.
func (h *house) give(user string, roles ...string) {
	h.t.Helper()
	var want []role.Given
	for _, r := range roles {
		want = append(want, role.Given{Role: r})
	}
	_, err := h.Roles.Assign(h.ctx, h.as(h.boss), role.Place{Account: h.acc.ID, User: user}, want)
	h.ok(err)
}

func (h *house) make(user string, k apitoken.Kind, d apitoken.Draft) apitoken.Made {
	h.t.Helper()
	m, err := h.Create(h.ctx, h.as(user), h.acc.ID, k, d)
	h.ok(err)
	return m
}

// may decides as the gateway does whether a call with the token passes that needs
// an action; "" or why the token itself does not work.
func (h *house) may(raw secret.Text, action string) (bool, string) {
	h.t.Helper()
	b, err := h.bearers.Authenticate(h.ctx, raw.Reveal())
	if err == nil {
		err = b.Live(h.clock.Now())
	}
	if err != nil {
		return false, problem.CodeOf(err)
	}
	on, err := access.ParseResource("proj/web:env/test:flag/x")
	h.ok(err)
	for _, l := range b.Holding.Layers {
		if !l.Allows(action, &on) {
			return false, ""
		}
	}
	return true, ""
}

// expect says which of some actions a token may do.
func (h *house) expect(what string, raw secret.Text, actions map[string]bool) {
	h.t.Helper()
	for action, want := range actions {
		if got, why := h.may(raw, action); got != want {
			h.t.Errorf("%s: %s is %t (%s)", what, action, got, why)
		}
	}
}

// ended says why a token is refused; "" when it is not.
func (h *house) ended(what string, raw secret.Text, want string) {
	h.t.Helper()
	if _, why := h.may(raw, "flag:view"); why != want {
		h.t.Errorf("%s: %q, want %q", what, why, want)
	}
}

func (h *house) entries(action string) int {
	h.t.Helper()
	page, err := h.Audit.List(h.ctx, access.Operator("usr_op"), audit.Filter{Action: action}, 0)
	h.ok(err)
	return len(page.Entries)
}

func each(t *testing.T, f func(*house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) { f(newHouse(t, open)) })
}

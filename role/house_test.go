package role_test

import (
	"context"
	"os"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/role"
)

var operator = access.Operator("usr_op")

// house is the slice on a real database, with the catalog of the example product
// and one account.
type house struct {
	*role.Service
	t   *testing.T
	ctx context.Context
	acc account.Account
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	db := open(storetest.NewClock())
	log := &audit.Log{DB: db}
	accounts := &account.Service{DB: db, Audit: log}
	h := &house{t: t, ctx: t.Context(), Service: &role.Service{DB: db, Audit: log, Accounts: accounts, Catalog: &catalog.Current{}}}
	accounts.MemberChanged = h.MemberChanged
	h.Catalog.Swap(pennant(t))
	a, err := accounts.Put(h.ctx, operator, account.Draft{Key: "harbour", Name: "Harbour Books"})
	if err != nil {
		t.Fatal(err)
	}
	h.acc = a
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

// person makes a member and gives their principal as it is now.
func (h *house) person(name, guestright string, product ...string) string {
	h.t.Helper()
	id := "usr_" + name
	h.write(func(tx *store.Tx) error {
		_, err := tx.NewRaw(`INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', ?, 1, 1, 0)
			ON CONFLICT (id) DO NOTHING`, id, name+"@example.com", name, name).Exec(tx.Ctx)
		if err != nil {
			return err
		}
		return h.Accounts.SetMember(tx, operator, account.Member{Account: h.acc.ID.String(), User: id, Role: guestright, Roles: product})
	})
	return id
}

// as is the principal of a member with what their roles let them manage.
func (h *house) as(user string) access.Principal {
	h.t.Helper()
	var p access.Principal
	h.read(func(tx *store.Tx) error {
		roles, err := account.Roles(tx, user)
		if err != nil {
			return err
		}
		p = access.UserPrincipal(user, nil, roles)
		more, err := h.Authorities(tx, user)
		for _, a := range more {
			p = p.Holding(a.On, a.Layer)
		}
		return err
	})
	return p
}

func (h *house) write(f func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.DB.Write(h.ctx, f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) read(f func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.DB.Read(h.ctx, f); err != nil {
		h.t.Fatal(err)
	}
}

// productRole is a role that the product tells.
func (h *house) productRole(key string, p access.Policy) string {
	h.t.Helper()
	var id string
	h.write(func(tx *store.Tx) error {
		r, err := h.Accounts.PutRole(tx, operator, account.Role{Account: h.acc.ID.String(), Key: key, Name: key, Policy: p})
		id = r.ID.String()
		return err
	})
	return id
}

func (h *house) create(by access.Principal, d role.Draft) role.Role {
	h.t.Helper()
	r, err := h.Create(h.ctx, by, h.acc.ID, d)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *house) give(by access.Principal, user string, want ...role.Given) {
	h.t.Helper()
	if _, err := h.Assign(h.ctx, by, h.place(user), want); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) place(user string) role.Place { return role.Place{Account: h.acc.ID, User: user} }

func (h *house) at(r role.Role) role.Path { return role.Path{Account: h.acc.ID, Role: r.ID} }

// may asks whether a member may do something in the product at present.
func (h *house) may(user, action, resource string) bool {
	h.t.Helper()
	on, err := access.ParseResource(resource)
	if err != nil {
		h.t.Fatal(err)
	}
	var yes bool
	h.read(func(tx *store.Tx) error {
		l, err := h.Layer(tx, h.acc.ID.String(), user)
		yes = l.Allows(action, &on)
		return err
	})
	return yes
}

// entries counts the audit entries with an action.
func (h *house) entries(action string) int {
	h.t.Helper()
	page, err := h.Audit.List(h.ctx, operator, audit.Filter{Action: action}, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	return len(page.Entries)
}

func code(err error) string { return problem.CodeOf(err) }

func allow(actions, resources string) access.Statement {
	return access.Statement{Effect: access.Allow, Actions: []string{actions}, Resources: []string{resources}}
}

func deny(actions, resources string) access.Statement {
	return access.Statement{Effect: access.Deny, Actions: []string{actions}, Resources: []string{resources}}
}

func each(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) { f(t, newHouse(t, open)) })
}

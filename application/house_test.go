package application_test

import (
	"context"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/quota"
)

type person struct{}

func (person) IDPrefix() string { return "usr" }

// house is the slice on a real database, with a developer and a group of hers.
type house struct {
	*application.Service
	t     *testing.T
	clock *storetest.Clock
	ada   access.Principal
	team  string
	// revoked are the keys whose tokens were ended.
	revoked []string
}

var (
	ctx      = context.Background()
	operator = access.Operator("usr_op")
	draft    = application.Draft{Name: "Deploybot", Description: "Deploys on every merge."}
)

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	db := open(h.clock)
	log := &audit.Log{DB: db}
	m := make([]byte, secret.MasterLen)
	m[0] = 1
	keys, err := secret.NewKeyring(m)
	if err != nil {
		t.Fatal(err)
	}
	h.Service = &application.Service{DB: db, Audit: log, Groups: &group.Service{DB: db, Audit: log}, Keys: keys,
		Quota: &quota.Service{DB: db, Audit: log, Solo: true},
		Revoked: func(_ *store.Tx, id, _ string) error {
			h.revoked = append(h.revoked, id)
			return nil
		}}
	id := ident.New[person](h.clock.Now()).String()
	h.write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, 'ada@example.com', 'Ada', '', '', 0, 'active', '', 1, ?, 0)`, id, store.At(tx.Now()))
		return err
	})
	h.ada = access.UserPrincipal(id, nil, nil)
	h.team = h.found("Harbour Tools")
	return h
}

func one(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
}

func (h *house) write(f func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.DB.Write(ctx, f); err != nil {
		h.t.Fatal(err)
	}
}

// found makes one more group of ada's.
func (h *house) found(name string) string {
	h.t.Helper()
	g, err := h.Groups.Create(ctx, h.ada, name)
	if err != nil {
		h.t.Fatal(err)
	}
	h.ada = h.ada.Holding(access.On("group", g.ID.String()), access.GroupRole(access.GroupOwner))
	return g.ID.String()
}

func (h *house) register() application.Application {
	h.t.Helper()
	a, err := h.Register(ctx, h.ada, h.team, draft)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) code(what string, err error, want string) {
	h.t.Helper()
	if got := problem.CodeOf(err); got != want {
		h.t.Errorf("%s: %q, want %q (%v)", what, got, want, err)
	}
}

func (h *house) actions() []string {
	h.t.Helper()
	page, err := h.Audit.List(ctx, operator, audit.Filter{}, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	var out []string
	for i := len(page.Entries) - 1; i >= 0; i-- {
		out = append(out, page.Entries[i].Action)
	}
	return out
}

// suspend and lift are what package suspension does.
func (h *house) suspend(ctx context.Context, by access.Principal, id application.ID, reason string) (application.Application, error) {
	return h.standing(ctx, id, func(tx *store.Tx) error { return h.Stop(tx, by, id, "", reason) })
}

func (h *house) lift(ctx context.Context, by access.Principal, id application.ID) (application.Application, error) {
	return h.standing(ctx, id, func(tx *store.Tx) error { return h.Start(tx, by, id, "") })
}

func (h *house) standing(ctx context.Context, id application.ID, do func(tx *store.Tx) error) (application.Application, error) {
	var out application.Application
	err := h.DB.Write(ctx, func(tx *store.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		var err error
		out, err = h.Load(tx, id)
		return err
	})
	return out, err
}

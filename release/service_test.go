package release_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/release"
)

type person struct{}

func (person) IDPrefix() string { return "usr" }

var ctx = context.Background()

type house struct {
	*release.Service
	t   *testing.T
	ada access.Principal
	app application.Application
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	clock := storetest.NewClock()
	db := open(clock)
	log := &audit.Log{DB: db}
	set, err := catalog.Load(fstest.MapFS{"a.json": {Data: []byte(`{"openapi":"3.1.0","info":{"title":"A","version":"1"},"paths":{"/flags":{"get":{"operationId":"listFlags","responses":{"200":{"description":"ok"}}}}}}`)}}, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	cat, _, err := catalog.Import(set, catalog.File{Product: catalog.Product{Name: "A", Account: catalog.Account{In: "none"}},
		Operations: map[string]catalog.Override{"listFlags": {Needs: "flag:view"}}, Scopes: map[string]catalog.Scope{"flags.read": {Entitlements: []string{"flag:view"}}, "flags.write": {Entitlements: []string{"flag:view"}}}})
	if err != nil {
		t.Fatal(err)
	}
	current := &catalog.Current{}
	current.Swap(cat)
	m := make([]byte, secret.MasterLen)
	m[0] = 1
	keys, err := secret.NewKeyring(m)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t}
	groups := &group.Service{DB: db, Audit: log}
	h.Service = &release.Service{DB: db, Audit: log, Catalog: current, Groups: groups, Notices: &notice.Service{DB: db, Audit: log},
		Applications: &application.Service{DB: db, Audit: log, Groups: groups, Keys: keys}}
	h.Applications.Touched = h.Touched
	id := ident.New[person](clock.Now()).String()
	err = db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, 'ada@example.com', 'Ada', '', '', 0, 'active', '', 1, ?, 0)`, id, store.At(tx.Now()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	g, err := h.Applications.Groups.Create(ctx, access.UserPrincipal(id, nil, nil), "Harbour Tools")
	if err != nil {
		t.Fatal(err)
	}
	h.ada = access.UserPrincipal(id, map[string]string{g.ID.String(): access.GroupOwner}, nil)
	if h.app, err = h.Applications.Register(ctx, h.ada, g.ID.String(), application.Draft{Name: "Deploybot", Description: "Deploys."}); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) code(what string, err error, want string) {
	h.t.Helper()
	if got := problem.CodeOf(err); got != want {
		h.t.Errorf("%s: %q, want %q (%v)", what, got, want, err)
	}
}

func content(number string) release.Content {
	return release.Content{Number: number, Required: []release.Request{{Scope: "flags.read", Purpose: "Shows the flags."}}}
}

func TestTheLifeOfAVersion(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		bad := content("1.0.0")
		bad.Required[0].Scope = "nothing.such"
		_, err := h.Draft(ctx, h.ada, h.app.ID, bad)
		h.code("an unknown scope", err, "version_invalid")
		v, err := h.Draft(ctx, h.ada, h.app.ID, content("1.0.0"))
		h.code("draft", err, "")
		if v.UserName != "Deploybot User" || v.RoleName != "Deploybot Role" || v.Delegation != "off" || v.State != release.Draft {
			t.Errorf("defaults: %+v", v)
		}
		_, err = h.Draft(ctx, h.ada, h.app.ID, content("1.0.0"))
		h.code("the same number", err, "version_exists")
		other, err := h.Draft(ctx, h.ada, h.app.ID, content("1.1.0"))
		h.code("another", err, "")
		number, notes := "1.0.0", "Faster."
		_, err = h.Amend(ctx, h.ada, other.ID, release.Patch{Number: &number})
		h.code("a number that is taken", err, "version_exists")
		changed, err := h.Amend(ctx, h.ada, v.ID, release.Patch{Number: &number, Notes: &notes})
		h.code("amend", err, "")
		if changed.Notes != notes || len(changed.Required) != 1 || changed.UserName != v.UserName {
			t.Errorf("amended: %+v", changed)
		}
		live, err := h.Publish(ctx, h.ada, v.ID)
		h.code("publish", err, "")
		if live.State != release.Live || live.Released.IsZero() {
			t.Errorf("live: %+v", live)
		}
		_, err = h.Publish(ctx, h.ada, v.ID)
		h.code("publish twice", err, "version_not_draft")
		_, err = h.Edit(ctx, h.ada, v.ID, content("1.0.1"))
		h.code("a live version changes", err, "version_not_draft")
		_, err = h.Retire(ctx, h.ada, other.ID)
		h.code("a draft retires", err, "version_not_live")
		_, err = h.Retire(ctx, h.ada, v.ID)
		h.code("retire", err, "")
		member := access.UserPrincipal("usr_m", map[string]string{h.app.Group: access.GroupMember}, nil)
		_, err = h.Publish(ctx, member, other.ID)
		h.code("a member publishes", err, "forbidden")
		_, err = h.Get(ctx, access.UserPrincipal("usr_s", nil, nil), other.ID)
		h.code("a stranger looks", err, "not_found")
		if all, err := h.List(ctx, member, h.app.ID); err != nil || len(all) != 2 {
			t.Errorf("%v %v", all, err)
		}
	})
}

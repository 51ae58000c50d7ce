package admission_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/admission"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/token"
)

const spec = `{"openapi":"3.1.0","info":{"title":"Pennant","version":"1"},"paths":{
"/flags":{"get":{"operationId":"listFlags","responses":{"200":{"description":"ok"}}},"post":{"operationId":"createFlag","responses":{"201":{"description":"ok"}}}},
"/members":{"post":{"operationId":"addMember","responses":{"201":{"description":"ok"}}}}}}`

type person struct{}

func (person) IDPrefix() string { return "usr" }

var (
	ctx      = context.Background()
	operator = access.Operator("usr_op")
)

// house is an agency, north, with two child accounts, pier and quay, and one
// account that belongs to nobody; ada develops Deploybot.
type house struct {
	*admission.Service
	t     *testing.T
	clock *storetest.Clock
	by    access.Principal // who calls the API
	api   *web.API

	ada               access.Principal
	app               application.Application
	north, pier, quay account.Account
	alone             account.Account
	nora, paul, quinn access.Principal // their administrators
	alma, alec        access.Principal // those of alone
	mia               access.Principal // member of pier
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	db := open(h.clock)
	log, notices := &audit.Log{DB: db}, &notice.Service{DB: db}
	notices.Audit = log
	set, err := catalog.Load(fstest.MapFS{"pennant.json": {Data: []byte(spec)}}, "*.json")
	h.ok(err)
	cat, _, err := catalog.Import(set, catalog.File{
		Product:    catalog.Product{Name: "Pennant", Upstreams: map[string]string{"default": "http://127.0.0.1:1"}, Account: catalog.Account{In: "none"}},
		Operations: map[string]catalog.Override{"listFlags": {Needs: "flag:view"}, "createFlag": {Needs: "flag:create"}, "addMember": {Needs: "member:create"}},
		Scopes: map[string]catalog.Scope{"flags.read": {Label: "Read flags", Risk: "low", Entitlements: []string{"flag:view"}},
			"flags.write": {Label: "Change flags", Risk: "high", Entitlements: []string{"flag:create"}}},
	})
	h.ok(err)
	current := &catalog.Current{}
	current.Swap(cat)
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	h.ok(err)
	s := &admission.Service{DB: db, Audit: log, Accounts: &account.Service{DB: db, Audit: log}, Notices: notices}
	groups, limits := &group.Service{DB: db, Audit: log}, &quota.Service{DB: db, Audit: log, Solo: true}
	tokens := &token.Service{DB: db, Audit: log, Keys: keys}
	s.Applications = &application.Service{DB: db, Audit: log, Groups: groups, Keys: keys, Quota: limits, Revoked: tokens.RevokeKey}
	releases := &release.Service{DB: db, Audit: log, Applications: s.Applications, Groups: groups, Notices: notices, Catalog: current}
	s.Applications.Touched = releases.Touched
	s.Integrations = &integration.Service{DB: db, Audit: log, Catalog: current, Accounts: s.Accounts, Groups: groups, Applications: s.Applications, Releases: releases,
		Grants: &grant.Service{DB: db}, Tokens: tokens, Quota: limits, Notices: notices, Admit: s.Admit, Installed: s.Installed, Widen: s.Widen, Stops: s.Stops}
	s.Accounts.RoleChanged, s.Accounts.Moved = s.Integrations.RoleChanged, s.Moved
	h.Service = s
	h.api = web.New(web.Config{Title: "t", Version: "1", Gate: func(r *http.Request, _ web.Operation) (context.Context, error) {
		return access.With(r.Context(), h.by), nil
	}})
	for _, codes := range [][]problem.Declared{integration.Declared(), release.Declared(), application.Declared(), account.Declared(), group.Declared(), quota.Declared(), token.Declared()} {
		h.api.Catalogue().Declare(codes...)
	}
	s.Mount(h.api)
	_, err = h.api.OpenAPI()
	h.ok(err)

	ada := h.person("ada")
	g, err := groups.Create(ctx, access.UserPrincipal(ada, nil, nil), "Harbour Tools")
	h.ok(err)
	h.ada = access.UserPrincipal(ada, map[string]string{g.ID.String(): access.GroupOwner}, nil)
	h.app, err = s.Applications.Register(ctx, h.ada, g.ID.String(), application.Draft{Name: "Deploybot", Description: "Deploys."})
	h.ok(err)
	v, err := releases.Draft(ctx, h.ada, h.app.ID, release.Content{Number: "1.0.0", Required: []release.Request{{Scope: "flags.read", Purpose: "Shows the flags."}},
		Optional: []release.Request{{Scope: "flags.write", Purpose: "Creates flags."}}, UserName: "Deploybot", RoleName: "Deploybot role"})
	h.ok(err)
	_, err = releases.Publish(ctx, h.ada, v.ID)
	h.ok(err)
	h.north, h.pier, h.quay, h.alone = h.account("north", ""), h.account("pier", "north"), h.account("quay", "north"), h.account("alone", "")
	h.nora, h.paul, h.quinn = h.in(h.north, "nora", access.AccountAdmin), h.in(h.pier, "paul", access.AccountAdmin), h.in(h.quay, "quinn", access.AccountAdmin)
	h.alma, h.alec, h.mia = h.in(h.alone, "alma", access.AccountAdmin), h.in(h.alone, "alec", access.AccountAdmin), h.in(h.pier, "mia", access.AccountMember)
	return h
}

func one(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
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

func (h *house) person(name string) string {
	h.t.Helper()
	id := ident.New[person](h.clock.Now()).String()
	h.ok(h.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', '', 1, ?, 0)`, id, name+"@example.com", name, store.At(tx.Now()))
		return err
	}))
	return id
}

func (h *house) account(key, parent string) account.Account {
	h.t.Helper()
	a, err := h.Accounts.Put(ctx, operator, account.Draft{Key: key, Name: "The " + key, Parent: parent})
	h.ok(err)
	return a
}

func (h *house) in(a account.Account, name, role string) access.Principal {
	h.t.Helper()
	id := h.person(name)
	h.ok(h.DB.Write(ctx, func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: a.ID.String(), User: id, Role: role})
	}))
	return access.UserPrincipal(id, nil, map[string]string{a.ID.String(): role})
}

func (h *house) set(by access.Principal, a account.Account, own, children admission.Mode) {
	h.t.Helper()
	was, err := h.Get(ctx, by, a.ID)
	h.ok(err)
	_, err = h.Set(ctx, by, a.ID, admission.Rules{Mode: own, Children: children}, was.Revision)
	h.ok(err)
}

// put lists Deploybot in an account; "" takes it off.
func (h *house) put(by access.Principal, a account.Account, l admission.List) {
	h.t.Helper()
	var err error
	if l == "" {
		if _, err = h.Unlist(ctx, by, a.ID, h.app.PublicID); problem.CodeOf(err) == "not_found" {
			return
		}
	} else {
		_, err = h.List(ctx, by, a.ID, h.app.PublicID, admission.Place{List: l, Reason: "x"})
	}
	h.ok(err)
}

func (h *house) install(by access.Principal, a account.Account) (integration.Installation, error) {
	return h.Integrations.Install(ctx, by, a.ID, integration.Order{ApplicationID: h.app.PublicID})
}

func (h *house) wish() admission.Wish {
	return admission.Wish{ApplicationID: h.app.PublicID, Scopes: []string{"flags.read", "flags.write"}, Reason: "We deploy every day."}
}

// told counts the notices of a kind in somebody's inbox.
func (h *house) told(who string, by access.Principal, kind string, want int) {
	h.t.Helper()
	box, err := h.Notices.List(ctx, by, notice.Query{Limit: 200})
	h.ok(err)
	n := 0
	for _, i := range box.Items {
		if i.Kind == kind {
			n++
		}
	}
	if n != want {
		h.t.Errorf("%s has %d notices %s, want %d", who, n, kind, want)
	}
}

func (h *house) now(i integration.Installation) integration.Installation {
	h.t.Helper()
	h.ok(h.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		i, err = h.Integrations.Load(tx, i.ID.String())
		return err
	}))
	return i
}

// call sends a call of the API as somebody and gives the answer's body.
func (h *house) call(by access.Principal, status int, method, path, body string) string {
	h.t.Helper()
	h.by = by
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	web.NewDoor(web.DoorConfig{}, h.api).ServeHTTP(w, r)
	if w.Code != status {
		h.t.Errorf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
	}
	return w.Body.String()
}

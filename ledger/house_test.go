package ledger_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/ledger"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/suspension"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// formula is a name that a spreadsheet would run.
const formula = `=HYPERLINK("http://evil.example","Sync")`

// house is the slice on a real database with the catalog of the example product: dan
// develops Deploybot; boss has installed it in harbour, where there is a private
// integration with a nasty name as well. quay is another account, and eve its
// administrator.
type house struct {
	*ledger.Service
	t      *testing.T
	ctx    context.Context
	clock  *storetest.Clock
	db     *store.DB
	api    http.Handler
	caller access.Principal // who calls the API

	integrations *integration.Service
	private      *private.Service
	tokens       *token.Service
	suspensions  *suspension.Service

	dan, boss, reader, eve access.Principal
	harbour, quay          account.Account
	app                    application.Application
	ins                    integration.Installation
	own                    private.Created
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, ctx: t.Context(), clock: storetest.NewClock()}
	db := open(h.clock)
	h.db = db
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	h.ok(err)
	log, cat := &audit.Log{DB: db}, &catalog.Current{}
	cat.Swap(pennant(t))
	accounts, grants := &account.Service{DB: db, Audit: log}, &grant.Service{DB: db, Catalog: cat}
	h.Service = &ledger.Service{DB: db, Audit: log, Accounts: accounts, Catalog: cat, Usage: &usage.Service{DB: db, Recorder: usage.NewRecorder(10_000)}}
	roles := &role.Service{DB: db, Audit: log, Accounts: accounts, Catalog: cat}
	groups, notices, limits := &group.Service{DB: db, Audit: log}, &notice.Service{DB: db, Audit: log}, &quota.Service{DB: db, Audit: log, Solo: true}
	tokens := &token.Service{DB: db, Audit: log, Keys: keys, Usage: h.Usage, Notices: notices}
	h.tokens = tokens
	apps := &application.Service{DB: db, Audit: log, Groups: groups, Keys: keys, Quota: limits}
	releases := &release.Service{DB: db, Audit: log, Applications: apps, Groups: groups, Notices: notices, Catalog: cat}
	h.integrations = &integration.Service{DB: db, Audit: log, Accounts: accounts, Groups: groups, Applications: apps, Releases: releases,
		Grants: grants, Tokens: tokens, Quota: limits, Notices: notices, Catalog: cat}
	h.private = &private.Service{DB: db, Audit: log, Accounts: accounts, Roles: roles, Grants: grants, Tokens: tokens, Usage: h.Usage, Notices: notices, Catalog: cat}
	tokens.Kept(grant.KindPrivate, h.private.Keeper, h.private.Describe)
	h.suspensions = &suspension.Service{DB: db, Audit: log, Usage: h.Usage, Groups: groups, Notices: notices, Applications: apps, Catalog: cat}
	api := web.New(web.Config{Title: "t", Version: "1", Keys: keys, Gate: func(r *http.Request, _ web.Operation) (context.Context, error) {
		return access.With(r.Context(), h.caller), nil
	}})
	h.Mount(api)
	_, err = api.OpenAPI()
	h.ok(err)
	h.api = web.NewDoor(web.DoorConfig{}, api)

	user := h.person("dan")
	team, err := groups.Create(h.ctx, access.UserPrincipal(user, nil, nil), "Harbour Tools")
	h.ok(err)
	h.dan = access.UserPrincipal(user, map[string]string{team.ID.String(): access.GroupOwner}, nil)
	h.app, err = apps.Register(h.ctx, h.dan, team.ID.String(), application.Draft{Name: "Deploybot", Description: "Deploys."})
	h.ok(err)
	v, err := releases.Draft(h.ctx, h.dan, h.app.ID, release.Content{Number: "1.0.0", Required: []release.Request{{Scope: "projects.read", Purpose: "To find its way."}},
		Optional: []release.Request{{Scope: "flags.read", Purpose: "To show flags."}}})
	h.ok(err)
	_, err = releases.Publish(h.ctx, h.dan, v.ID)
	h.ok(err)
	h.harbour, h.quay = h.account("harbour"), h.account("quay")
	h.boss, h.reader, h.eve = h.member("boss", h.harbour, access.AccountAdmin), h.member("rita", h.harbour, access.AccountReader), h.member("eve", h.quay, access.AccountAdmin)
	h.ins, err = h.integrations.Install(h.ctx, h.boss, h.harbour.ID, integration.Order{ApplicationID: h.app.PublicID, Scopes: []string{"projects.read", "flags.read"}})
	h.ok(err)
	h.clock.Advance(time.Minute)
	h.own, err = h.private.Create(h.ctx, h.boss, h.harbour.ID, private.Draft{Name: formula, Scopes: []string{"flags.read"}})
	h.ok(err)
	return h
}

func each(t *testing.T, f func(*testing.T, *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) { f(t, newHouse(t, open)) })
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

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, query, args...)
		return err
	}))
}

func (h *house) person(name string) string {
	h.t.Helper()
	h.exec(`INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
		VALUES (?, ?, ?, '', '', 0, 'active', '', 1, 1, 0)`, "usr_"+name, name+"@example.com", name)
	return "usr_" + name
}

func (h *house) account(key string) account.Account {
	h.t.Helper()
	a, err := h.Accounts.Put(h.ctx, access.Operator("usr_op"), account.Draft{Key: key, Name: key})
	h.ok(err)
	return a
}

func (h *house) member(name string, in account.Account, as string) access.Principal {
	h.t.Helper()
	id := h.person(name)
	h.ok(h.db.Write(h.ctx, func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: in.ID.String(), User: id, Role: as})
	}))
	return access.UserPrincipal(id, nil, map[string]string{in.ID.String(): as})
}

// call records calls as the gateway does.
func (h *house) call(grant, app, operation string, o usage.Outcome, n uint32, resources ...string) {
	h.t.Helper()
	k := usage.Key{Grant: grant, Application: app, Account: h.harbour.ID.String(), Operation: operation, Outcome: o}
	h.Usage.Recorder.Record(h.clock.Now(), k, n)
	for _, r := range resources {
		h.Usage.Recorder.About(h.clock.Now(), &k, operation, []byte(r))
	}
}

func (h *house) flush() {
	h.t.Helper()
	h.ok(h.Usage.Flush(h.ctx))
}

func (h *house) list(q ledger.Query) ledger.Page {
	h.t.Helper()
	p, err := h.List(h.ctx, h.boss, h.harbour.ID, q, nil)
	h.ok(err)
	return p
}

// get asks the API.
func (h *house) get(by access.Principal, path string) *httptest.ResponseRecorder {
	h.t.Helper()
	h.caller = by
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/accounts/"+h.harbour.ID.String()+"/ledger"+path, nil))
	return w
}

package private_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
	"github.com/guestright/guestright/webhook"
)

const spec = `{"openapi":"3.1.0","info":{"title":"CRM","version":"1"},"paths":{
"/contacts":{"get":{"operationId":"listContacts","responses":{"200":{"description":"ok"}}},"post":{"operationId":"createContact","responses":{"201":{"description":"ok"}}}},
"/users":{"get":{"operationId":"listUsers","responses":{"200":{"description":"ok"}}}}}}`

func offering(t testing.TB) *catalog.Current {
	t.Helper()
	set, err := catalog.Load(fstest.MapFS{"crm.json": {Data: []byte(spec)}}, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	cat, _, err := catalog.Import(set, catalog.File{
		Product: catalog.Product{Name: "CRM", Upstreams: map[string]string{"default": "http://127.0.0.1:1"}, Account: catalog.Account{In: "header", Name: "Account"}},
		Operations: map[string]catalog.Override{
			"listContacts": {Needs: "contact:view"}, "createContact": {Needs: "contact:create"}, "listUsers": {Needs: "user:view"},
		},
		Scopes: map[string]catalog.Scope{
			"contacts.read":  {Label: "Read contacts", Risk: "low", Entitlements: []string{"contact:view"}},
			"contacts.write": {Label: "Change contacts", Entitlements: []string{"contact:view", "contact:create"}},
			"users.read":     {Label: "Read users", Risk: "high", Entitlements: []string{"user:view"}},
		},
		Events: map[string]catalog.EventType{
			"contact.created": {Label: "Contact created", Entitlement: "contact:view"},
			"contact.deleted": {Label: "Contact deleted", Entitlement: "contact:view"},
			"user.created":    {Label: "User created", Entitlement: "user:view"},
			"status.changed":  {Label: "Status changed"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &catalog.Current{}
	c.Swap(cat)
	return c
}

type person struct{}

// IDPrefix implements ident.Named.
func (person) IDPrefix() string { return "usr" }

var ctx = context.Background()

// house is the slice on a real database: an agency with three children, the
// people of the agency and of the first child.
type house struct {
	*private.Service
	t       *testing.T
	clock   *storetest.Clock
	bearers *token.Authenticator

	agency             account.Account
	north, south, west account.Account  // its children
	other              account.Account  // somebody else's
	pat, poe           access.Principal // administrators of the agency
	rex                access.Principal // reads in the agency
	cora               access.Principal // administers north
	rita               access.Principal // reads in north
	stranger           access.Principal // administers other
	operator           access.Principal
	hooks              *webhook.Service
}

func each(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) { f(t, newHouse(t, open)) })
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	db := open(h.clock)
	path := t.TempDir() + "/master.key"
	if err := secret.WriteKeyFile(path); err != nil {
		t.Fatal(err)
	}
	keys, err := secret.ReadKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out, err := outbound.New(outbound.Config{})
	if err != nil {
		t.Fatal(err)
	}
	log := &audit.Log{DB: db}
	h.Service = &private.Service{DB: db, Audit: log, Accounts: &account.Service{DB: db, Audit: log}, Grants: &grant.Service{DB: db},
		Tokens: &token.Service{DB: db, Audit: log, Keys: keys}, Usage: &usage.Service{DB: db, Recorder: usage.NewRecorder(0)},
		Notices: &notice.Service{DB: db, Audit: log}, Catalog: offering(t)}
	h.Roles = &role.Service{DB: db, Audit: log, Accounts: h.Accounts, Catalog: h.Catalog}
	h.Tokens.Keepers = map[grant.Kind]token.Keeper{grant.KindPrivate: h.Keeper}
	h.bearers = token.NewAuthenticator(db, keys)
	h.bearers.Roles = h.Roles
	quiet := slog.New(slog.DiscardHandler)
	facts, grants := account.NewFacts(db), &grant.Service{DB: db, Catalog: h.Catalog}
	events := &event.Service{DB: db, Audit: log, Accounts: h.Accounts, Facts: facts, Bearers: h.bearers, Catalog: h.Catalog, Log: quiet}
	h.hooks = webhook.New(webhook.Service{DB: db, Audit: log, Keys: keys, Grants: grants, Bearers: h.bearers, Facts: facts, Events: events, Notices: h.Notices, Catalog: h.Catalog, Client: out, Log: quiet})
	h.hooks.Kept(grant.KindPrivate, h.HookKeeper)
	h.agency, h.other = h.account("agency", ""), h.account("other", "")
	h.north, h.south, h.west = h.account("north", "agency"), h.account("south", "agency"), h.account("west", "agency")
	h.pat, h.poe, h.rex = h.member("Pat", h.agency, access.AccountAdmin), h.member("Poe", h.agency, access.AccountAdmin), h.member("Rex", h.agency, access.AccountReader)
	h.cora, h.rita = h.member("Cora", h.north, access.AccountAdmin), h.member("Rita", h.north, access.AccountReader)
	h.stranger, h.operator = h.member("Stan", h.other, access.AccountAdmin), access.Operator("usr_op")
	return h
}

func (h *house) account(key, parent string) account.Account {
	h.t.Helper()
	a, err := h.Accounts.Put(ctx, access.System("test"), account.Draft{Key: key, Name: key, Parent: parent})
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) member(name string, a account.Account, role string) access.Principal {
	h.t.Helper()
	id := ident.New[person](h.clock.Now()).String()
	h.write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', '', 1, 1, 0)`, id, name+"@example.com", name)
		return err
	})
	h.join(id, a, role)
	return access.UserPrincipal(id, nil, map[string]string{a.ID.String(): role})
}

func (h *house) join(user string, a account.Account, role string) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: a.ID.String(), User: user, Role: role})
	})
}

func (h *house) write(f func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.DB.Write(ctx, f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) create(by access.Principal, a account.Account, d private.Draft) private.Created {
	h.t.Helper()
	if d.Name == "" {
		d.Name = "Nightly sync"
	}
	if d.Scopes == nil {
		d.Scopes = []string{"contacts.read"}
	}
	c, err := h.Create(ctx, by, a.ID, d)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// opens asks whether a token opens anything now.
func (h *house) opens(c private.Created) string {
	h.t.Helper()
	b, err := h.bearers.Authenticate(ctx, c.Token.Secret.Reveal())
	if err == nil {
		err = b.Live(h.clock.Now())
	}
	return problem.CodeOf(err)
}

// actions lists what the log says about one target, the oldest first.
func (h *house) actions(target string) []audit.Entry {
	h.t.Helper()
	p, err := h.Audit.List(ctx, h.operator, audit.Filter{Target: target, Limit: 100}, 0)
	if err != nil {
		h.t.Fatal(err)
	}
	slices.Reverse(p.Entries)
	return p.Entries
}

func want(t *testing.T, what, got, code string) {
	t.Helper()
	if got != code {
		t.Errorf("%s: %q, want %q", what, got, code)
	}
}

func ptr[T any](v T) *T { return &v }

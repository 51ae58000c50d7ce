package consent_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/token"
)

const spec = `{"openapi":"3.1.0","info":{"title":"Pennant","version":"1"},"paths":{
"/flags":{"get":{"operationId":"listFlags","responses":{"200":{"description":"ok"}}},"post":{"operationId":"createFlag","responses":{"201":{"description":"ok"}}}},
"/bills":{"get":{"operationId":"listBills","responses":{"200":{"description":"ok"}}}}}}`

func offering(t testing.TB) *catalog.Current {
	t.Helper()
	set, err := catalog.Load(fstest.MapFS{"pennant.json": {Data: []byte(spec)}}, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	cat, _, err := catalog.Import(set, catalog.File{
		Product:    catalog.Product{Name: "Pennant", Upstreams: map[string]string{"default": "http://127.0.0.1:1"}, Account: catalog.Account{In: "none"}},
		Operations: map[string]catalog.Override{"listFlags": {Needs: "flag:view"}, "createFlag": {Needs: "flag:create"}, "listBills": {Needs: "bill:view"}},
		Scopes: map[string]catalog.Scope{
			"flags.read":  {Label: "Read flags", Explanation: "See every flag.", Risk: "low", Entitlements: []string{"flag:view"}},
			"flags.write": {Label: "Change flags", Risk: "high", Entitlements: []string{"flag:view", "flag:create"}},
			"bills":       {Label: "Read bills", Risk: "medium", Entitlements: []string{"bill:view"}, Roles: []string{"treasurer"}},
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

func (person) IDPrefix() string { return "usr" }

var (
	ctx      = context.Background()
	operator = access.Operator("usr_op")
)

// house is the slice on a real database: ada develops Deploybot, ben administers
// harbour, where cleo is a member.
type house struct {
	*consent.Service
	t       *testing.T
	clock   *storetest.Clock
	bearers *token.Authenticator

	ada, ben, cleo access.Principal
	team           string
	harbour        account.Account
	app            application.Application
	version        release.Version
	installation   integration.Installation
}

const callback = "https://deploybot.example/cb"

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	db := open(h.clock)
	log := &audit.Log{DB: db}
	m := make([]byte, secret.MasterLen)
	m[0] = 1
	keys, err := secret.NewKeyring(m)
	h.ok(err)
	s := &consent.Service{DB: db, Audit: log, Catalog: offering(t), Accounts: &account.Service{DB: db, Audit: log}, Groups: &group.Service{DB: db, Audit: log},
		Grants: &grant.Service{DB: db}, Tokens: &token.Service{DB: db, Audit: log, Keys: keys}, Notices: &notice.Service{DB: db, Audit: log}}
	limits := &quota.Service{DB: db, Audit: log, Solo: true}
	s.Applications = &application.Service{DB: db, Audit: log, Groups: s.Groups, Keys: keys, Quota: limits, Revoked: s.Tokens.RevokeKey}
	s.Releases = &release.Service{DB: db, Audit: log, Applications: s.Applications, Groups: s.Groups, Notices: s.Notices, Catalog: s.Catalog}
	s.Applications.Touched = s.Releases.Touched
	s.Integrations = &integration.Service{DB: db, Audit: log, Accounts: s.Accounts, Groups: s.Groups, Applications: s.Applications, Releases: s.Releases,
		Grants: s.Grants, Tokens: s.Tokens, Quota: limits, Notices: s.Notices, Catalog: s.Catalog, Followed: s.Follow}
	s.Accounts.RoleChanged = s.Integrations.RoleChanged
	h.Service, h.bearers = s, token.NewAuthenticator(db, keys)
	h.settle()
	return h
}

func one(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
}

// settle makes the people, the application, verified, and its installation.
func (h *house) settle() {
	h.t.Helper()
	ada := h.person("ada", "")
	g, err := h.Groups.Create(ctx, access.UserPrincipal(ada, nil, nil), "Harbour Tools")
	h.ok(err)
	h.team = g.ID.String()
	h.ada = access.UserPrincipal(ada, map[string]string{h.team: access.GroupOwner}, nil)
	h.app, err = h.Applications.Register(ctx, h.ada, h.team, application.Draft{Name: "Deploybot", Description: "Deploys.", Support: "help@deploybot.example",
		Homepage: "https://deploybot.example", Domains: []string{"deploybot.example"}})
	h.ok(err)
	uris := []string{callback}
	_, err = h.Applications.SetClient(ctx, h.ada, h.app.ID, application.ClientPatch{RedirectURIs: &uris})
	h.ok(err)
	h.version = h.publish(release.Content{Number: "1.0.0", Delegation: "consent", Required: []release.Request{{Scope: "flags.read", Purpose: "Shows the flags of a project."}},
		Optional: []release.Request{{Scope: "flags.write", Purpose: "Turns flags on when a deploy is done."}, {Scope: "bills", Purpose: "Tells what a deploy costs the team."}}})
	h.verify()
	h.harbour = h.account(account.Draft{Key: "harbour", Name: "Harbour Books"})
	h.ben, h.cleo = h.join(h.harbour, "ben", access.AccountAdmin), h.join(h.harbour, "cleo", access.AccountMember)
	h.installation, err = h.Integrations.Install(ctx, h.ben, h.harbour.ID, integration.Order{ApplicationID: h.app.PublicID,
		Scopes: []string{"flags.read", "flags.write"}, Delegation: "consent"})
	h.ok(err)
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
	h.ok(h.DB.Write(ctx, f))
}

func (h *house) person(name, key string) string {
	h.t.Helper()
	id := ident.New[person](h.clock.Now()).String()
	h.write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', ?, 1, ?, 0)`, id, name+"@example.com", name, key, store.At(tx.Now()))
		return err
	})
	return id
}

func (h *house) account(d account.Draft) account.Account {
	h.t.Helper()
	a, err := h.Accounts.Put(ctx, operator, d)
	h.ok(err)
	return a
}

// join makes a person who is in the account.
func (h *house) join(a account.Account, name, role string) access.Principal {
	h.t.Helper()
	id := h.person(name, "product-"+name)
	h.enter(a, id, role)
	return access.UserPrincipal(id, nil, map[string]string{a.ID.String(): role})
}

func (h *house) enter(a account.Account, user, role string, roles ...string) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, operator, account.Member{Account: a.ID.String(), User: user, Role: role, Roles: roles})
	})
}

func (h *house) publish(c release.Content) release.Version {
	h.t.Helper()
	v, err := h.Releases.Draft(ctx, h.ada, h.app.ID, c)
	h.ok(err)
	v, err = h.Releases.Publish(ctx, h.ada, v.ID)
	h.ok(err)
	return v
}

func (h *house) verify() {
	h.t.Helper()
	v, err := h.Releases.Submit(ctx, h.ada, h.app.ID, release.Statement{Privacy: "https://deploybot.example/privacy", Security: "security@deploybot.example", Data: "Nothing is kept."})
	h.ok(err)
	_, err = h.Releases.Decide(ctx, operator, h.app.ID, release.Decision{Verify: true, Revision: v.Revision})
	h.ok(err)
}

func (h *house) asked(scopes ...string) consent.Asked {
	return consent.Asked{Application: h.app.ID.String(), Account: h.harbour.ID.String(), Scopes: scopes, Redirect: callback}
}

// approve decides for by as the authorization endpoint does.
func (h *house) approve(by access.Principal, in consent.Choice) (consent.Consent, grant.Grant, error) {
	var c consent.Consent
	var g grant.Grant
	in.Application = h.app.ID.String()
	if in.Account == "" {
		in.Account = h.harbour.ID.String()
	}
	if in.Redirect == "" {
		in.Redirect = callback
	}
	err := h.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		c, g, err = h.Approve(tx, by, in)
		return err
	})
	return c, g, err
}

// opened is approve followed by a token of the grant.
func (h *house) opened(by access.Principal, scopes ...string) (consent.Consent, string) {
	h.t.Helper()
	c, g, err := h.approve(by, consent.Choice{Scopes: scopes})
	h.ok(err)
	var raw string
	h.write(func(tx *store.Tx) error {
		i, err := h.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access, Life: 3600e9})
		raw = i.Secret.Reveal()
		return err
	})
	return c, raw
}

// opens says what a token opens: "" when it does, else a code.
func (h *house) opens(what, raw, want string) {
	h.t.Helper()
	b, err := h.bearers.Authenticate(ctx, raw)
	if err == nil {
		err = b.Live(h.clock.Now())
	}
	h.code(what, err, want)
}

func (h *house) entries(action string) []audit.Entry {
	h.t.Helper()
	page, err := h.Audit.List(ctx, operator, audit.Filter{Action: action}, 0)
	h.ok(err)
	return page.Entries
}

func (h *house) delegation(d string) {
	h.t.Helper()
	var err error
	h.installation, err = h.Integrations.SetDelegation(ctx, h.ben, h.installation.ID, d)
	h.ok(err)
}

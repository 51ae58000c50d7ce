package integration_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/job"
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
"/members":{"get":{"operationId":"listMembers","responses":{"200":{"description":"ok"}}},"post":{"operationId":"addMember","responses":{"201":{"description":"ok"}}}}}}`

func offering(t testing.TB) *catalog.Current {
	t.Helper()
	set, err := catalog.Load(fstest.MapFS{"pennant.json": {Data: []byte(spec)}}, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	cat, _, err := catalog.Import(set, catalog.File{
		Product: catalog.Product{Name: "Pennant", Upstreams: map[string]string{"default": "http://127.0.0.1:1"}, Account: catalog.Account{In: "none"}},
		Operations: map[string]catalog.Override{
			"listFlags": {Needs: "flag:view"}, "createFlag": {Needs: "flag:create"}, "addMember": {Needs: "member:create"}, "listMembers": {Needs: "member:view"},
		},
		Scopes: map[string]catalog.Scope{
			"flags.read":  {Label: "Read flags", Risk: "low", Entitlements: []string{"flag:view"}},
			"flags.write": {Label: "Change flags", Risk: "high", Entitlements: []string{"flag:view", "flag:create"}},
			"names":       {Label: "Read names", Risk: "low", Entitlements: []string{"member:view"}},
			"members":     {Label: "Manage members", Risk: "high", Entitlements: []string{"member:create"}},
		},
		Entitlements: map[string]catalog.Entitlement{"member:create": {Label: "Add members", Administrator: true}},
		Privileges:   []catalog.Privilege{{Label: "View flags", Screen: "Flags", Entitlements: []string{"flag:view"}}},
		Roles:        map[string]catalog.Role{"Workspace owner": {Administrator: true}},
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
// harbour.
type house struct {
	*integration.Service
	t       *testing.T
	clock   *storetest.Clock
	keys    *secret.Keyring
	bearers *token.Authenticator
	jobs    *job.Runner

	ada, ben access.Principal
	harbour  account.Account
	app      application.Application
	version  release.Version
	key      application.IssuedKey
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	db := open(h.clock)
	log := &audit.Log{DB: db}
	m := make([]byte, secret.MasterLen)
	m[0] = 1
	var err error
	h.keys, err = secret.NewKeyring(m)
	h.ok(err)
	s := &integration.Service{DB: db, Audit: log, Catalog: offering(t),
		Accounts: &account.Service{DB: db, Audit: log}, Groups: &group.Service{DB: db, Audit: log}, Grants: &grant.Service{DB: db},
		Tokens: &token.Service{DB: db, Audit: log, Keys: h.keys}, Quota: &quota.Service{DB: db, Audit: log, Solo: true}, Notices: &notice.Service{DB: db, Audit: log}}
	s.Applications = &application.Service{DB: db, Audit: log, Groups: s.Groups, Keys: h.keys, Quota: s.Quota, Revoked: s.Tokens.RevokeKey}
	s.Releases = &release.Service{DB: db, Audit: log, Applications: s.Applications, Groups: s.Groups, Notices: s.Notices, Catalog: s.Catalog}
	s.Applications.Touched = s.Releases.Touched
	s.Accounts.RoleChanged = s.RoleChanged
	h.Service, h.bearers, h.jobs = s, token.NewAuthenticator(db, h.keys), &job.Runner{DB: db}
	s.Jobs(h.jobs)

	ada := h.person("ada")
	g, err := s.Groups.Create(ctx, access.UserPrincipal(ada, nil, nil), "Harbour Tools")
	h.ok(err)
	h.ada = access.UserPrincipal(ada, map[string]string{g.ID.String(): access.GroupOwner}, nil)
	h.app, err = s.Applications.Register(ctx, h.ada, g.ID.String(), application.Draft{Name: "Deploybot", Description: "Deploys.", Support: "help@deploybot.example"})
	h.ok(err)
	h.key, err = s.Applications.CreateKey(ctx, h.ada, h.app.ID, application.KeyDraft{Label: "production"})
	h.ok(err)
	h.version = h.publish(release.Content{Number: "1.0.0", Required: []release.Request{{Scope: "flags.read", Purpose: "Shows the flags."}},
		Optional: []release.Request{{Scope: "flags.write", Purpose: "Creates flags on request."}}, UserName: "Deploybot", RoleName: "Deploybot role"})
	h.harbour = h.account("harbour")
	h.ben = h.administrator(h.harbour, "ben")
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

func (h *house) write(f func(tx *store.Tx) error) {
	h.t.Helper()
	h.ok(h.DB.Write(ctx, f))
}

func (h *house) person(name string) string {
	h.t.Helper()
	id := ident.New[person](h.clock.Now()).String()
	h.write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', '', 1, ?, 0)`, id, name+"@example.com", name, store.At(tx.Now()))
		return err
	})
	return id
}

func (h *house) account(key string) account.Account {
	h.t.Helper()
	a, err := h.Accounts.Put(ctx, operator, account.Draft{Key: key, Name: "Account " + key})
	h.ok(err)
	return a
}

func (h *house) administrator(a account.Account, name string) access.Principal {
	h.t.Helper()
	id := h.person(name)
	h.write(func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: a.ID.String(), User: id, Role: access.AccountAdmin})
	})
	return access.UserPrincipal(id, nil, map[string]string{a.ID.String(): access.AccountAdmin})
}

func (h *house) publish(c release.Content) release.Version {
	h.t.Helper()
	v, err := h.Releases.Draft(ctx, h.ada, h.app.ID, c)
	h.ok(err)
	v, err = h.Releases.Publish(ctx, h.ada, v.ID)
	h.ok(err)
	return v
}

func (h *house) order() integration.Order { return integration.Order{ApplicationID: h.app.PublicID} }

func (h *house) install() integration.Installation {
	h.t.Helper()
	i, err := h.Install(ctx, h.ben, h.harbour.ID, h.order())
	h.ok(err)
	return i
}

// obtain does what the token endpoint does.
func (h *house) obtain(accountName string) (string, error) {
	var raw string
	err := h.DB.Write(ctx, func(tx *store.Tx) error {
		app, key, err := h.Applications.Authenticate(tx, h.key.ClientID, h.key.Secret)
		if err != nil {
			return err
		}
		g, err := h.GrantOf(tx, app, accountName)
		if err != nil {
			return err
		}
		i, err := h.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access, Life: 3600e9, Key: key.ID.String()})
		raw = i.Secret.Reveal()
		return err
	})
	return raw, err
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

// notices counts the rows of a kind in somebody's inbox.
func (h *house) notices(by access.Principal, kind string) int {
	h.t.Helper()
	box, err := h.Notices.List(ctx, by, notice.Query{Limit: 200})
	h.ok(err)
	n := 0
	for _, i := range box.Items {
		if i.Kind == kind {
			n++
		}
	}
	return n
}

// entries lists the audit log of an action as somebody sees it.
func (h *house) entries(by access.Principal, action string) []audit.Entry {
	h.t.Helper()
	page, err := h.Audit.List(ctx, by, audit.Filter{Action: action}, 0)
	h.ok(err)
	return page.Entries
}

// suspend and lift are what package suspension does.
func (h *house) suspend(ctx context.Context, by access.Principal, id application.ID, reason string) error {
	return h.DB.Write(ctx, func(tx *store.Tx) error { return h.Applications.Stop(tx, by, id, "", reason) })
}

func (h *house) lift(ctx context.Context, by access.Principal, id application.ID) error {
	return h.DB.Write(ctx, func(tx *store.Tx) error { return h.Applications.Start(tx, by, id, "") })
}

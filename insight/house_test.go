package insight_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/insight"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// house is the slice on a real database, with the catalog of the example product:
// dan develops Deploybot, which boss has installed in harbour with two scopes, of
// which it requires one; ada is a member there.
type house struct {
	*insight.Service
	t      *testing.T
	ctx    context.Context
	clock  *storetest.Clock
	tokens *apitoken.Tokens

	dan, boss access.Principal
	ada       string
	acc       account.Account
	app       application.Application
	ins       integration.Installation
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, ctx: t.Context(), clock: storetest.NewClock()}
	db := open(h.clock)
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	h.ok(err)
	log, cat := &audit.Log{DB: db}, &catalog.Current{}
	cat.Swap(pennant(t))
	s := &insight.Service{DB: db, Accounts: &account.Service{DB: db, Audit: log}, Grants: &grant.Service{DB: db, Catalog: cat}, Catalog: cat}
	s.Usage = &usage.Service{DB: db, Recorder: usage.NewRecorder(1000), GroupOf: func(ctx context.Context, id string) (string, error) {
		var owner string
		return owner, db.Read(ctx, func(tx *store.Tx) error {
			return tx.NewRaw("SELECT group_id FROM application_application WHERE id = ?", id).Scan(tx.Ctx, &owner)
		})
	}}
	s.Roles = &role.Service{DB: db, Audit: log, Accounts: s.Accounts, Catalog: cat, Behind: s.Behind}
	groups, notices, limits := &group.Service{DB: db, Audit: log}, &notice.Service{DB: db, Audit: log}, &quota.Service{DB: db, Audit: log, Solo: true}
	secrets := &token.Service{DB: db, Audit: log, Keys: keys, Usage: s.Usage, Notices: notices}
	apps := &application.Service{DB: db, Audit: log, Groups: groups, Keys: keys, Quota: limits}
	s.Releases = &release.Service{DB: db, Audit: log, Applications: apps, Groups: groups, Notices: notices, Catalog: cat}
	s.Integrations = &integration.Service{DB: db, Audit: log, Accounts: s.Accounts, Groups: groups, Applications: apps, Releases: s.Releases,
		Grants: s.Grants, Tokens: secrets, Quota: limits, Notices: notices, Catalog: cat}
	s.Private = &private.Service{DB: db, Audit: log, Accounts: s.Accounts, Roles: s.Roles, Grants: s.Grants, Tokens: secrets, Usage: s.Usage, Notices: notices, Catalog: cat}
	h.Service = s
	h.tokens = &apitoken.Tokens{DB: db, Audit: log, Accounts: s.Accounts, Grants: s.Grants, Secrets: secrets, Roles: s.Roles, Catalog: cat}
	s.Roles.Changed = h.tokens.RoleChanged

	user := h.person("dan")
	team, err := groups.Create(h.ctx, access.UserPrincipal(user, nil, nil), "Harbour Tools")
	h.ok(err)
	h.dan = access.UserPrincipal(user, map[string]string{team.ID.String(): access.GroupOwner}, nil)
	h.app, err = apps.Register(h.ctx, h.dan, team.ID.String(), application.Draft{Name: "Deploybot", Description: "Deploys."})
	h.ok(err)
	v, err := s.Releases.Draft(h.ctx, h.dan, h.app.ID, release.Content{Number: "1.0.0", Required: []release.Request{{Scope: "projects.read", Purpose: "To find its way."}},
		Optional: []release.Request{{Scope: "flags.read", Purpose: "To show flags."}, {Scope: "flags.write", Purpose: "To switch flags."}, {Scope: "members.read", Purpose: "To show people."}}})
	h.ok(err)
	_, err = s.Releases.Publish(h.ctx, h.dan, v.ID)
	h.ok(err)
	h.acc = h.account("harbour")
	h.boss = h.member("boss", h.acc, access.AccountAdmin)
	h.ada = h.member("ada", h.acc, access.AccountMember).User
	h.ins, err = s.Integrations.Install(h.ctx, h.boss, h.acc.ID, integration.Order{ApplicationID: h.app.PublicID, Scopes: []string{"projects.read", "flags.read", "flags.write", "members.read"}})
	h.ok(err)
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

func (h *house) person(name string) string {
	h.t.Helper()
	id := "usr_" + name
	h.ok(h.DB.Write(h.ctx, func(tx *store.Tx) error {
		_, err := tx.NewRaw(`INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', '', 1, 1, 0)`, id, name+"@example.com", name).Exec(tx.Ctx)
		return err
	}))
	return id
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
	h.ok(h.DB.Write(h.ctx, func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: in.ID.String(), User: id, Role: as})
	}))
	return access.UserPrincipal(id, nil, map[string]string{in.ID.String(): as})
}

// called are calls of one kind.
type called struct {
	grant, operation, resource string
	n                          int
	ago                        time.Duration
	outcome                    usage.Outcome
}

// calls records them as the gateway does: what they were about only when they passed.
func (h *house) calls(all ...called) {
	h.t.Helper()
	for _, c := range all {
		k := usage.Key{Grant: c.grant, Account: h.acc.ID.String(), Operation: c.operation, Outcome: c.outcome}
		at := h.clock.Now().Add(-c.ago)
		h.Usage.Recorder.Record(at, k, uint32(c.n)) //nolint:gosec // a few
		if c.outcome == usage.OK && c.resource != "" {
			for range c.n {
				h.Usage.Recorder.About(at, &k, c.operation, []byte(c.resource))
			}
		}
		h.ok(h.Usage.Flush(h.ctx))
	}
}

func (h *house) grant(id string) grant.ID {
	h.t.Helper()
	parsed, err := ident.Parse[grant.Grant](id)
	h.ok(err)
	return parsed
}

// scopes are those that a grant has at present.
func (h *house) scopes(id string) []string {
	h.t.Helper()
	var g grant.Grant
	h.ok(h.DB.Read(h.ctx, func(tx *store.Tx) error {
		var err error
		g, err = h.Grants.Load(tx, id)
		return err
	}))
	return g.Scopes
}

func (h *house) report(id string, days int) insight.Report {
	h.t.Helper()
	r, err := h.Report(h.ctx, h.boss, h.grant(id), days)
	h.ok(err)
	return r
}

func (h *house) try(c insight.Change) insight.Outcome {
	h.t.Helper()
	o, err := h.DryRun(h.ctx, h.boss, h.acc.ID, c)
	h.ok(err)
	return o
}

func each(t *testing.T, f func(*house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) { f(newHouse(t, open)) })
}

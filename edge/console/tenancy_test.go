package console_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/console"
	"github.com/guestright/guestright/example/pennant"
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
	"github.com/guestright/guestright/usage"
)

// tenancy is a console over real services, with people who sign in by name.
type tenancy struct {
	console.Services
	t      *testing.T
	db     *store.DB
	clock  *storetest.Clock
	grants *grant.Service
	server *httptest.Server
	people map[string]string // first name → user id
}

type person struct{}

func (person) IDPrefix() string { return "usr" }

func newTenancy(t *testing.T) *tenancy {
	t.Helper()
	h := &tenancy{t: t, clock: storetest.NewClock(), people: map[string]string{}}
	h.db = storetest.Open(t, h.clock)
	keys, err := secret.NewKeyring(make([]byte, 32))
	h.ok(err)
	log := &audit.Log{DB: h.db}
	h.grants = &grant.Service{DB: h.db}
	cat := &catalog.Current{}
	cat.Swap(pennantCatalog(t))
	s := &h.Services
	s.Audit, s.Catalog, s.Keys = log, cat, keys
	s.Usage = &usage.Service{DB: h.db, Recorder: usage.NewRecorder(0)}
	s.Quota = &quota.Service{DB: h.db, Audit: log, Solo: true}
	h.ok(s.Quota.SetPlans([]quota.Plan{{Name: "partner", Label: "Partner", Sites: 250, Limits: []quota.Limit{{Name: "day", Calls: 1_000_000, Per: 24 * time.Hour}}}}))
	s.Accounts = &account.Service{DB: h.db, Audit: log}
	s.Groups = &group.Service{DB: h.db, Audit: log}
	s.Notices = &notice.Service{DB: h.db, Audit: log}
	s.Applications = &application.Service{DB: h.db, Audit: log, Groups: s.Groups, Keys: keys}
	s.Tokens = &token.Service{DB: h.db, Audit: log, Keys: keys}
	s.Releases = &release.Service{DB: h.db, Audit: log, Applications: s.Applications, Catalog: cat}
	s.Integrations = &integration.Service{DB: h.db, Audit: log, Accounts: s.Accounts, Groups: s.Groups, Applications: s.Applications, Releases: s.Releases,
		Grants: h.grants, Tokens: s.Tokens, Quota: s.Quota, Notices: s.Notices, Catalog: cat}
	s.Products, err = token.NewProducts(h.db, log, keys)
	h.ok(err)
	s.Usage.GroupOf = func(ctx context.Context, id string) (string, error) {
		var g string
		err := h.db.Read(ctx, func(tx *store.Tx) error {
			app, err := ident.Parse[application.Application](id)
			if err != nil {
				return err
			}
			a, err := s.Applications.Load(tx, app)
			g = a.Group
			return err
		})
		return g, err
	}
	s.Now = h.clock.Now
	s.People.Session = func(ctx context.Context, held secret.Text) (console.Session, error) {
		id := h.people[held.Reveal()]
		if id == "" {
			return console.Session{}, problem.Unauthenticated("unauthenticated", "Nobody.")
		}
		by, err := h.by(ctx, held.Reveal())
		return console.Session{ID: id, By: by, Name: held.Reveal(), Email: held.Reveal() + "@example.com", Since: h.clock.Now()}, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /test/as/{name}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "guestright", Value: r.PathValue("name"), Path: "/"})
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	h.server = httptest.NewUnstartedServer(mux)
	s.Origin = "http://" + h.server.Listener.Addr().String()
	s.Gateway = "https://api.pennant.example"
	console.New(*s).Mount(mux)
	h.server.Start()
	t.Cleanup(h.server.Close)
	return h
}

func pennantCatalog(t testing.TB) *catalog.Catalog {
	t.Helper()
	file, err := catalog.ParseFile(pennant.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	set, err := catalog.Parse("openapi.yaml", pennant.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	cat, _, err := catalog.Import(set, file)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

func (h *tenancy) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// by is the principal of a person, with the roles that they have now.
func (h *tenancy) by(ctx context.Context, name string) (access.Principal, error) {
	id := h.people[name]
	if name == "Olga" {
		return access.Operator(id), nil
	}
	var groups, accounts map[string]string
	err := h.db.Read(ctx, func(tx *store.Tx) error {
		var err error
		if groups, err = group.Roles(tx, id); err != nil {
			return err
		}
		accounts, err = account.Roles(tx, id)
		return err
	})
	return access.UserPrincipal(id, groups, accounts), err
}

// as is by, for tests.
func (h *tenancy) as(name string) access.Principal {
	h.t.Helper()
	p, err := h.by(h.t.Context(), name)
	h.ok(err)
	return p
}

func (h *tenancy) person(name string) {
	h.t.Helper()
	id := ident.New[person](h.clock.Now()).String()
	h.ok(h.db.Write(h.t.Context(), func(tx *store.Tx) error {
		operator := 0
		if name == "Olga" {
			operator = 1
		}
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', ?, 'active', '', 1, 1, 0)`, id, name+"@example.com", name, operator)
		return err
	}))
	h.people[name] = id
}

// customer makes an account with its administrator.
func (h *tenancy) customer(d account.Draft, admin string) account.Account {
	h.t.Helper()
	by := access.System("test")
	a, err := h.Accounts.Put(h.t.Context(), by, d)
	h.ok(err)
	h.member(a, admin, access.AccountAdmin)
	return a
}

func (h *tenancy) member(a account.Account, name, role string) {
	h.t.Helper()
	if h.people[name] == "" {
		h.person(name)
	}
	h.ok(h.db.Write(h.t.Context(), func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: a.ID.String(), User: h.people[name], Role: role})
	}))
}

// role is a role as the product tells about it.
func (h *tenancy) role(a account.Account, name string, administrator bool, actions ...string) account.Role {
	h.t.Helper()
	var r account.Role
	h.ok(h.db.Write(h.t.Context(), func(tx *store.Tx) error {
		var err error
		r, err = h.Accounts.PutRole(tx, access.System("test"), account.Role{Account: a.ID.String(), Key: name, Name: name, Administrator: administrator,
			Policy: access.Policy{{Effect: access.Allow, Actions: actions, Resources: []string{"*"}}}})
		return err
	}))
	return r
}

// team makes a developer with a group.
func (h *tenancy) team(owner, name string) group.Group {
	h.t.Helper()
	if h.people[owner] == "" {
		h.person(owner)
	}
	g, err := h.Groups.Create(h.t.Context(), h.as(owner), name)
	h.ok(err)
	return g
}

// product makes an application with a live version.
func (h *tenancy) app(owner string, g group.Group, name string, c release.Content) application.Application {
	h.t.Helper()
	ctx := h.t.Context()
	a, err := h.Applications.Register(ctx, h.as(owner), g.ID.String(), application.Draft{Name: name, Support: "help@" + name + ".example", Domains: []string{"deploybot.example"},
		Homepage: "https://deploybot.example", Description: "Turns flags on step by step after a deploy, and off again when errors rise."})
	h.ok(err)
	if c.Number == "" {
		return a
	}
	v, err := h.Releases.Draft(ctx, h.as(owner), a.ID, c)
	h.ok(err)
	_, err = h.Releases.Publish(ctx, h.as(owner), v.ID)
	h.ok(err)
	return a
}

// deploybot asks for two scopes and would like a third.
func deploybot() release.Content {
	return release.Content{Number: "1.2.0", UserName: "deploybot", RoleName: "Deploybot", Delegation: "consent",
		Required: []release.Request{
			{Scope: "projects.read", Purpose: "Finds the environments into which you deploy."},
			{Scope: "flags.write", Purpose: "Turns flags on step by step while it watches your error rate."},
		},
		Optional: []release.Request{{Scope: "members.write", Purpose: "Gives the person on call the right to stop a roll-out."}}}
}

// world is Harbour Books with its administrator Ines, and Northwind Labs with Noor and Deploybot.
func world(t *testing.T) (*tenancy, account.Account, application.Application) {
	t.Helper()
	h := newTenancy(t)
	for _, name := range []string{"Olga", "Noor", "Ines"} {
		h.person(name)
	}
	a := h.customer(account.Draft{Key: "harbour-books", Name: "Harbour Books"}, "Ines")
	g := h.team("Noor", "Northwind Labs")
	return h, a, h.app("Noor", g, "Deploybot", deploybot())
}

// install is what an administrator does.
func (h *tenancy) install(name string, a account.Account, app application.Application) integration.Installation {
	h.t.Helper()
	i, err := h.Integrations.Install(h.t.Context(), h.as(name), a.ID, integration.Order{ApplicationID: app.PublicID})
	h.ok(err)
	return i
}

// calls counts some traffic of an installation over the last hours.
func (h *tenancy) calls(i integration.Installation, g group.Group) {
	now := h.clock.Now()
	for hour := range 22 {
		at := now.Add(-time.Duration(hour) * time.Hour)
		k := usage.Key{Grant: i.Grant, Application: i.Application, Account: i.Account, Group: g.ID.String(), Operation: "listFlags"}
		h.Usage.Recorder.Record(at, k, uint32(10+hour*7%23))
		if hour%5 == 0 {
			k.Operation, k.Outcome = "createFlag", usage.PermissionDenied
			h.Usage.Recorder.Record(at, k, 3)
		}
		h.ok(h.Usage.Flush(h.t.Context()))
	}
}

// get reads a page as somebody ("" for nobody) without following redirects.
func (h *tenancy) get(name, path string) (int, string, http.Header) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.server.URL+path, nil)
	h.ok(err)
	return h.send(name, r)
}

func (h *tenancy) send(name string, r *http.Request) (int, string, http.Header) {
	h.t.Helper()
	if name != "" {
		r.AddCookie(&http.Cookie{Name: "guestright", Value: name})
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(r)
	h.ok(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	h.ok(err)
	return res.StatusCode, string(body), res.Header
}

func (h *tenancy) url(format string, args ...any) string {
	return h.server.URL + fmt.Sprintf(format, args...)
}

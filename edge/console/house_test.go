package console_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/console"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/identity/password"
	"github.com/guestright/guestright/insight"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/ledger"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/recording"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/suspension"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

// house is the console over real services on a database of its own.
type house struct {
	console.Services
	t     *testing.T
	clock *storetest.Clock
	db    *store.DB
	*httptest.Server

	mu      sync.Mutex
	letters []string
}

const pass = "violet otter 7 teacups"

// newHouse opens the console; with sets what must be there before it does.
func newHouse(t *testing.T, with ...func(*house)) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock()}
	h.db = storetest.Open(t, h.clock)
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	must(t, err)
	log := &audit.Log{DB: h.db}
	mux := http.NewServeMux()
	h.Server = httptest.NewServer(web.NewDoor(web.DoorConfig{}, mux))
	t.Cleanup(h.Server.Close)

	current := &catalog.Current{}
	current.Swap(pennantFiles(t))
	s := &h.Services
	s.Keys, s.Audit, s.Catalog, s.Origin, s.Gateway, s.Now = keys, log, current, h.URL, h.URL+"/api", h.clock.Now
	s.Quota = &quota.Service{DB: h.db, Audit: log, Solo: true}
	must(t, s.Quota.SetPlans([]quota.Plan{quota.Development(), {Name: "production", Label: "Production", Sites: 50, Limits: []quota.Limit{{Calls: 500, Per: 10 * time.Second}, {Calls: 100_000, Per: 24 * time.Hour}}}}))
	s.Groups = &group.Service{DB: h.db, Audit: log, Naming: group.Naming{Forbidden: []string{"test"}}}
	s.Accounts = &account.Service{DB: h.db, Audit: log}
	s.Roles = &role.Service{DB: h.db, Audit: log, Accounts: s.Accounts, Catalog: current}
	s.Applications = &application.Service{DB: h.db, Audit: log, Groups: s.Groups, Keys: keys}
	s.Notices = &notice.Service{DB: h.db, Audit: log}
	s.Releases = &release.Service{DB: h.db, Audit: log, Applications: s.Applications, Groups: s.Groups, Notices: s.Notices, Catalog: current}
	s.Applications.Touched = s.Releases.Touched
	s.Tokens = &token.Service{DB: h.db, Audit: log, Keys: keys}
	s.Integrations = &integration.Service{DB: h.db, Audit: log, Accounts: s.Accounts, Groups: s.Groups, Applications: s.Applications,
		Releases: s.Releases, Grants: &grant.Service{DB: h.db}, Tokens: s.Tokens, Quota: s.Quota, Notices: s.Notices, Catalog: current}
	s.Usage = &usage.Service{DB: h.db, Recorder: usage.NewRecorder(1000), GroupOf: func(ctx context.Context, app string) (string, error) {
		var owner string
		err := h.db.Read(ctx, func(tx *store.Tx) error {
			return tx.NewRaw("SELECT group_id FROM application_application WHERE id = ?", app).Scan(tx.Ctx, &owner)
		})
		return owner, err
	}}
	s.Identity = &identity.Service{DB: h.db, Audit: log, Keys: keys, Passwords: password.NewHasher(password.Cost{Memory: 64, Passes: 1, Lanes: 1}, 4),
		Platform: "Guestright", Base: h.URL, Insecure: true, Mail: h.mail, Authorities: authorities,
		Founded: func(tx *store.Tx, by access.Principal, u identity.User) error {
			_, err := s.Groups.Found(tx, by, u.Name, true)
			return err
		}}
	s.Identity.Further = s.Roles.Authorities
	s.Sessions = identity.NewAuthenticator(s.Identity)
	s.Products, err = token.NewProducts(h.db, log, keys)
	must(t, err)
	roles := s.Roles
	s.Private = &private.Service{DB: h.db, Audit: log, Accounts: s.Accounts, Roles: roles, Grants: &grant.Service{DB: h.db}, Tokens: s.Tokens,
		Usage: s.Usage, Notices: s.Notices, Catalog: current}
	s.Insight = &insight.Service{DB: h.db, Usage: s.Usage, Accounts: s.Accounts, Roles: s.Roles, Grants: s.Integrations.Grants, Releases: s.Releases,
		Integrations: s.Integrations, Private: s.Private, Catalog: current}
	s.Roles.Behind = s.Insight.Behind
	s.Ledgers = &ledger.Service{DB: h.db, Audit: log, Usage: s.Usage, Accounts: s.Accounts, Catalog: current}
	s.Recordings = &recording.Service{DB: h.db, Audit: log, Usage: s.Usage, Accounts: s.Accounts, Applications: s.Applications, Grants: &grant.Service{DB: h.db, Catalog: current}, Tokens: s.Tokens,
		Releases: s.Releases, Catalog: current}
	s.Suspensions = &suspension.Service{DB: h.db, Audit: log, Usage: s.Usage, Groups: s.Groups, Notices: s.Notices, Applications: s.Applications, Catalog: current}
	s.APITokens = &apitoken.Tokens{DB: h.db, Audit: log, Accounts: s.Accounts, Grants: s.Private.Grants, Secrets: s.Tokens, Roles: roles, Catalog: current}
	s.Tokens.Usage, s.Tokens.Notices = s.Usage, s.Notices
	s.Tokens.Kept(grant.KindPrivate, s.Private.Keeper, s.Private.Describe)
	for _, k := range []grant.Kind{grant.KindMember, grant.KindService} {
		s.Tokens.Kept(k, s.APITokens.Keeper, s.APITokens.Describe)
	}
	for _, set := range with {
		set(h)
	}
	console.New(*s).Mount(mux)
	return h
}

func authorities(tx *store.Tx, user string) (map[string]string, map[string]string, error) {
	groups, err := group.Roles(tx, user)
	if err != nil {
		return nil, nil, err
	}
	accounts, err := account.Roles(tx, user)
	return groups, accounts, err
}

func pennantFiles(t *testing.T) *catalog.Catalog {
	t.Helper()
	cat, err := pennantOnce()
	must(t, err)
	return cat
}

// pennantOnce reads the product's catalog, which nobody changes, once for all.
var pennantOnce = sync.OnceValues(func() (*catalog.Catalog, error) {
	raw, err := os.ReadFile("../../example/pennant/catalog.yaml")
	if err != nil {
		return nil, err
	}
	file, err := catalog.ParseFile(raw)
	if err != nil {
		return nil, err
	}
	set, err := catalog.Load(os.DirFS("../../example/pennant"), file.Product.Documents...)
	if err != nil {
		return nil, err
	}
	cat, _, err := catalog.Import(set, file)
	return cat, err
})

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) mail(tx *store.Tx, to, subject, text string) error {
	tx.OnCommit(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.letters = append(h.letters, "To: "+to+"\n"+subject+"\n"+text)
	})
	return nil
}

var linkForm = regexp.MustCompile(`https?://\S+\?link=\S+`)

// link is the newest mailed link.
func (h *house) link() string {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := len(h.letters) - 1; i >= 0; i-- {
		if found := linkForm.FindString(h.letters[i]); found != "" {
			return found
		}
	}
	h.t.Fatal("no link was mailed")
	return ""
}

// person signs somebody up and in.
func (h *house) person(name, email string) *client {
	h.t.Helper()
	ctx := h.t.Context()
	must(h.t, h.Identity.SignUp(ctx, identity.SignUp{Email: email, Name: name, Password: secret.New(pass)}))
	_, raw, _ := strings.Cut(h.link(), "?link=")
	st, err := h.Identity.Verify(ctx, raw, secret.New(pass), identity.Visit{})
	must(h.t, err)
	return h.client(st)
}

// operator makes somebody who runs the platform.
func (h *house) operator(name, email string) *client {
	h.t.Helper()
	h.person(name, email)
	must(h.t, h.db.Write(h.t.Context(), func(tx *store.Tx) error {
		_, err := tx.NewRaw("UPDATE identity_user SET operator = 1 WHERE email = ?", email).Exec(tx.Ctx)
		return err
	}))
	st, err := h.Identity.SignIn(h.t.Context(), identity.SignIn{Email: email, Password: secret.New(pass)}, identity.Visit{})
	must(h.t, err)
	return h.client(st)
}

// by is the person's principal as it is now.
func (c *client) by() access.Principal {
	c.t.Helper()
	by, _, err := c.house.Sessions.Principal(c.t.Context(), c.token)
	must(c.t, err)
	return by
}

// account makes a customer's account with an administrator.
func (h *house) account(key, name string, admin *client) account.Account {
	h.t.Helper()
	a, err := h.Accounts.Put(h.t.Context(), access.System("test"), account.Draft{Key: key, Name: name})
	must(h.t, err)
	must(h.t, h.db.Write(h.t.Context(), func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: a.ID.String(), User: admin.user, Role: "admin"})
	}))
	return a
}

// team is a developer's group with a published application, a key and customers.
type team struct {
	group group.Group
	app   application.Application
	live  release.Version
	key   application.IssuedKey
	in    []integration.Installation
}

func (h *house) team(dev, admin *client) team {
	h.t.Helper()
	ctx := h.t.Context()
	g, err := h.Groups.Create(ctx, dev.by(), "Northwind Labs")
	must(h.t, err)
	dev.again()
	a, err := h.Applications.Register(ctx, dev.by(), g.ID.String(), application.Draft{Name: "Deploybot", Description: "Turns feature flags on and off when you deploy, so that a release and its flags never drift apart.",
		Domains: []string{"deploybot.example"}, Homepage: "https://deploybot.example", Support: "help@deploybot.example"})
	must(h.t, err)
	v, err := h.Releases.Draft(ctx, dev.by(), a.ID, release.Content{Number: "1.0.0", Required: []release.Request{{Scope: "flags.read", Purpose: "Shows in your pipeline which flags a deployment touches."}},
		Optional: []release.Request{{Scope: "flags.write", Purpose: "Turns flags on after a deployment has succeeded."}}})
	must(h.t, err)
	v, err = h.Releases.Publish(ctx, dev.by(), v.ID)
	must(h.t, err)
	k, err := h.Applications.CreateKey(ctx, dev.by(), a.ID, application.KeyDraft{Label: "production workers"})
	must(h.t, err)
	out := team{group: g, app: a, live: v, key: k}
	for i, name := range []string{"Lakeside Software", "Hillcrest Games", "Møller & Søn"} {
		acc := h.account([]string{"lakeside", "hillcrest", "moller"}[i], name, admin)
		admin.again()
		in, err := h.Integrations.Install(ctx, admin.by(), acc.ID, integration.Order{ApplicationID: a.PublicID, Scopes: []string{"flags.read", "flags.write"}})
		must(h.t, err)
		out.in = append(out.in, in)
	}
	return out
}

// calls lets an application call the product for a day.
func (h *house) calls(x team) {
	now := h.clock.Now()
	for i := range 96 {
		at := now.Add(-time.Duration(95-i) * 15 * time.Minute)
		if i%8 == 0 {
			must(h.t, h.Usage.Flush(h.t.Context()))
		}
		for j, in := range x.in {
			k := usage.Key{Grant: in.Grant, Application: x.app.ID.String(), Account: in.Account, Group: x.group.ID.String(), Key: x.key.ID.String(), Operation: "listFlags"}
			h.Usage.Recorder.Record(at, k, uint32((i*7)%13*3+20-6*j))
			k.Outcome = usage.ScopeMissing
			k.Operation = "updateFlag"
			h.Usage.Recorder.Record(at, k, uint32(i%5))
			if i%24 == 3 {
				k.Outcome = usage.RateLimited
				h.Usage.Recorder.Record(at, k, 14)
			}
		}
	}
	from := netip.MustParseAddr("198.51.100.7")
	h.Usage.Recorder.Touch(usage.Subject{Kind: "key", ID: x.key.ID.String()}, now.Add(-4*time.Minute), usage.Call{Operation: "oauth.token", Account: x.in[0].Account, From: from})
	for _, in := range x.in[:2] {
		h.Usage.Recorder.Touch(usage.Subject{Kind: "grant", ID: in.Grant}, now.Add(-90*time.Second), usage.Call{Operation: "listFlags", From: from})
	}
}

// browser opens a Chromium that is signed in as c; nil for nobody.
func (h *house) browser(c *client) *pagetest.Browser {
	h.t.Helper()
	b := pagetest.Open(h.t)
	if c != nil {
		b.Goto(h.URL + "/sign-in")
		pagetest.Eval[string](b, "document.cookie = '"+h.Identity.CookieName()+"="+c.token+"; path=/'")
	}
	return b
}

var errNoForm = errors.New("the page has no such form")

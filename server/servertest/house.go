// Package servertest starts the whole house in the test's process: real
// database, real listeners on loopback, the example product behind the gateway.
// Only the clock and the outside world are the test's.
package servertest

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
)

// House is a running platform with its example product.
type House struct {
	*server.App
	T       testing.TB
	URL     string // public door
	Gateway string // gateway door
	Watch   string
	Checks  string // forward-auth, when the configuration opens it
	GRPC    string // Envoy checks, host and port, likewise
	Client  *http.Client
	Stop    func() // ends it before the test does
	// Product is the example product behind the gateway.
	Product *pennant.Server
}

// Options change what a House is made of.
type Options struct {
	Clock    *storetest.Clock
	DB       *store.DB // nil: a fresh one
	Keys     *secret.Keyring
	Catalog  *catalog.Catalog // nil: the example product's
	Upstream string           // of Catalog, for information only
	Change   func(*server.Config)
	Audience string
	Log      io.Writer
	Outbound *outbound.Client // nil: the guarded one
	TXT      domain.TXT       // nil: the system's resolver
}

// Start runs a house until the test ends.
func Start(t testing.TB, o Options) *House {
	t.Helper()
	db := o.DB
	if db == nil {
		db = storetest.Open(t, o.Clock)
	}
	keys := o.Keys
	if keys == nil {
		keys = Keys(t)
	}
	var l server.Listeners
	for _, into := range []*net.Listener{&l.Public, &l.Gateway, &l.Watch} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		*into = ln
	}
	cfg := server.Defaults()
	cfg.Listen, cfg.Gateway.Listen, cfg.Watch.Listen = l.Public.Addr().String(), l.Gateway.Addr().String(), l.Watch.Addr().String()
	cfg.URL, cfg.Gateway.URL = "http://"+cfg.Listen, "http://"+cfg.Gateway.Listen
	cfg.Apps.Unverified, cfg.Apps.Most = server.UnverifiedWarn, 0 // what most tests install was never reviewed
	if o.Audience != "" {
		cfg.Gateway.Audience = o.Audience
	}
	if o.Change != nil {
		o.Change(&cfg)
	}
	for _, d := range []struct {
		addr *string
		into *net.Listener
	}{{&cfg.Checks.Listen, &l.Checks}, {&cfg.Checks.GRPC, &l.GRPC}} {
		if *d.addr == "" {
			continue
		}
		ln, err := net.Listen("tcp", *d.addr)
		if err != nil {
			t.Fatal(err)
		}
		*d.into, *d.addr = ln, ln.Addr().String()
	}
	h := &House{T: t, Checks: "http://" + cfg.Checks.Listen, GRPC: cfg.Checks.GRPC, URL: cfg.URL, Gateway: cfg.Gateway.URL, Watch: "http://" + cfg.Watch.Listen, Client: &http.Client{Transport: &http.Transport{}}}
	cat := o.Catalog
	if cat == nil {
		cat = h.product(cfg)
	}
	out := o.Log
	if out == nil {
		out = io.Discard
	}
	opts := server.Options{Log: slog.New(slog.NewJSONHandler(out, nil)), DB: db, Keys: keys, Catalog: cat, Outbound: o.Outbound, TXT: o.TXT}
	if o.Clock != nil {
		opts.Now = o.Clock.Now
	}
	app, err := server.Open(t.Context(), cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	h.App = app
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx, &l, nil) }()
	h.Stop = sync.OnceFunc(func() {
		h.Client.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(h.Stop)
	return h
}

// Keys makes a keyring for a test.
func Keys(t testing.TB) *secret.Keyring {
	t.Helper()
	path := t.TempDir() + "/master.key"
	if err := secret.WriteKeyFile(path); err != nil {
		t.Fatal(err)
	}
	k, err := secret.ReadKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// product starts Pennant and gives its catalog, pointed at it.
func (h *House) product(cfg server.Config) *catalog.Catalog {
	h.T.Helper()
	p, err := pennant.New(pennant.Config{Dir: h.T.TempDir(), Issuer: cfg.URL, Audience: cfg.Gateway.Audience,
		JWKSURL: cfg.URL + "/.well-known/guestright-keys.json", HookSecret: "0123456789abcdef0123"})
	if err != nil {
		h.T.Fatal(err)
	}
	if err := p.Seed(h.T.Context()); err != nil {
		h.T.Fatal(err)
	}
	h.Product = p
	srv := httptest.NewServer(p.Handler())
	h.T.Cleanup(func() {
		p.EndStreams()
		srv.Close()
		_ = p.Close()
	})
	return PennantCatalog(h.T, srv.URL)
}

// pennantSet reads the product's API description, which nobody changes, once for
// all houses.
var pennantSet = sync.OnceValues(func() (catalog.Set, error) {
	return catalog.Parse("openapi.yaml", pennant.OpenAPI())
})

// PennantCatalog is the example product's catalog with another upstream and,
// where a test asks for them, changes to the file.
func PennantCatalog(t testing.TB, upstream string, changes ...func(*catalog.File)) *catalog.Catalog {
	t.Helper()
	file, err := catalog.ParseFile(pennant.Catalog())
	if err != nil {
		t.Fatal(err)
	}
	file.Product.Upstreams = map[string]string{"default": upstream}
	for _, change := range changes {
		change(&file)
	}
	set, err := pennantSet()
	if err != nil {
		t.Fatal(err)
	}
	cat, coverage, err := catalog.Import(set, file)
	if err != nil {
		t.Fatalf("%v\n%s", err, coverage.Text())
	}
	return cat
}

// Corpus gives a folder of the corpus; it skips where there is none, and fails
// in CI.
func Corpus(t testing.TB, root, name string) string {
	t.Helper()
	path := root + "/../shared/corpus/" + name
	if _, err := os.Stat(path); err != nil {
		testenv.Lacks(t, "the corpus %s is not on this machine", name)
	}
	return path
}

// Person makes a user who can act.
func (h *House) Person(email string) string {
	h.T.Helper()
	id := ident.New[person](h.DB.Now()).String()
	err := h.DB.Write(h.T.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', '', 1, 1, 0)`, id, email, email)
		return err
	})
	if err != nil {
		h.T.Fatal(err)
	}
	return id
}

type person struct{}

// IDPrefix implements ident.Named.
func (person) IDPrefix() string { return "usr" }

// Developer is a person who owns a group.
func (h *House) Developer(email string) (access.Principal, group.Group) {
	h.T.Helper()
	user := h.Person(email)
	g, err := h.Groups.Create(h.T.Context(), access.UserPrincipal(user, nil, nil), "Team "+email)
	if err != nil {
		h.T.Fatal(err)
	}
	return access.UserPrincipal(user, map[string]string{g.ID.String(): access.GroupOwner}, nil), g
}

// Customer is an account with the product's key and its administrator.
func (h *House) Customer(key string, kind account.Kind) (access.Principal, account.Account) {
	h.T.Helper()
	by := access.System("test")
	a, err := h.Accounts.Put(h.T.Context(), by, account.Draft{Key: key, Name: key, Kind: kind})
	if err != nil {
		h.T.Fatal(err)
	}
	user := h.Person("admin@" + key + ".example")
	err = h.DB.Write(h.T.Context(), func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, by, account.Member{Account: a.ID.String(), User: user, Role: access.AccountAdmin})
	})
	if err != nil {
		h.T.Fatal(err)
	}
	return access.UserPrincipal(user, nil, map[string]string{a.ID.String(): access.AccountAdmin}), a
}

// Release registers an application with a live version and a key.
func (h *House) Release(by access.Principal, g group.Group, scopes ...string) (application.Application, application.IssuedKey) {
	h.T.Helper()
	ctx := h.T.Context()
	app, err := h.Applications.Register(ctx, by, g.ID.String(), application.Draft{Name: "Deploybot", Description: "Turns flags on after a deploy."})
	if err != nil {
		h.T.Fatal(err)
	}
	c := release.Content{Number: "1.0.0"}
	for _, s := range scopes {
		c.Required = append(c.Required, release.Request{Scope: s, Purpose: "To do its work."})
	}
	v, err := h.Releases.Draft(ctx, by, app.ID, c)
	if err != nil {
		h.T.Fatal(err)
	}
	if _, err := h.Releases.Publish(ctx, by, v.ID); err != nil {
		h.T.Fatal(err)
	}
	key, err := h.Applications.CreateKey(ctx, by, app.ID, application.KeyDraft{Label: "test"})
	if err != nil {
		h.T.Fatal(err)
	}
	return app, key
}

// Install installs an application with what it requires.
func (h *House) Install(by access.Principal, a account.Account, app application.Application) integration.Installation {
	h.T.Helper()
	i, err := h.Integrations.Install(h.T.Context(), by, a.ID, integration.Order{ApplicationID: app.PublicID})
	if err != nil {
		h.T.Fatal(err)
	}
	return i
}

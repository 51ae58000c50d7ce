package registration_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"testing/fstest"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/registration"
	"github.com/guestright/guestright/release"
)

const spec = `{"openapi":"3.1.0","info":{"title":"Pennant","version":"1"},"paths":{
"/flags":{"get":{"operationId":"listFlags","responses":{"200":{"description":"ok"}}},"post":{"operationId":"createFlag","responses":{"201":{"description":"ok"}}}}}}`

func offering(t *testing.T) *catalog.Current {
	t.Helper()
	set, err := catalog.Load(fstest.MapFS{"pennant.json": {Data: []byte(spec)}}, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	cat, _, err := catalog.Import(set, catalog.File{
		Product:    catalog.Product{Name: "Pennant", Upstreams: map[string]string{"default": "http://127.0.0.1:1"}, Account: catalog.Account{In: "none"}},
		Operations: map[string]catalog.Override{"listFlags": {Needs: "flag:view"}, "createFlag": {Needs: "flag:create"}},
		Scopes: map[string]catalog.Scope{
			"flags.read":  {Label: "Read flags", Risk: "low", Entitlements: []string{"flag:view"}},
			"flags.write": {Label: "Change flags", Risk: "high", Entitlements: []string{"flag:view", "flag:create"}},
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

// house is the slice on a real database, with an internet of one server: whatever
// host is asked for, web answers.
type house struct {
	*registration.Service
	t       *testing.T
	ctx     context.Context
	clock   *storetest.Clock
	groups  *group.Service
	dev     access.Principal
	group   group.Group
	web     http.HandlerFunc
	fetched int
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, ctx: t.Context(), clock: storetest.NewClock()}
	db := open(h.clock)
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	h.ok(err)
	log := &audit.Log{DB: db}
	h.groups = &group.Service{DB: db, Audit: log}
	apps := &application.Service{DB: db, Audit: log, Groups: h.groups, Keys: keys, Quota: &quota.Service{DB: db, Audit: log, Solo: true}}
	cat := offering(t)
	releases := &release.Service{DB: db, Audit: log, Applications: apps, Groups: h.groups, Notices: &notice.Service{DB: db, Audit: log}, Catalog: cat}
	h.Service = &registration.Service{DB: db, Applications: apps, Releases: releases, People: &identity.Service{DB: db, Audit: log, Keys: keys}, Catalog: cat}

	user := ident.New[person](h.clock.Now()).String()
	h.ok(db.Write(h.ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, 'op@example.com', 'Op', '', '', 0, 'active', '', 1, 1, 0)`, user)
		return err
	}))
	h.group, err = h.groups.Create(h.ctx, access.UserPrincipal(user, nil, nil), "Registered by themselves")
	h.ok(err)
	h.dev = access.UserPrincipal(user, map[string]string{h.group.ID.String(): access.GroupOwner}, nil)
	h.Rules = registration.Rules{Dynamic: true, Documents: true, Domains: []string{"example.com"}, Group: h.group.ID.String()}
	h.outside()
	return h
}

func (h *house) outside() {
	h.t.Helper()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.fetched++
		h.web(w, r)
	}))
	h.t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	var err error
	h.Outbound, err = outbound.New(outbound.Config{Roots: roots, Resolver: everywhere{}, Dial: func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", srv.Listener.Addr().String())
	}})
	h.ok(err)
}

type everywhere struct{}

func (everywhere) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
}

// serves lets the internet answer with a document.
func (h *house) serves(m registration.Metadata) {
	raw, err := json.Marshal(m)
	h.ok(err)
	h.web = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(raw)
	}
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

// client is how a client stands under a client_id.
func (h *house) client(id string) (application.Application, application.Client, error) {
	h.t.Helper()
	var a application.Application
	var c application.Client
	err := h.DB.Read(h.ctx, func(tx *store.Tx) error {
		var err error
		a, c, err = h.Applications.ClientOf(tx, id)
		return err
	})
	return a, c, err
}

func each(t *testing.T, f func(*house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) { f(newHouse(t, open)) })
}

package domain_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/notice"
)

var ctx = context.Background()

type person struct{}

func (person) IDPrefix() string { return "usr" }

// internet is the outside world: records by name, and one server that answers
// for every host, with a certificate for example.com and what lies below.
type internet struct {
	mu      sync.Mutex
	records map[string][]string
	trouble error // of every look-up of records
	at      string
	deaf    bool
	serve   http.HandlerFunc
	asked   []string
	srv     *httptest.Server
}

func (n *internet) LookupTXT(_ context.Context, name string) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, name)
	if n.trouble != nil {
		return nil, n.trouble
	}
	got, ok := n.records[name]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return got, nil
}

func (n *internet) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if n.at == "" {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{netip.MustParseAddr(n.at)}, nil
}

func (n *internet) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if n.deaf {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: errors.New("connection refused")}
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", n.srv.Listener.Addr().String())
}

func nothing(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/guestright-challenge.txt" {
			nothing(w, r)
			return
		}
		_, _ = w.Write([]byte(text))
	}
}

type house struct {
	*domain.Service
	t      *testing.T
	clock  *storetest.Clock
	groups *group.Service
	net    *internet
	by     access.Principal
	api    *web.API
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func newHouse(t *testing.T, open func(*storetest.Clock) *store.DB) *house {
	t.Helper()
	h := &house{t: t, clock: storetest.NewClock(), net: &internet{records: map[string][]string{}, at: "93.184.216.34", serve: nothing}}
	db := open(h.clock)
	entries := &audit.Log{DB: db}
	h.groups = &group.Service{DB: db, Audit: entries}
	h.net.srv = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.net.serve(w, r) }))
	h.net.srv.Config.ErrorLog = log.New(io.Discard, "", 0) // refused certificates are a part of the test
	h.net.srv.StartTLS()
	t.Cleanup(h.net.srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(h.net.srv.Certificate())
	c, err := outbound.New(outbound.Config{Roots: roots, Resolver: h.net, Dial: h.net.dial, OwnNames: []string{"platform.com"}})
	h.ok(err)
	t.Cleanup(c.Close)
	h.Service = &domain.Service{DB: db, Audit: entries, Groups: h.groups, Notices: &notice.Service{DB: db, Audit: entries}, Outbound: c, TXT: h.net}
	h.api = web.New(web.Config{Title: "t", Version: "1", Gate: func(r *http.Request, _ web.Operation) (context.Context, error) {
		return access.With(r.Context(), h.by), nil
	}})
	h.groups.Mount(h.api)
	h.Mount(h.api)
	if _, err := h.api.OpenAPI(); err != nil {
		t.Fatal(err)
	}
	return h
}

// developer makes a person with a group.
func (h *house) developer(name string) (access.Principal, string) {
	h.t.Helper()
	id := ident.New[person](h.clock.Now()).String()
	h.ok(h.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, `INSERT INTO identity_user (id, email, name, company, password, operator, state, product_key, verified, created, deletion_due)
			VALUES (?, ?, ?, '', '', 0, 'active', '', 1, 1, 0)`, id, name+"@example.com", name)
		return err
	}))
	g, err := h.groups.Create(ctx, access.UserPrincipal(id, nil, nil), name+" Ltd")
	h.ok(err)
	return access.UserPrincipal(id, map[string]string{g.ID.String(): access.GroupOwner}, nil), g.ID.String()
}

// call sends a request and decodes the answer into into; it gives the code of a
// refusal.
func (h *house) call(by access.Principal, method, path, body string, into any) (int, string) {
	h.t.Helper()
	h.by = by
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, r)
	var p struct{ Code string }
	if w.Code >= 400 {
		_ = json.Unmarshal(w.Body.Bytes(), &p)
		if p.Code == "domain_check_soon" && w.Header().Get("Retry-After") == "" {
			h.t.Error("no Retry-After")
		}
	} else if into != nil {
		h.ok(json.Unmarshal(w.Body.Bytes(), into))
	}
	return w.Code, p.Code
}

func (h *house) add(by access.Principal, group, name string) domain.Domain {
	h.t.Helper()
	var d domain.Domain
	if status, code := h.call(by, "POST", "/v1/groups/"+group+"/domains", `{"name":"`+name+`"}`, &d); status != http.StatusCreated {
		h.t.Fatalf("%s: %d %s", name, status, code)
	}
	return d
}

// check lets the time between two checks pass and checks.
func (h *house) check(by access.Principal, d domain.Domain) domain.Domain {
	h.t.Helper()
	h.clock.Advance(domain.Again)
	var out domain.Domain
	if status, code := h.call(by, "POST", "/v1/domains/"+d.ID.String()+"/check", "", &out); status != http.StatusOK {
		h.t.Fatalf("check: %d %s", status, code)
	}
	return out
}

func (h *house) names(group string) string {
	h.t.Helper()
	var out []string
	h.ok(h.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := h.Names(tx, group)
		out = got
		return err
	}))
	return strings.Join(out, " ")
}

// told counts the notices of a kind that somebody has.
func (h *house) told(by access.Principal, kind string) int {
	h.t.Helper()
	box, err := h.Notices.List(ctx, by, notice.Query{})
	h.ok(err)
	n := 0
	for _, i := range box.Items {
		if i.Kind == kind {
			n++
		}
	}
	return n
}

// actions are those that the audit log holds about domains, the oldest first.
func (h *house) actions() string {
	h.t.Helper()
	var out []string
	h.ok(h.DB.Read(ctx, func(tx *store.Tx) error {
		return tx.NewRaw("SELECT action FROM audit_entry WHERE action LIKE 'domain.%' ORDER BY seq").Scan(tx.Ctx, &out)
	}))
	return strings.Join(out, " ")
}

func mustGroup(id string) group.ID { return ident.Must[group.Group](id) }

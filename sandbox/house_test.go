package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/webhook"
)

type received struct {
	header http.Header
	body   []byte
}

// house is the whole platform. Dan has an application that is installed in the
// sandbox lab of the group and in harbour, a customer's account; both subscribe.
type house struct {
	*servertest.House
	clock   *storetest.Clock
	dan     access.Principal
	admin   access.Principal
	team    group.Group
	app     application.Application
	key     application.IssuedKey
	lab     account.Account
	harbour account.Account
	hook    webhook.Issued
	got     chan received
}

func start(t *testing.T, db *store.DB, clock *storetest.Clock) *house {
	t.Helper()
	h := &house{clock: clock, got: make(chan received, 100)}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.got <- received{r.Header, body}
	}))
	t.Cleanup(receiver.Close)
	product := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(product.Close)
	client, err := outbound.NewDemo(nil, []netip.AddrPort{netip.MustParseAddrPort(receiver.Listener.Addr().String())})
	if err != nil {
		t.Fatal(err)
	}
	cat := servertest.PennantCatalog(t, product.URL, func(f *catalog.File) {
		f.Previews = map[string]catalog.Gated{"insights": {Label: "Insights"}}
		f.Events["insight.found"] = catalog.EventType{Label: "Insight found", Preview: "insights"}
		f.Events["release.shipped"] = catalog.EventType{Label: "Release shipped", Schemas: map[string]map[string]any{"1": {"type": "object", "required": []any{"name"}, "additionalProperties": false,
			"properties": map[string]any{"name": map[string]any{"type": "string", "minLength": 1}, "at": map[string]any{"type": "string", "format": "date-time"}}}}}
	})
	h.House = servertest.Start(t, servertest.Options{DB: db, Clock: clock, Outbound: client, Catalog: cat})
	h.dan, h.team = h.Developer("dan@acme.example")
	h.admin, h.harbour = h.Customer("harbour", account.Production)
	var admin access.Principal
	admin, h.lab = h.Customer("lab", account.Sandbox)
	h.lab = h.turn("lab", account.Sandbox, h.team.ID.String())
	h.app, h.key = h.Release(h.dan, h.team, "flags.read")
	h.Install(h.admin, h.harbour, h.app)
	h.Install(admin, h.lab, h.app)
	h.hook, err = h.Webhooks.CreateForApplication(t.Context(), h.dan, h.app.ID, webhook.Draft{URL: receiver.URL + "/hook", Types: []string{"flag.*", "release.*"}})
	h.ok(err)
	return h
}

// turn makes an account another kind, or another group's.
func (h *house) turn(key string, kind account.Kind, owner string) account.Account {
	h.T.Helper()
	a, err := h.Accounts.Put(h.T.Context(), access.System("test"), account.Draft{Key: key, Name: key, Kind: kind, Group: owner})
	h.ok(err)
	return a
}

func (h *house) ok(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

func (h *house) code(what string, err error, want string) {
	h.T.Helper()
	if got := problem.CodeOf(err); got != want || want == "" && err != nil {
		h.T.Errorf("%s: %v, want %q", what, err, want)
	}
}

func (h *house) next() received {
	h.T.Helper()
	select {
	case r := <-h.got:
		return r
	case <-time.After(20 * time.Second):
		h.T.Fatal("nothing came")
	}
	return received{}
}

// audited counts the entries about sandboxes by what was done.
func (h *house) audited() map[string]int {
	h.T.Helper()
	log, err := h.Audit.List(h.T.Context(), h.dan, audit.Filter{Group: h.team.ID.String(), Limit: 200}, 0)
	h.ok(err)
	n := map[string]int{}
	for _, e := range log.Entries {
		n[e.Action]++
	}
	return n
}

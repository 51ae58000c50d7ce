package console_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/webhook"
)

// post is somebody's server together with a console that delivers to it.
type post struct {
	*house
	x          team
	dev, admin *client
	url        string
	status     atomic.Int64 // of its answers
	got        atomic.Int64 // requests that it answered with 2xx
}

func newPost(t *testing.T, with ...func(*house)) *post {
	t.Helper()
	p := &post{}
	p.status.Store(http.StatusOK)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		status := int(p.status.Load())
		if status == http.StatusOK {
			p.got.Add(1)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"said":"`+http.StatusText(status)+`"}`)
	}))
	t.Cleanup(srv.Close)
	p.url = srv.URL + "/events"
	client, err := outbound.NewDemo(nil, []netip.AddrPort{netip.MustParseAddrPort(srv.Listener.Addr().String())})
	must(t, err)
	quiet := slog.New(slog.DiscardHandler)
	p.house = newHouse(t, func(h *house) {
		bearers, facts := token.NewAuthenticator(h.db, h.Keys), account.NewFacts(h.db)
		bearers.Roles = h.Roles
		events := &event.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts, Facts: facts, Bearers: bearers, Catalog: h.Catalog, Log: quiet}
		h.Webhooks = webhook.New(webhook.Service{DB: h.db, Audit: h.Audit, Keys: h.Keys, Applications: h.Applications, Grants: &grant.Service{DB: h.db, Catalog: h.Catalog}, Bearers: bearers,
			Facts: facts, Events: events, Notices: h.Notices, Catalog: h.Catalog, Client: client, Log: quiet})
		for _, set := range with {
			set(h)
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Webhooks.Run(ctx) }()
	t.Cleanup(func() { // before the database is closed
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	p.dev, p.admin = p.person("Ada Lindqvist", "ada@northwind.example"), p.person("Grace Okafor", "grace@lakeside.example")
	p.x = p.team(p.dev, p.admin)
	return p
}

// happens publishes events of the product in the first customer's account.
func (p *post) happens(n int, what string) {
	p.t.Helper()
	var drafts []event.Draft
	for i := range n {
		drafts = append(drafts, event.Draft{Type: what, Account: "lakeside", Subject: fmt.Sprintf("proj/web:env/production:flag/dark-mode-%d", i), Data: []byte(`{"flag":"dark-mode","by":"Grace"}`)})
	}
	_, err := p.Webhooks.Events.Publish(p.t.Context(), access.System("test"), drafts, func(i int) string { return fmt.Sprint("/", i) })
	must(p.t, err)
}

// until waits for what the courier does in the background.
func (p *post) until(what string, f func() bool) {
	p.t.Helper()
	limit, tick := time.After(20*time.Second), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-limit:
			p.t.Fatalf("%s: still not", what)
		case <-tick.C:
		}
	}
}

// queue is what an endpoint has before it.
func (p *post) queue(id webhook.ID) webhook.Queue {
	p.t.Helper()
	got, err := p.Webhooks.Queues(p.t.Context(), access.System("test"), id)
	must(p.t, err)
	return got[id]
}

func (p *post) hooks() string { return "/applications/" + p.x.app.ID.String() + "/webhooks" }

var hookAddress = regexp.MustCompile(`/webhooks/(whe_[0-9a-z]{26})`)

// make makes an endpoint by the form of the page at a place.
func (p *post) make(c *client, at string, fields ...string) webhook.ID {
	p.t.Helper()
	if !slices.Contains(fields, "url") {
		fields = append(fields, "url", p.url)
	}
	a := c.submit(at+"/new", at+"/new", append(fields, "on", "on")...)
	if !strings.Contains(a.body, "whsec_") {
		p.t.Fatalf("no secret: %d\n%s", a.StatusCode, a.text())
	}
	id := hookAddress.FindStringSubmatch(a.body)[1]
	for _, again := range []string{"/webhooks/" + id, at} {
		if strings.Contains(c.get(again).body, "whsec_") {
			p.t.Errorf("%s shows the secret again", again)
		}
	}
	return ident.Must[webhook.Endpoint](id)
}

// A developer makes an endpoint, sees what is delivered, changes it, turns it off
// and on, and deletes it.
func TestADeveloperLooksAfterAnEndpoint(t *testing.T) {
	p := newPost(t)
	p.dev.get(p.hooks()).has(t, "No endpoint yet", "Make an endpoint", "Check the signature")
	p.dev.submit(p.hooks()+"/new", p.hooks()+"/new", "url", "http://10.0.0.1/", "type", "nothing.there", "on", "on").has(t, "The catalog has no such type of event.")
	id := p.make(p.dev, p.hooks(), "description", "Turns the lights on", "type", "flag.*")
	one := "/webhooks/" + id.String()
	p.happens(3, "flag.turned_on")
	p.until("three arrive", func() bool { return p.got.Load() == 3 })
	p.until("they are written", func() bool { return strings.Count(p.dev.get(one).body, "200 OK") >= 3 })
	page := p.dev.get(one).has(t, "flag.*", "Delivered", "200 OK", "Lakeside Software", "Turns the lights on")
	delivery := regexp.MustCompile(`/deliveries/dlv_[0-9a-z]{26}`).FindString(page.body)
	p.dev.get(delivery).has(t, "Attempt 1", "200 OK", `"said":"OK"`, "webhook-id: evt_", "dark-mode", "Lakeside Software", "Arrived.")
	p.dev.submit(delivery, delivery+"/replay").led(t, delivery)
	p.until("it comes again", func() bool { return p.got.Load() == 4 })
	p.until("it is written", func() bool { return strings.Contains(p.dev.get(delivery).body, "Attempt 2") })
	p.until("it is counted", func() bool {
		return strings.Contains(p.dev.get(one).text(), "What came of the requests Requests") || strings.Contains(p.dev.get(one).body, "data-chart")
	})

	tested := p.dev.submit(one, one+"/test", "type", "flag.created").led(t, "/deliveries/dlv_")
	p.until("the made-up event arrives", func() bool { return strings.Contains(p.dev.get(tested).body, "Arrived.") })
	p.dev.get(tested).has(t, "flag.created", `"test": true`)
	p.dev.submit(one+"/edit", one+"/edit", "url", p.url+"?new", "description", "More lights", "concurrency", "4", "rate", "50", "ordered", "on", "on", "on").led(t, one)
	p.dev.get(one).has(t, "More lights", "at most 50", "in order within a key")
	p.dev.submit(one+"/edit", one+"/edit", "url", p.url, "concurrency", "many", "on", "on").has(t, "1 to 64.")
	p.dev.submit(one+"/events/new", one+"/events/new", "type", "segment.created", "account", p.x.in[0].Account, "on", "on").led(t, one)
	page = p.dev.get(one).has(t, "segment.created", "Lakeside Software")
	sub := regexp.MustCompile(one + `/events/whs_[0-9a-z]{26}`).FindString(page.body)
	p.dev.submit(sub, sub, "patterns", "flag.*", "filter", "[{", "on", "on").has(t, "policy")
	p.dev.submit(sub, sub, "patterns", "flag.*", "filter", `[{"effect":"allow","actions":["event:receive"],"resources":["proj/*:env/production:flag/*"]}]`, "on", "on").led(t, one)
	p.dev.get(one).has(t, "Only what this policy lets through")
	p.dev.submit(sub, sub+"/delete").led(t, one)
	p.dev.submit(one+"/rotate", one+"/rotate", "overlap", "7d").has(t, "whsec_", "Copy the signing secret now")
	p.dev.get(one).has(t, "signs until")
	p.dev.submit(one, one+"/disable").led(t, one)
	p.dev.get(one).has(t, "Off", "Enable")
	p.dev.submit(one+"/replay", one+"/replay", "state", "delivered", "when", "1h").has(t, "The endpoint is disabled.")
	p.dev.submit(one, one+"/enable").led(t, one)
	p.dev.submit(one+"/delete", one+"/delete").led(t, p.hooks())
	p.dev.get(p.hooks()).has(t, "No endpoint yet")
	p.dev.get("/applications/"+p.x.app.ID.String()+"/activity").has(t, "made a webhook endpoint at", "deleted the webhook endpoint at")
}

// An account's administrator makes an endpoint for one installation; it hears of
// that account only, and what the scopes do not open cannot be chosen.
func TestAnAdministratorHasAnEndpointForAnInstallation(t *testing.T) {
	p := newPost(t)
	at := "/installations/" + p.x.in[0].ID.String()
	p.admin.get(at).has(t, "Webhooks")
	p.admin.get(at+"/webhooks/new").has(t, "hears of Lakeside Software only", "Needs")
	p.admin.submit(at+"/webhooks/new", at+"/webhooks/new", "url", p.url, "type", "member.created", "on", "on").has(t, "The scopes do not allow any event that this names.")
	id := p.make(p.admin, at+"/webhooks", "type", "flag.*")
	p.happens(1, "flag.created")
	p.until("it arrives", func() bool { return p.got.Load() == 1 })
	p.until("it is written", func() bool { return strings.Contains(p.admin.get("/webhooks/"+id.String()).body, "200 OK") })
	p.admin.get(at+"/webhooks/deliveries?state=delivered&type=flag.created&status=200").has(t, "flag.created", "Send these again")
	p.admin.get(at+"/webhooks/deliveries?state=failed").has(t, "Nothing fits")
	p.admin.get(at+"/webhooks/deliveries?event=x").has(t, "An event's id begins with evt_.")
	// The application's developers look after their own endpoints, and see nothing of the customer's.
	if a := p.dev.get("/webhooks/" + id.String()); a.StatusCode != http.StatusNotFound {
		t.Errorf("the developer sees the customer's endpoint: %d", a.StatusCode)
	}
}

// Strangers find none of the pages, and a member looks and changes nothing.
func TestWebhookPagesAreForThoseWhoLookAfterThem(t *testing.T) {
	p := newPost(t)
	id := p.make(p.dev, p.hooks(), "type", "flag.*")
	one := "/webhooks/" + id.String()
	p.happens(1, "flag.created")
	var delivery string
	p.until("it is written", func() bool {
		delivery = regexp.MustCompile(`/deliveries/dlv_[0-9a-z]{26}`).FindString(p.dev.get(one).body)
		return delivery != ""
	})
	stranger := p.person("Eve", "eve@elsewhere.example")
	all := []string{p.hooks(), p.hooks() + "/new", p.hooks() + "/deliveries", one, one + "/live", one + "/edit", one + "/delete", one + "/rotate", one + "/replay", one + "/events/new", delivery}
	for _, path := range all {
		if a := stranger.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("a stranger at %s: %d", path, a.StatusCode)
		}
	}
	mate := p.person("Ben", "ben@northwind.example")
	members := "/groups/" + p.x.group.ID.String() + "/members"
	p.dev.submit(members, members, "email", "ben@northwind.example", "role", "member").led(t, "/groups/")
	mate.again()
	for path, want := range map[string]int{p.hooks(): 200, one: 200, delivery: 200, one + "/live": 200, p.hooks() + "/new": 403, one + "/edit": 403, one + "/delete": 403, one + "/rotate": 403, one + "/replay": 403} {
		if a := mate.get(path); a.StatusCode != want {
			t.Errorf("a member at %s: %d", path, a.StatusCode)
		}
	}
	if a := mate.get(one); strings.Contains(a.body, "<form") && strings.Contains(a.body, "/disable") {
		t.Error("a member is offered what they may not do")
	}
	if a := p.guest().get(one + "/live"); a.Header.Get("HX-Refresh") != "true" {
		t.Errorf("a page that was left open after the session's end: %d", a.StatusCode)
	}
}

// A receiver fails: the circuit opens, the queue grows, the owners are told; it
// recovers, the queue drains, and an hour is sent again.
func TestAReceiverFailsAndComesBack(t *testing.T) {
	p := newPost(t)
	id := p.make(p.dev, p.hooks(), "type", "flag.*")
	one := "/webhooks/" + id.String()
	p.status.Store(http.StatusServiceUnavailable)
	p.happens(25, "flag.updated")
	p.until("the circuit opens", func() bool { return strings.Contains(p.dev.get(one).body, "Circuit open") })
	p.happens(40, "flag.updated")
	p.until("the queue grows", func() bool { return p.queue(id).Waiting == 65 })
	p.dev.get(one+"/live").has(t, "65", "kept until it answers", "does not answer", "Try now")
	p.dev.get("/inbox").has(t, "A webhook endpoint does not answer")
	p.status.Store(http.StatusOK)
	p.dev.submit(one, one+"/try").led(t, one)
	p.until("it drains as far as nothing waits for a later attempt", func() bool { return p.got.Load() >= 40 })
	p.clock.Advance(10 * time.Second)
	p.until("it drains", func() bool { return p.queue(id).Waiting == 0 })
	p.dev.get(one+"/live").has(t, "nothing waits", "On")
	p.dev.get("/inbox").has(t, "A webhook endpoint is back")

	before := p.got.Load()
	p.dev.submit(one+"/replay", one+"/replay", "state", "delivered", "when", "1h").led(t, one)
	p.until("all of the hour come again", func() bool { return p.got.Load() == before+65 })
	p.until("it is written", func() bool { return strings.Contains(p.dev.get(one+"/live").body, "All have arrived.") })
	p.dev.submit(one+"/replay", one+"/replay", "state", "failed", "when", "1h").has(t, "Nothing fits")

	// A replay that the receiver refuses can be stopped.
	p.status.Store(http.StatusInternalServerError)
	p.dev.submit(one+"/replay", one+"/replay", "state", "delivered", "when", "24h").led(t, one)
	p.until("the circuit opens again", func() bool { return strings.Contains(p.dev.get(one).body, "Circuit open") })
	stop := regexp.MustCompile(one + `/replays/whp_[0-9a-z]{26}/stop`).FindString(p.dev.get(one).body)
	p.dev.submit(one, stop).led(t, one)
	p.until("nothing of it waits", func() bool { return p.queue(id).Waiting == 0 })
	p.dev.get(one+"/live").has(t, "Stopped.")
}

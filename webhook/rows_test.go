package webhook_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/webhook"
)

// told is an event of ours as a receiver reads it.
type told struct {
	Type     string
	Account  string
	Sequence int64
	Data     struct {
		Target string
		After  struct{ State string }
	}
}

func (r received) told(t *testing.T) told {
	t.Helper()
	var out told
	if err := json.Unmarshal(r.body, &out); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
	return out
}

// H16: no race between the news of an installation and the first token. While the
// installation is not complete its event says pending and no token is given; the
// next event says active, with a higher number of the same log.
func TestH16_AnInstallationIsToldAsPendingThenActive(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}, 10), make(chan struct{})
	product := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		select {
		case <-answer:
		case <-t.Context().Done():
		}
		_, _ = w.Write([]byte(`{"user_key":"u-81"}`))
	}))
	t.Cleanup(product.Close)
	key := filepath.Join(t.TempDir(), "hook")
	if err := os.WriteFile(key, []byte("0123456789abcdef0123"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := start(t, nil, nil, func(c *server.Config) { c.Hook = server.HookCfg{URL: product.URL, Secret: key} })
	<-asked // about the installation that every house begins with
	h.endpoint(webhook.Draft{Types: []string{"guestright.installation.*"}})
	admin, acc := h.Customer("alder", account.Production)
	ins := h.Install(admin, acc, h.app)
	<-asked
	var first told
	for first.Account != acc.ID.String() {
		first = h.next().told(t)
	}
	if first.Type != "guestright.installation.create" || first.Data.After.State != "pending" || first.Data.Target != "installation/"+ins.ID.String() {
		t.Errorf("%+v", first)
	}
	if a := h.AskToken(h.key, "alder"); a.Status/100 == 2 {
		t.Errorf("a token while it is pending: %d %s", a.Status, a.Body)
	}
	close(answer)
	var second told
	for second.Account != acc.ID.String() {
		second = h.next().told(t)
	}
	if second.Type != "guestright.installation.provision" || second.Data.After.State != "active" || second.Data.Target != first.Data.Target || second.Sequence <= first.Sequence {
		t.Errorf("%+v after %+v", second, first)
	}
	if h.Token(h.key, "alder") == "" {
		t.Error("no token once it is active")
	}
}

// H21, its event half: an application hears at its own endpoint that it was removed
// from an account.
func TestH21_RemovalIsDelivered(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	h.endpoint(webhook.Draft{Types: []string{"guestright.installation.delete", "flag.*"}})
	list, err := h.Integrations.ListAccount(t.Context(), h.admin, h.acc.ID)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if _, err := h.Integrations.Remove(t.Context(), h.admin, list[0].ID, "not needed"); err != nil {
		t.Fatal(err)
	}
	if got := h.next().told(t); got.Type != "guestright.installation.delete" || got.Data.After.State != "removed" || got.Data.Target != "installation/"+list[0].ID.String() {
		t.Errorf("%+v", got)
	}
}

// delegate is an installed and verified application that people may let act as them.
func (h *house) delegate() application.ID {
	h.t.Helper()
	ctx := h.t.Context()
	ok := func(err error) {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
	}
	app, err := h.Applications.Register(ctx, h.dev, h.app.Group, application.Draft{Name: "Flag Board", Description: "Shows flags.", Support: "help@flagboard.example",
		Homepage: "https://flagboard.example", Domains: []string{"flagboard.example"}})
	ok(err)
	uris := []string{"https://flagboard.example/cb"}
	_, err = h.Applications.SetClient(ctx, h.dev, app.ID, application.ClientPatch{RedirectURIs: &uris})
	ok(err)
	v, err := h.Releases.Draft(ctx, h.dev, app.ID, release.Content{Number: "1.0.0", Delegation: "consent", Required: []release.Request{{Scope: "flags.read", Purpose: "Shows the flags of a project."}}})
	ok(err)
	_, err = h.Releases.Publish(ctx, h.dev, v.ID)
	ok(err)
	asked, err := h.Releases.Submit(ctx, h.dev, app.ID, release.Statement{Privacy: "https://flagboard.example/privacy", Security: "security@flagboard.example", Data: "Nothing is kept."})
	ok(err)
	_, err = h.Releases.Decide(ctx, access.Operator(h.Person("op@example.com")), app.ID, release.Decision{Verify: true, Revision: asked.Revision})
	ok(err)
	_, err = h.Integrations.Install(ctx, h.admin, h.acc.ID, integration.Order{ApplicationID: app.PublicID, Scopes: []string{"flags.read"}, Delegation: "consent"})
	ok(err)
	return app.ID
}

// A29, its event half: when a person takes an application's access back, the
// application's server is told, and the tokens are dead.
func TestA29_TakingBackConsentIsDelivered(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	app := h.delegate()
	if _, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, app, webhook.Draft{URL: h.recv.URL + "/hook", Types: []string{"guestright.consent.*"}}); err != nil {
		t.Fatal(err)
	}
	var made consent.Consent
	if err := h.DB.Write(t.Context(), func(tx *store.Tx) (err error) {
		made, _, err = h.Consents.Approve(tx, h.admin, consent.Choice{Application: app.String(), Account: h.acc.ID.String(), Scopes: []string{"flags.read"}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := h.next().told(t); got.Type != "guestright.consent.create" || got.Data.Target != "consent/"+made.ID.String() {
		t.Errorf("%+v", got)
	}
	if _, err := h.Consents.Revoke(t.Context(), h.admin, made.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.next().told(t); got.Type != "guestright.consent.revoke" || got.Data.Target != "consent/"+made.ID.String() || got.Account != h.acc.ID.String() {
		t.Errorf("%+v", got)
	}
}

// W-07: a receiver that answers 2xx and breaks the connection in the middle of
// its answer has taken the event: it comes once.
func TestW07_AnAnswerThatBreaksOffIsAnAnswer(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	h.recv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.recv.got <- received{header: r.Header}
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("tak"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	h.say(flag("x"))
	h.next()
	d := h.became(e, webhook.Delivered)[0]
	if d.Status != http.StatusOK || d.Attempts != 1 {
		t.Errorf("%+v", d)
	}
	clock.Advance(24 * time.Hour)
	h.say(flag("y"))
	h.next()
	h.became(e, webhook.Delivered, webhook.Delivered)
	h.quiet()
}

// W-09: an answer of 10,000 headers costs nothing but that attempt, which says why
// it failed; another endpoint has its event, and this one gets it once it behaves.
func TestW09_TenThousandHeaders(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	bad := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	good, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: h.recv.URL + "/good", Types: []string{"flag.*"}})
	if err != nil {
		t.Fatal(err)
	}
	usual := h.recv.Config.Handler
	h.recv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hook" && clock.Now().Equal(storetest.NewClock().Now()) {
			for i := range 10_000 {
				w.Header().Set("X-"+strconv.Itoa(i), "a value of some length, as they have")
			}
		}
		usual.ServeHTTP(w, r)
	})
	sent := h.say(flag("x"))[0].ID.String()
	h.became(good, webhook.Delivered)
	d := h.tried(bad.ID, sent, 1)
	if d.State != webhook.Waiting || d.Status != 0 || d.Failure == "" || d.Tries[0].Answer != "" {
		t.Errorf("%+v", d)
	}
	clock.Advance(10 * time.Second)
	h.became(bad, webhook.Delivered)
}

// W-15: a process that dies between the receiver's 200 and writing it down sends
// the event again: same id, same body, another time, and one record of it. Here the
// lease of its log is taken from it meanwhile, as it is after a death.
func TestW15_An200ThatWasNotWrittenDownIsSentAgain(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	file := filepath.Join(t.TempDir(), "guestright.db")
	h := start(t, storetest.Again(t, file, clock), clock)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	arrived, answer := make(chan struct{}, 2), make(chan struct{})
	h.recv.holds(func([]byte) {
		arrived <- struct{}{}
		<-answer
	})
	sent := h.say(flag("x"))[0]
	<-arrived
	h.recv.holds(nil)
	clock.Advance(20 * time.Second)
	h.until("the first keeps its lease", func() bool {
		return h.one("SELECT COUNT(*) FROM webhook_courier WHERE until > ?", clock.Now().UnixMicro()) == 1
	})
	servertest.Start(t, servertest.Options{DB: storetest.Again(t, file, clock), Keys: h.Keys, Clock: clock, Catalog: h.Catalog.Get(), Outbound: h.Outbound})
	second := h.next()
	h.became(e, webhook.Delivered)
	close(answer) // the 200 of the first, which nobody writes down any more
	first := h.next()
	h.Stop()
	if first.id() != sent.ID.String() || second.id() != first.id() || string(second.body) != string(first.body) {
		t.Errorf("%s %s\n%s %s", first.id(), first.body, second.id(), second.body)
	}
	if first.header.Get("Webhook-Timestamp") == second.header.Get("Webhook-Timestamp") {
		t.Error("the second has the time of the first")
	}
	verifies(t, e.Secret.Reveal(), second)
	if n := h.one("SELECT COUNT(*) FROM webhook_attempt"); n != 1 || h.count(e) != 1 {
		t.Errorf("%d attempts of %d deliveries are written", n, h.count(e))
	}
}

// F-13: a message broker that is gone holds up nothing but its own endpoint: calls
// are decided, events accepted and delivered elsewhere, and what waits for it says why.
func TestF13_ABrokerThatIsGoneHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := gone.Addr().String()
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	recv := newReceiver(t)
	client, err := outbound.NewDemo(nil, []netip.AddrPort{netip.MustParseAddrPort(at), netip.MustParseAddrPort(recv.Listener.Addr().String())})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{House: servertest.Start(t, servertest.Options{Outbound: client}), t: t, recv: recv}
	h.admin, h.acc = h.Customer("harbour", account.Production)
	dev, team := h.Developer("dev@example.com")
	h.dev = dev
	h.app, h.key = h.Release(dev, team, "flags.read")
	h.Install(h.admin, h.acc, h.app)
	queue, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: "redis://" + at + "/0?stream=orders", Types: []string{"flag.*"}})
	if err != nil {
		t.Fatal(err)
	}
	server := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	owner, books := h.Customer("harbour-books", account.Production)
	h.Install(owner, books, h.app)
	token := h.Token(h.key, "harbour-books")
	const many = 30
	for i := range many {
		sent := h.say(flag(fmt.Sprint("f", i)))[0].ID.String()
		if r := h.next(); r.id() != sent {
			t.Errorf("%s came, not %s", r.id(), sent)
		}
		if a := h.Call(token, http.MethodGet, "/api/v1/accounts/harbour-books/projects/web-shop/flags", nil); a.Status != http.StatusOK {
			t.Fatalf("a call meanwhile: %d %s", a.Status, a.Body)
		}
	}
	h.until("all are delivered elsewhere", func() bool { return h.number(server, "state = 'delivered'") == many })
	h.until("all wait for the broker", func() bool { return h.number(queue, "state = 'waiting'") == many })
	if !slices.ContainsFunc(h.log(queue), func(d webhook.Delivery) bool { return strings.HasPrefix(d.Failure, "connect") }) {
		t.Errorf("%+v", h.log(queue))
	}
}

package webhook_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/webhook"
)

// received is one request that came to a receiver.
type received struct {
	header http.Header
	body   []byte
	path   string
}

func (r received) id() string { return r.header.Get("Webhook-Id") }

// receiver is somebody's server.
type receiver struct {
	*httptest.Server
	got chan received

	mu     sync.Mutex
	status int
	fails  map[string]bool // paths that answer 502 whatever the others do
	hold   func([]byte)    // runs before an answer; nil: nothing does
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{got: make(chan received, 5000), status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		status, hold := r.status, r.hold
		if r.fails[q.URL.Path] {
			status = http.StatusBadGateway
		}
		r.mu.Unlock()
		if hold != nil {
			hold(body)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "thank you")
		r.got <- received{q.Header, body, q.URL.Path}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// breaks lets paths answer 502 from now on.
func (r *receiver) breaks(paths ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = map[string]bool{}
	for _, p := range paths {
		r.fails[p] = true
	}
}

// holds lets f run before each answer from now on.
func (r *receiver) holds(f func(body []byte)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hold = f
}

// house is a platform that may call the test's receivers.
type house struct {
	*servertest.House
	t     *testing.T
	clock *storetest.Clock
	admin access.Principal
	acc   account.Account
	dev   access.Principal
	app   application.Application
	key   application.IssuedKey
	recv  *receiver
}

func start(t *testing.T, db *store.DB, clock *storetest.Clock, changes ...func(*server.Config)) *house {
	t.Helper()
	r := newReceiver(t)
	client, err := outbound.NewDemo(nil, []netip.AddrPort{netip.MustParseAddrPort(r.Listener.Addr().String())})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{House: servertest.Start(t, servertest.Options{DB: db, Clock: clock, Outbound: client, Change: func(c *server.Config) {
		for _, change := range changes {
			change(c)
		}
	}}), t: t, clock: clock, recv: r}
	h.admin, h.acc = h.Customer("harbour", account.Production)
	dev, team := h.Developer("dev@example.com")
	h.dev = dev
	h.app, h.key = h.Release(dev, team, "flags.read")
	h.Install(h.admin, h.acc, h.app)
	return h
}

func (h *house) endpoint(d webhook.Draft) webhook.Issued {
	h.t.Helper()
	d.URL = h.recv.URL + "/hook"
	got, err := h.Webhooks.CreateForApplication(h.t.Context(), h.dev, h.app.ID, d)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// say publishes events of the product.
func (h *house) say(drafts ...event.Draft) []event.Receipt {
	h.t.Helper()
	for i := range drafts {
		if drafts[i].Account == "" {
			drafts[i].Account = "harbour"
		}
		if drafts[i].Data == nil {
			drafts[i].Data = []byte(`{"n":1}`)
		}
	}
	got, err := h.Events.Publish(h.t.Context(), access.System("test"), drafts, func(i int) string { return fmt.Sprint("/", i) })
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

func flag(n string) event.Draft {
	return event.Draft{Type: "flag.turned_on", Subject: "proj/web:env/staging:flag/" + n}
}

// next is the next request that the receiver got.
func (h *house) next() received {
	h.t.Helper()
	select {
	case r := <-h.recv.got:
		return r
	case <-time.After(20 * time.Second):
		h.t.Fatal("nothing came")
	}
	return received{}
}

// quiet fails when the receiver got something that nobody asked for.
func (h *house) quiet() {
	h.t.Helper()
	select {
	case r := <-h.recv.got:
		h.t.Fatalf("came unasked: %s", r.body)
	default:
	}
}

// until waits for what the courier writes in the background.
func (h *house) until(what string, f func() bool) {
	h.t.Helper()
	limit, tick := time.After(2*time.Minute), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-limit:
			h.t.Fatalf("%s: still not", what)
		case <-tick.C:
		}
	}
}

// log gives the deliveries of an endpoint, the oldest first.
func (h *house) log(e webhook.Issued) []webhook.Delivery {
	h.t.Helper()
	got, err := h.Webhooks.Deliveries(h.t.Context(), h.dev, webhook.Filter{Endpoint: e.ID, Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	for i, j := 0, len(got)-1; i < j; i, j = i+1, j-1 {
		got[i], got[j] = got[j], got[i]
	}
	return got
}

// count is how many deliveries an endpoint has, and due how many are to be sent now.
func (h *house) count(e webhook.Issued) int { return h.number(e, "1 = 1") }

func (h *house) due(e webhook.Issued) int {
	return h.number(e, fmt.Sprint("state = 'waiting' AND due <= ", h.clock.Now().UnixMicro()))
}

func (h *house) number(e webhook.Issued, where string) int {
	h.t.Helper()
	var n int
	err := h.DB.Read(h.t.Context(), func(tx *store.Tx) error {
		return tx.NewRaw("SELECT COUNT(*) FROM webhook_delivery WHERE endpoint = ? AND "+where, e.ID).Scan(tx.Ctx, &n)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// became waits until the deliveries of an endpoint are in these states.
func (h *house) became(e webhook.Issued, want ...webhook.State) []webhook.Delivery {
	h.t.Helper()
	var got []webhook.Delivery
	h.until(fmt.Sprint("states ", want), func() bool {
		got = h.log(e)
		if len(got) != len(want) {
			return false
		}
		for i := range want {
			if got[i].State != want[i] {
				return false
			}
		}
		return true
	})
	return got
}

func verifies(t *testing.T, secret string, r received) {
	t.Helper()
	w, err := standard.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.VerifyIgnoringTimestamp(r.body, r.header); err != nil {
		t.Errorf("%v: %v", err, r.header)
	}
}

func TestEventsReachTheirReceiver(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := start(t, open(nil), nil)
		h.Customer("alder", account.Production)
		e := h.endpoint(webhook.Draft{Types: []string{"flag.*", "flag.turned_on", "member.*"}})
		sent := h.say(event.Draft{Type: "flag.turned_on", Subject: "proj/web:env/staging:flag/é", ID: "a-1", Data: []byte(`{"b":12345678901234567890,"a":"é\u2028<"}`)},
			event.Draft{Type: "flag.turned_on", Subject: "proj/web:env/staging:flag/x", Account: "alder"})
		r := h.next()
		verifies(t, e.Secret.Reveal(), r)
		if r.id() != sent[0].ID.String() || r.header.Get("Content-Type") != "application/json" {
			t.Errorf("%v", r.header)
		}
		for _, part := range []string{`"id":"` + r.id() + `"`, `"type":"flag.turned_on"`, `"account_key":"harbour"`, `"source_id":"a-1"`, `"data":{"b":12345678901234567890,"a":"é\u2028<"}}`} {
			if !strings.Contains(string(r.body), part) {
				t.Errorf("the body lacks %s: %s", part, r.body)
			}
		}
		d := h.became(e, webhook.Delivered)[0]
		shown, err := h.Webhooks.Show(t.Context(), h.dev, d.ID)
		if err != nil || len(shown.Tries) != 1 || shown.Tries[0].Status != 200 || shown.Tries[0].Answer != "thank you" || shown.Content.Key != "a-1" || shown.Event != r.id() {
			t.Errorf("%+v %v", shown, err)
		}
		h.quiet()
	})
}

// H35: 503 three times, then 200: four attempts, one event. W-01 on the way:
// nothing comes before its time.
func TestH35_RetriesFollowTheLadder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
		h.recv.answers(http.StatusServiceUnavailable)
		h.say(flag("x"))
		first := h.next()
		for i, pause := range []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute} {
			h.until("attempt written", func() bool { d := h.log(e); return len(d) == 1 && d[0].Attempts == i+1 })
			clock.Advance(pause * 8 / 10)
			h.quiet()
			if i == 2 {
				h.recv.answers(http.StatusOK)
			}
			clock.Advance(pause * 4 / 10)
			if again := h.next(); again.id() != first.id() || string(again.body) != string(first.body) || again.header.Get("Webhook-Timestamp") == first.header.Get("Webhook-Timestamp") {
				t.Errorf("a retry has the id and the body of the first, and its own time: %v", again.header)
			}
		}
		d := h.became(e, webhook.Delivered)[0]
		shown, err := h.Webhooks.Show(t.Context(), h.dev, d.ID)
		if err != nil || len(shown.Tries) != 4 || shown.Tries[3].Status != 200 || shown.Tries[0].Status != 503 || d.Attempts != 4 {
			t.Errorf("%+v %v", shown, err)
		}
		h.quiet()
	})
}

// H38: 20 failures open the circuit and tell the owners; events wait; when a
// probe succeeds everything is delivered.
func TestH38_TheCircuitOpensAndDrains(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}, Concurrency: 1})
		h.recv.answers(http.StatusInternalServerError)
		for i := range 25 {
			h.say(flag(fmt.Sprint("f", i)))
		}
		for range 20 {
			h.next()
		}
		state := func() webhook.Circuit {
			got, err := h.Webhooks.Get(t.Context(), h.dev, e.ID)
			if err != nil {
				t.Fatal(err)
			}
			return got.Circuit
		}
		h.until("open", func() bool { return state().State == webhook.Open })
		h.until("all written", func() bool { return len(h.log(e)) == 25 })
		inbox, err := h.Notices.List(t.Context(), h.dev, notice.Query{Limit: 10})
		if err != nil || !slices.ContainsFunc(inbox.Items, func(n notice.Item) bool { return n.Kind == "webhook.failing" }) {
			t.Errorf("%+v %v", inbox, err)
		}
		h.quiet()
		clock.Advance(31 * time.Second)
		probe := h.next() // fails, too
		h.until("the probe is written", func() bool { return state().Probe.Sub(clock.Now()) > 30*time.Second })
		h.quiet()
		h.recv.answers(http.StatusOK)
		clock.Advance(2 * time.Minute)
		if again := h.next(); again.id() == "" || probe.id() == "" {
			t.Error("a probe is a delivery")
		}
		clock.Advance(10 * time.Minute)
		want := make([]webhook.State, 25)
		for i := range want {
			want[i] = webhook.Delivered
		}
		h.became(e, want...)
		if s := state(); s.State != webhook.Closed || s.Failures != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A receiver that is gone is told nothing more; its owners hear of it.
func Test410DisablesAtOnce(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	h.recv.answers(http.StatusGone)
	h.say(flag("x"))
	h.next()
	h.became(e, webhook.Exhausted)
	got, err := h.Webhooks.Get(t.Context(), h.dev, e.ID)
	if err != nil || got.State != webhook.Disabled || got.Reason != webhook.ByAnswer {
		t.Errorf("%+v %v", got, err)
	}
	h.recv.answers(http.StatusOK)
	if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: e.URL}); err != nil {
		t.Fatal(err)
	}
	d := h.log(e)[0]
	if _, err := h.Webhooks.Replay(t.Context(), h.dev, d.ID); err != nil {
		t.Fatal(err)
	}
	if r := h.next(); r.id() != d.Event {
		t.Errorf("replayed: %v", r.header)
	}
	h.became(e, webhook.Delivered)
}

// What was published while nobody delivered, and what waits, is sent by the next
// process; what was delivered is not sent again.
func TestTheNextProcessGoesOn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		h := start(t, db, nil)
		e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
		h.say(flag("a"))
		first := h.next()
		h.became(e, webhook.Delivered)
		h.recv.answers(http.StatusInternalServerError)
		failed := h.say(flag("b"))
		h.next()
		h.became(e, webhook.Delivered, webhook.Waiting)
		h.Stop()
		missed := h.say(flag("c"))
		h.recv.answers(http.StatusOK)

		again := servertest.Start(t, servertest.Options{DB: db, Keys: h.Keys, Catalog: h.Catalog.Get(), Outbound: h.Outbound})
		if r := h.next(); r.id() != missed[0].ID.String() {
			t.Errorf("what was published meanwhile comes first: %v, not %v", r.header, missed)
		}
		h.became(e, webhook.Delivered, webhook.Waiting, webhook.Delivered)
		d := h.log(e)[1]
		if _, err := again.Webhooks.Replay(t.Context(), h.dev, d.ID); err != nil {
			t.Fatal(err)
		}
		if r := h.next(); r.id() != failed[0].ID.String() {
			t.Errorf("%v", r.header)
		}
		h.became(e, webhook.Delivered, webhook.Delivered, webhook.Delivered)
		if h.quiet(); first.id() == "" {
			t.Error("no id")
		}
	})
}

// Whoever loses the grant gets nothing more, also not what waits.
func TestUninstallingEndsDeliveries(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	h.recv.answers(http.StatusBadGateway)
	h.say(flag("x"))
	h.next()
	h.became(e, webhook.Waiting)
	list, err := h.Integrations.ListAccount(t.Context(), h.admin, h.acc.ID)
	if err != nil || len(list) != 1 {
		t.Fatal(err)
	}
	if _, err := h.Integrations.Remove(t.Context(), h.admin, list[0].ID, "not needed"); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Minute)
	if d := h.became(e, webhook.Dropped)[0]; d.Reason != "grant_ended" {
		t.Errorf("%+v", d)
	}
	h.say(flag("y"))
	h.quiet()
}

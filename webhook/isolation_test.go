package webhook_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/webhook"
)

// crowd is a house whose many endpoints lead to one server, each by a path.
type crowd struct {
	*house
	mu    sync.Mutex
	times map[string]int // by path
	hosts []string       // ten endpoints on each, as on ten customers' servers
}

const copied = "application, group_id, grant_id, account, holder, description, state, reason, ordered, concurrency, rate, secrets, created_by, created, revision, signature"

// newCrowd makes n endpoints of applications that one account has. answer
// runs for each request, before it is counted.
func newCrowd(t *testing.T, n int, answer func(w http.ResponseWriter, r *http.Request)) *crowd {
	t.Helper()
	c := &crowd{times: map[string]int{}}
	var exact []netip.AddrPort
	for range (n + 9) / 10 {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			c.mu.Lock()
			c.times[r.URL.Path]++
			c.mu.Unlock()
			answer(w, r)
		}))
		t.Cleanup(srv.Close)
		c.hosts, exact = append(c.hosts, srv.URL), append(exact, netip.MustParseAddrPort(srv.Listener.Addr().String()))
	}
	client, err := outbound.NewDemo(nil, exact)
	if err != nil {
		t.Fatal(err)
	}
	c.house = &house{House: servertest.Start(t, servertest.Options{Outbound: client}), t: t}
	c.admin, c.acc = c.Customer("harbour", account.Production)
	dev, team := c.Developer("dev@example.com")
	c.dev = dev
	app, _ := c.Release(dev, team, "flags.read")
	c.app = app
	c.Install(c.admin, c.acc, app)
	// One is made as everybody makes it, the others are copies of its rows: their
	// making is not what is tried.
	first, err := c.Webhooks.CreateForApplication(t.Context(), dev, app.ID, webhook.Draft{URL: c.hosts[0] + "/0", Types: []string{"flag.turned_on"}, Signature: webhook.SignEd25519})
	if err != nil {
		t.Fatal(err)
	}
	err = c.DB.Write(t.Context(), func(tx *store.Tx) error {
		for i := 1; i < n; i++ {
			id := ident.New[webhook.Endpoint](tx.Now())
			for _, q := range []struct {
				text string
				args []any
			}{
				{"INSERT INTO webhook_endpoint (id, url, " + copied + ") SELECT ?, ?, " + copied + " FROM webhook_endpoint WHERE id = ?", []any{id, fmt.Sprintf("%s/%d", c.hosts[i/10], i), first.ID}},
				{"INSERT INTO webhook_subscription (id, endpoint, types, account, filter, enabled, created) SELECT ?, ?, types, account, filter, enabled, created FROM webhook_subscription WHERE endpoint = ?",
					[]any{ident.New[webhook.Subscription](tx.Now()), id, first.ID}},
			} {
				if _, err := tx.ExecContext(tx.Ctx, q.text, q.args...); err != nil {
					return err
				}
			}
		}
		tx.Changed(webhook.Topic, first.ID.String())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// settles waits longer than until does, since this is much work under the race
// detector.
func (c *crowd) settles(what string, f func() bool) {
	c.t.Helper()
	limit, tick := time.After(2*time.Minute), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-limit:
			c.t.Fatalf("%s: still not", what)
		case <-tick.C:
		}
	}
}

// reached counts the endpoints from one number on that got as many requests.
func (c *crowd) reached(from, to, times int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for i := from; i < to; i++ {
		if c.times[fmt.Sprint("/", i)] == times {
			n++
		}
	}
	return n
}

// W-05, isolation: of 100 endpoints ten never answer, drip or answer without
// end. The other ninety get everything while those ten are still at their first.
func TestW05_TenBadEndpointsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	let := sync.OnceFunc(func() { close(release) })
	c := newCrowd(t, 100, func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil || n >= 10 {
			return
		}
		switch n % 3 {
		case 1: // byte by byte
			for range 3 {
				_, _ = io.WriteString(w, "x")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-release:
				case <-r.Context().Done():
					return
				}
			}
		case 2: // huge
			block := []byte(strings.Repeat("x", 1<<16))
			for range 64 {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(let)
	const events = 20
	for i := range events {
		c.say(flag(fmt.Sprint("f", i)))
	}
	c.settles("ninety have everything", func() bool { return c.reached(10, 100, events) == 90 })
	if n := c.reached(0, 10, events); n == 10 {
		t.Error("the bad ones have everything as well: they were not bad")
	}
	// What is published for them still comes in, and is not lost.
	c.say(event.Draft{Type: "flag.turned_on", Subject: "proj/web:env/staging:flag/last"})
	c.settles("ninety have the next", func() bool { return c.reached(10, 100, events+1) == 90 })
	let()
}

// Must show 6: one event for 1,000 endpoints: all of them get it, once, and the
// memory that it takes does not grow with what each is sent. While every one of
// the thousand still keeps its answer back, events of another account are taken
// in and delivered. It has the process for itself: the heap is everybody's.
func TestOneEventReachesAThousandEndpoints(t *testing.T) {
	const many, others = 1000, 50
	release := make(chan struct{})
	let := sync.OnceFunc(func() { close(release) })
	c := newCrowd(t, many, func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/other") {
			return
		}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(let)
	dev, team := c.Developer("other@example.com")
	app, _ := c.Release(dev, team, "flags.read")
	admin, acc := c.Customer("alder", account.Production)
	c.Install(admin, acc, app)
	if _, err := c.Webhooks.CreateForApplication(t.Context(), dev, app.ID, webhook.Draft{URL: c.hosts[0] + "/other", Types: []string{"flag.turned_on"}}); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	d := flag("x")
	d.Data = []byte(`{"text":"` + strings.Repeat("x", 60<<10) + `"}`)
	if _, err := c.Events.Publish(t.Context(), access.System("test"), []event.Draft{{Type: d.Type, Subject: d.Subject, Account: "harbour", Data: d.Data}}, func(int) string { return "" }); err != nil {
		t.Fatal(err)
	}
	delivered := func() (n int) {
		t.Helper()
		err := c.DB.Read(t.Context(), func(tx *store.Tx) error {
			return tx.NewRaw("SELECT COUNT(*) FROM webhook_delivery WHERE state = 'delivered'").Scan(tx.Ctx, &n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i := range others {
		c.say(event.Draft{Type: d.Type, Subject: fmt.Sprint(d.Subject, i), Account: "alder"})
	}
	c.settles("the other account's events come and are recorded", func() bool { return delivered() == others })
	if n := c.reached(0, many, 1); n == 0 {
		t.Error("nothing is under way to the thousand")
	}
	let()
	c.settles("everybody has it", func() bool { return c.reached(0, many, 1) == many })
	c.settles("all is recorded", func() bool { return delivered() == many+others })
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 48<<20 { // a copy for each would be 60 MB
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}

// Ten endpoints at one host want 160 requests at one time: it gets 128, and the
// others wait without their time running.
func TestOneHostIsNotOverrun(t *testing.T) {
	t.Parallel()
	const most, events = 128, 40
	var mu sync.Mutex
	now, peak := 0, 0
	full := make(chan struct{})
	c := newCrowd(t, 10, func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		if now++; now > peak {
			if peak = now; peak == most {
				close(full)
			}
		}
		mu.Unlock()
		<-full // nobody is answered before all places are taken
		mu.Lock()
		now--
		mu.Unlock()
	})
	for range events {
		c.say(flag("all"))
	}
	c.settles("all are delivered", func() bool { return c.reached(0, 10, events) == 10 })
	mu.Lock()
	defer mu.Unlock()
	if peak != most {
		t.Errorf("%d requests at one time", peak)
	}
	if n := c.one("SELECT COUNT(*) FROM webhook_attempt WHERE failure <> ''"); n != 0 {
		t.Errorf("%d attempts failed", n)
	}
}

package webhook_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/webhook"
)

// brokers are the kinds that are tested, each with a real server, most with and
// without TLS.
var brokers = map[string]func(*testing.T) stand{
	"redis":  func(t *testing.T) stand { return redisStand(t, "redis", false) },
	"valkey": func(t *testing.T) stand { return redisStand(t, "valkeys", true) },
	"nats":   func(t *testing.T) stand { return natsStand(t, false) }, "nats with TLS": func(t *testing.T) stand { return natsStand(t, true) },
	"rabbit": rabbitStand,
	"kafka":  func(t *testing.T) stand { return kafkaStand(t, false, "") }, "kafka with TLS": func(t *testing.T) stand { return kafkaStand(t, true, "") },
}

// A message broker gets the same messages with the same headers, in the same
// records: wrong credentials are a failure that says so without them, and what
// could not be sent goes out once the broker is back.
func TestMessageBrokers(t *testing.T) {
	t.Parallel()
	for name, open := range brokers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.start()
			h := houseFor(t, b)
			e, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: b.address, Username: b.username, Password: &b.password, Types: []string{"flag.*"}})
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == "" || !e.HasPassword {
				t.Fatalf("%+v", e.Endpoint)
			}
			id := h.say(flag("a"))[0].ID.String()
			got := b.read()
			verifies(t, e.Secret.Reveal(), got)
			if got.id() != id || got.header.Get("Content-Type") != "application/json" || got.read(t).Type != "flag.turned_on" {
				t.Errorf("%v %s", got.header, got.body)
			}
			d := h.settled(e.ID, id, webhook.Delivered)
			first := d.ID
			if len(d.Tries) != 1 || d.Tries[0].Status != http.StatusOK || d.Tries[0].Answer == "" {
				t.Errorf("%+v", d.Tries)
			}

			wrong := "open barley"
			if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: b.address, Username: b.username, Password: &wrong}); err != nil {
				t.Fatal(err)
			}
			made, err := h.Webhooks.Test(t.Context(), h.dev, e.ID, webhook.TestDraft{})
			if err != nil {
				t.Fatal(err)
			}
			d = h.tried(e.ID, made.Event, 1)
			if d.State != webhook.Waiting || d.Failure != "credentials" || strings.Contains(d.Tries[0].Answer, wrong) || strings.Contains(d.Tries[0].Answer, b.at) {
				t.Errorf("wrong credentials: %+v", d)
			}

			b.stop()
			if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: b.address, Username: b.username, Password: &b.password}); err != nil {
				t.Fatal(err)
			}
			late := h.say(flag("b"))[0].ID.String()
			if d = h.tried(e.ID, late, 1); d.State != webhook.Waiting || d.Status != 0 || d.Failure != "connect" && d.Failure != "connection" || d.Tries[0].Answer != "" {
				t.Errorf("down: %+v", d)
			}
			b.start()
			h.clock.Advance(10 * time.Second)
			seen := map[string]bool{b.read().id(): true, b.read().id(): true}
			if !seen[late] || !seen[made.Event] {
				t.Errorf("%v came, not %s and %s", seen, late, made.Event)
			}
			h.settled(e.ID, late, webhook.Delivered)

			// Sent again it has the same id; NATS leaves out by it what is there.
			if _, err := h.Webhooks.Replay(t.Context(), h.dev, first); err != nil {
				t.Fatal(err)
			}
			d = h.await(e.ID, id, func(d webhook.Shown) bool { return d.State == webhook.Delivered && len(d.Tries) == 2 })
			if strings.HasPrefix(name, "nats") {
				if !strings.Contains(d.Tries[0].Answer+d.Tries[1].Answer, "It was there already.") {
					t.Errorf("replayed: %+v", d.Tries)
				}
				return
			}
			got = b.read()
			verifies(t, e.Secret.Reveal(), got)
			if got.id() != id {
				t.Errorf("%s came, not %s again", got.id(), id)
			}
		})
	}
}

// houseFor is a platform that may call a broker, and trusts its certificate.
func houseFor(t *testing.T, b stand) *house {
	t.Helper()
	if b.roots != nil {
		return houseWith(t, online(t, b))
	}
	client, err := outbound.NewDemo(nil, []netip.AddrPort{netip.MustParseAddrPort(b.at)})
	if err != nil {
		t.Fatal(err)
	}
	return houseWith(t, client)
}

// online is an internet on which one broker is, under a public address.
func online(t *testing.T, b stand) *outbound.Client {
	t.Helper()
	const public = "93.184.216.34"
	client, err := outbound.New(outbound.Config{Roots: b.roots, Resolver: named{publicHost: public}, Dial: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		if to.Addr().String() != public {
			t.Errorf("%s is called", to)
		}
		return (&net.Dialer{}).DialContext(ctx, "tcp", b.at)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func houseWith(t *testing.T, client *outbound.Client) *house {
	t.Helper()
	clock := storetest.NewClock()
	h := &house{House: servertest.Start(t, servertest.Options{DB: storetest.Open(t, clock), Clock: clock, Outbound: client}), t: t, clock: clock}
	h.admin, h.acc = h.Customer("harbour", account.Production)
	dev, team := h.Developer("dev@example.com")
	h.dev = dev
	h.app, h.key = h.Release(dev, team, "flags.read")
	h.Install(h.admin, h.acc, h.app)
	return h
}

// tried waits until a delivery had so many attempts.
func (h *house) tried(id webhook.ID, event string, n int) webhook.Shown {
	return h.await(id, event, func(d webhook.Shown) bool { return len(d.Tries) >= n })
}

func (h *house) settled(id webhook.ID, event string, s webhook.State) webhook.Shown {
	return h.await(id, event, func(d webhook.Shown) bool { return d.State == s })
}

func (h *house) await(id webhook.ID, of string, ok func(webhook.Shown) bool) webhook.Shown {
	h.t.Helper()
	var shown webhook.Shown
	h.until("the delivery is written", func() bool {
		all, err := h.Webhooks.Deliveries(h.t.Context(), h.dev, webhook.Filter{Endpoint: id, Limit: 50})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, d := range all {
			if d.Event == of {
				shown, err = h.Webhooks.Show(h.t.Context(), h.dev, d.ID)
				return err == nil && ok(shown)
			}
		}
		return false
	})
	return shown
}

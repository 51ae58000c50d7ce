package webhook_test

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/webhook"
)

type named map[string]string

// LookupNetIP implements outbound.Resolver.
func (n named) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	a, err := netip.ParseAddr(n[strings.TrimSuffix(host, ".")])
	return []netip.Addr{a}, err
}

// safely are addresses with TLS at which somebody listens on this machine.
var safely = []string{"nats+tls://mine.example.com:%s?subject=s", "amqps://mine.example.com:%s/v?queue=q", "kafka+tls://mine.example.com:%s?topic=t", "rediss://mine.example.com:%s/0?stream=s", "valkeys://mine.example.com:%s?stream=s"}

// A stranger's broker is judged as a stranger's web server is: what is inside
// sees no connection, whatever the protocol.
func TestBrokersInsideAreRefused(t *testing.T) {
	t.Parallel()
	at, called := decoy(t)
	_, port, _ := net.SplitHostPort(at)
	client, err := outbound.New(outbound.Config{Resolver: named{"mine.example.com": "127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	h := houseWith(t, client)
	for _, pattern := range safely {
		address := strings.Replace(pattern, "%s", port, 1)
		e, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: address})
		if err != nil {
			t.Fatal(address, err)
		}
		made, err := h.Webhooks.Test(t.Context(), h.dev, e.ID, webhook.TestDraft{})
		if err != nil {
			t.Fatal(err)
		}
		if d := h.tried(e.ID, made.Event, 1); d.Failure != "refused" || d.Tries[0].Answer != "" {
			t.Errorf("%s: %+v", address, d)
		}
	}
	if n := called(); n != 0 {
		t.Errorf("the decoy was called %d times", n)
	}
}

// decoy listens on loopback and counts who comes.
func decoy(t *testing.T) (at string, called func() int64) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	var n atomic.Int64
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			n.Add(1)
			_ = conn.Close()
		}
	}()
	return ln.Addr().String(), n.Load
}

// A broker of Kafka names the one that a partition is at: that one is judged as
// the first is.
func TestKafkaMayNotSendInside(t *testing.T) {
	t.Parallel()
	inside, called := decoy(t)
	b := kafkaStand(t, true, inside)
	b.start()
	h := houseFor(t, b)
	e, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: b.address, Username: b.username, Password: &b.password})
	if err != nil {
		t.Fatal(err)
	}
	made, err := h.Webhooks.Test(t.Context(), h.dev, e.ID, webhook.TestDraft{})
	if err != nil {
		t.Fatal(err)
	}
	if d := h.tried(e.ID, made.Event, 1); d.Failure != "refused" || d.Tries[0].Answer != "" {
		t.Errorf("%+v", d)
	}
	if n := called(); n != 0 {
		t.Errorf("the decoy was called %d times", n)
	}
}

// What has a certificate of somebody else's gets no message and no password.
func TestBrokersWithStrangeCertificates(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) stand{
		"valkey": brokers["valkey"], "nats": brokers["nats with TLS"], "kafka": brokers["kafka with TLS"],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t)
			b.start()
			b.roots = x509.NewCertPool()
			h := houseFor(t, b)
			e, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: b.address, Username: b.username, Password: &b.password})
			if err != nil {
				t.Fatal(err)
			}
			made, err := h.Webhooks.Test(t.Context(), h.dev, e.ID, webhook.TestDraft{})
			if err != nil {
				t.Fatal(err)
			}
			if d := h.tried(e.ID, made.Event, 1); d.Failure != "tls" || d.Tries[0].Answer != "" {
				t.Errorf("%+v", d)
			}
		})
	}
}

// Addresses and credentials are judged before they are stored, and a password
// does not follow an endpoint to another server.
func TestBrokerDraftsAreJudged(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	for address, want := range map[string]string{
		"redis://mine.example.com:6379?stream=s": "url_scheme", "rediss://10.0.0.1:6379?stream=s": "url_address", "rediss://mine.example.com:25?stream=s": "url_port",
		"rediss://u:p@mine.example.com?stream=s": "url_userinfo", "rediss://mine.example.com": "destination_parameter", "rediss://mine.example.com?stream=": "destination_parameter",
		"rediss://mine.example.com?stream=s&password=x": "destination_parameter", "rediss://mine.example.com/x?stream=s": "destination_parameter",
		"rediss://mine.example.com?stream=s&maxlen=-1": "destination_parameter", "rediss://localhost?stream=s": "url_host", "rediss://mine.example.com?stream=s#x": "url_fragment",
		"rediss://?stream=s": "url_invalid", "rediss://mine.example.com?stream=a b": "url_invalid", "ftp://mine.example.com": "url_scheme",
		"nats+tls://mine.example.com?subject=a.*": "destination_parameter", "nats+tls://mine.example.com/x?subject=a": "destination_parameter", "nats://mine.example.com?subject=a": "url_scheme",
		"amqps://mine.example.com/v?queue=q&exchange=e": "destination_parameter", "amqps://mine.example.com/v": "destination_parameter",
		"kafka+tls://mine.example.com?topic=t&sasl=none": "destination_parameter", "kafka://mine.example.com?topic=t": "url_scheme",
	} {
		_, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: address})
		if p := problem.Of(err); err == nil || len(p.Fields) != 1 || p.Fields[0].Code != want || p.Fields[0].Pointer != "/url" {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	secret := "open sesame"
	if _, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: h.recv.URL, Username: "u", Password: &secret}); err == nil || len(problem.Of(err).Fields) != 2 {
		t.Errorf("credentials for a web server: %v", err)
	}
	e, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, webhook.Draft{URL: "rediss://mine.example.com?stream=s", Username: "u", Password: &secret, Disabled: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: "rediss://other.example.com?stream=s", Username: "u", Disabled: true}); err == nil || problem.Of(err).Fields[0].Code != "password_again" {
		t.Errorf("moved: %v", err)
	}
	same, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: "rediss://mine.example.com?stream=t", Username: "u", Disabled: true})
	if err != nil || !same.HasPassword {
		t.Errorf("another stream: %+v %v", same, err)
	}
	none := ""
	if same, err = h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: "rediss://other.example.com?stream=t", Password: &none, Disabled: true}); err != nil || same.HasPassword {
		t.Errorf("without: %+v %v", same, err)
	}
}

// What is stored of an endpoint may become unreadable, by other rules or other
// keys: its deliveries fail and say so, and others of the account go on.
func TestUnreadableEndpointsStallNobody(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, storetest.Open(t, clock), clock)
	secret, types := "open sesame", []string{"flag.*"}
	create := func(d webhook.Draft) webhook.ID {
		t.Helper()
		d.Types = types
		e, err := h.Webhooks.CreateForApplication(t.Context(), h.dev, h.app.ID, d)
		if err != nil {
			t.Fatal(err)
		}
		return e.ID
	}
	well := create(webhook.Draft{URL: h.recv.URL})
	broken := map[string]webhook.ID{
		"url":      create(webhook.Draft{URL: "rediss://mine.example.com?stream=s"}),
		"password": create(webhook.Draft{URL: "rediss://mine.example.com?stream=s", Password: &secret}),
		"secret":   create(webhook.Draft{URL: h.recv.URL}),
	}
	err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
		for what, set := range map[string]string{"url": "url = 'rediss://mine.example.com?queue=s'", "password": "password = 'x'", "secret": `secrets = REPLACE(secrets, '"sealed":"', '"sealed":"x')`} {
			if _, err := tx.ExecContext(tx.Ctx, "UPDATE webhook_endpoint SET "+set+" WHERE id = ?", broken[what]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	event := h.say(flag("a"))[0].ID.String()
	h.settled(well, event, webhook.Delivered)
	for what, id := range broken {
		d := h.tried(id, event, 1)
		if d.State != webhook.Waiting || d.Status != 0 || d.Failure != "unreadable" || d.Tries[0].Answer != "" {
			t.Errorf("%s: %+v", what, d)
		}
	}

	// Once it is put right, what waits goes out.
	if _, err := h.Webhooks.Update(t.Context(), h.dev, broken["url"], webhook.Draft{URL: h.recv.URL}); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(10 * time.Second)
	h.settled(broken["url"], event, webhook.Delivered)
}

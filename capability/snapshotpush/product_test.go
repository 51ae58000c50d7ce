package snapshotpush_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/snapshotpush"
	"github.com/guestright/guestright/capability/trigger"
	"github.com/guestright/guestright/example/pennant"
)

// From a change in the example product to the store: what the environment says is
// there first, and anew when a trigger has turned a flag off.
func TestTheExampleProductPushes(t *testing.T) {
	t.Parallel()
	h := house{House: capabilitytest.Start(t, nil, nil)}
	h.Admin, h.Account = h.Customer(pennant.HarbourBooks, account.Production)
	key, err := h.Products.Create(t.Context(), access.Operator(h.Person("olga@example.com")), "Pennant")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pennant.New(pennant.Config{Dir: t.TempDir(), Issuer: h.URL, Audience: "pennant", JWKSURL: h.URL, HookSecret: "0123456789abcdef0123"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	feed, done := pennant.Feed{URL: h.URL, Key: key.Secret.Reveal()}, make(chan struct{}, 2)
	go func() {
		p.Push(t.Context(), feed)
		done <- struct{}{}
	}()
	go func() {
		_ = p.Work(t.Context(), feed)
		done <- struct{}{}
	}()
	t.Cleanup(func() {
		<-done
		<-done
		_ = p.Close()
	})
	const shop = "proj/web-shop:env/production"
	c := h.Configure(h.Published("cloudflare"), nil)
	h.Until("the product has given data", func() bool {
		_, offer, err := h.Snapshots.List(t.Context(), h.Admin, c.ID.String())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range offer.Resources {
			if r == shop {
				return true
			}
		}
		return false
	})
	made, err := h.Snapshots.Create(t.Context(), h.Admin, c.ID.String(), snapshotpush.Choice{Resource: shop, Values: filled["cloudflare"]})
	if err != nil {
		t.Fatal(err)
	}
	type said struct {
		Environment string
		Version     int64
		Flags       map[string]struct{ On bool }
	}
	next := func() said {
		var s said
		if err := json.Unmarshal(h.Next(t).Body, &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := next()
	if before.Environment != "production" || !before.Flags["gift-wrapping"].On {
		t.Fatalf("%+v", before)
	}
	h.becomes(made, snapshotpush.Current)
	alarm := h.Configure(h.Published("generic-trigger"), nil)
	off, err := h.Triggers.Create(t.Context(), h.Admin, alarm.ID.String(), trigger.Draft{Subject: shop + ":flag/gift-wrapping", Instruction: "turn_off"})
	if err != nil {
		t.Fatal(err)
	}
	address := off.URL.Reveal()
	if _, err := h.Triggers.Fire(t.Context(), address[strings.LastIndexByte(address, '/')+1:], nil, nil); err != nil {
		t.Fatal(err)
	}
	for after := next(); after.Flags["gift-wrapping"].On || after.Version <= before.Version; after = next() {
	}
}

package sandbox_test

import (
	"encoding/json"
	"slices"
	"testing"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/sandbox"
)

// H44: an event of the catalog is made up in a sandbox; a receiver gets it as a
// delivery whose signature verifies, marked as a test, and nobody else does.
func TestH44_AnEventMadeUpArrivesSigned(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		trigger := func(d sandbox.Draft) (event.Receipt, error) {
			return h.Sandboxes.Trigger(t.Context(), h.dan, h.lab.ID, d)
		}
		sent, err := trigger(sandbox.Draft{Type: "flag.turned_on"})
		h.ok(err)
		r := h.next()
		w, err := standard.NewWebhook(h.hook.Secret.Reveal())
		h.ok(err)
		h.ok(w.VerifyIgnoringTimestamp(r.body, r.header))
		if w.VerifyIgnoringTimestamp(append(r.body, ' '), r.header) == nil {
			t.Error("another body verifies")
		}
		var got event.Event
		h.ok(json.Unmarshal(r.body, &got))
		if got.ID != sent.ID || r.header.Get("Webhook-Id") != sent.ID.String() || got.Account != h.lab.ID.String() || got.Subject != "proj/example:env/example:flag/example" || !got.Test || got.Source != "guestright.sandbox" {
			t.Errorf("%s", r.body)
		}
		read, err := h.Events.Read(t.Context(), access.System("test"), event.Query{Account: "lab", Types: []string{"flag.*"}, Limit: 10})
		if err != nil || len(read.Items) != 1 || !read.Items[0].Test || string(read.Items[0].Append(nil)) != string(r.body) {
			t.Errorf("the log says something else: %+v %v", read.Items, err)
		}

		_, err = trigger(sandbox.Draft{Type: "release.shipped", Data: json.RawMessage(`{"name":"2.4"}`)})
		h.ok(err)
		if h.ok(json.Unmarshal(h.next().body, &got)); got.Type != "release.shipped" || got.Version != 1 || string(got.Data) != `{"name":"2.4"}` {
			t.Errorf("%+v", got)
		}
		for what, d := range map[string]sandbox.Draft{
			"data against the schema": {Type: "release.shipped", Data: json.RawMessage(`{"name":7}`)}, "no JSON": {Type: "release.shipped", Data: json.RawMessage(`{`)},
			"a list": {Type: "flag.created", Data: json.RawMessage(`[]`)}, "no such version": {Type: "release.shipped", Version: 9}, "no such type": {Type: "flag.melted"},
			"one of ours": {Type: "guestright.token.create"}, "a subject that is none": {Type: "flag.created", Subject: "/"},
		} {
			_, err := trigger(d)
			h.code(what, err, "event_invalid")
		}
		_, err = trigger(sandbox.Draft{Type: "insight.found"})
		h.code("a preview", err, "product_not_enabled")
		if n := h.audited()["sandbox.trigger"]; n != 2 {
			t.Errorf("%d entries for two events", n)
		}
		_, err = h.Events.Publish(t.Context(), access.System("test"), []event.Draft{{Type: "flag.created", Account: "lab", Subject: "proj/a:flag/b", Source: "guestright.sandbox", Data: json.RawMessage("{}")}}, func(int) string { return "" })
		h.code("the product says that it was made up", err, "event_invalid")
	})
}

// H44: nothing is made up in an account that is no sandbox of one's own: it looks
// as if it were not there, also when it has been one.
func TestH44_OnlyInOnesOwnSandbox(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, storetest.Open(t, clock), clock)
	eve, others := h.Developer("eve@other.example")
	leo := access.UserPrincipal(h.Person("leo@acme.example"), map[string]string{h.team.ID.String(): access.GroupMember}, nil)
	real := h.turn("real", account.Production, h.team.ID.String())
	theirs := h.turn("theirs", account.Sandbox, others.ID.String())
	open := h.turn("open", account.Sandbox, "")
	for name, k := range map[string]struct {
		by   access.Principal
		in   account.ID
		read string
		make string
	}{
		"a customer's account": {h.dan, h.harbour.ID, "not_found", "not_found"}, "the team's production account": {h.dan, real.ID, "not_found", "not_found"},
		"another group's sandbox": {h.dan, theirs.ID, "not_found", "not_found"}, "nobody's sandbox": {h.dan, open.ID, "not_found", "not_found"},
		"a stranger": {eve, h.lab.ID, "not_found", "not_found"}, "nobody": {access.Principal{}, h.lab.ID, "not_found", "not_found"},
		"a customer's administrator": {h.admin, h.harbour.ID, "not_found", "not_found"}, "a plain member": {leo, h.lab.ID, "", "forbidden"},
	} {
		_, err := h.Sandboxes.Samples(t.Context(), k.by, k.in)
		h.code(name+" reads", err, k.read)
		_, err = h.Sandboxes.Trigger(t.Context(), k.by, k.in, sandbox.Draft{Type: "flag.turned_on"})
		h.code(name+" makes an event up", err, k.make)
	}
	h.turn("lab", account.Production, h.team.ID.String())
	_, err := h.Sandboxes.Trigger(t.Context(), h.dan, h.lab.ID, sandbox.Draft{Type: "flag.turned_on"})
	h.code("a sandbox that went into production", err, "not_found")
	h.turn("lab", account.Sandbox, h.team.ID.String())

	all, err := h.Sandboxes.List(t.Context(), leo, h.team.ID)
	if err != nil || len(all) != 1 || all[0].Key != "lab" {
		t.Errorf("%+v %v", all, err)
	}
	_, err = h.Sandboxes.List(t.Context(), eve, h.team.ID)
	h.code("a stranger lists", err, "not_found")
	samples, err := h.Sandboxes.Samples(t.Context(), leo, h.lab.ID)
	h.ok(err)
	var names []string
	for _, s := range samples {
		names = append(names, s.Type)
		if typ, _ := h.Catalog.Get().Event(s.Type); len(typ.Check(s.Version, s.Data, "")) > 0 {
			t.Errorf("the example of %s does not fit: %s", s.Type, s.Data)
		}
	}
	if !slices.Contains(names, "flag.turned_on") || slices.Contains(names, "insight.found") || len(h.got) > 0 {
		t.Errorf("%v, and %d deliveries", names, len(h.got))
	}
}

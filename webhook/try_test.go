package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/webhook"
)

// envelope is what a receiver reads.
type envelope struct {
	ID, Type, Account string
	AccountKey        string `json:"account_key"`
	Test              bool
	Data              map[string]any
}

func (r received) read(t *testing.T) envelope {
	t.Helper()
	var e envelope
	if err := json.Unmarshal(r.body, &e); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
	return e
}

// A made-up event is a delivery like any other, signed and recorded and repeated,
// and no log has it.
func TestMadeUpEventsAreDelivered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		e := h.endpoint(webhook.Draft{Types: []string{"flag.created"}})
		for _, c := range []struct {
			draft webhook.TestDraft
			kind  string
		}{{webhook.TestDraft{}, "guestright.webhook.test"}, {webhook.TestDraft{Type: "flag.turned_on"}, "flag.turned_on"}, {webhook.TestDraft{Data: []byte(`{"x":[1]}`)}, "guestright.webhook.test"}} {
			d, err := h.Webhooks.Test(t.Context(), h.dev, e.ID, c.draft)
			if err != nil {
				t.Fatal(err)
			}
			r := h.next()
			verifies(t, e.Secret.Reveal(), r)
			got := r.read(t)
			if got.ID != d.Event || r.id() != d.Event || got.Type != c.kind || !got.Test || got.Data == nil {
				t.Errorf("%s, asked for %s", r.body, c.kind)
			}
			h.until("written", func() bool {
				shown, err := h.Webhooks.Show(t.Context(), h.dev, d.ID)
				return err == nil && shown.State == webhook.Delivered && shown.Test && len(shown.Tries) == 1 && shown.Content != nil && shown.Content.Type == c.kind
			})
		}
		h.recv.answers(http.StatusInternalServerError)
		d, err := h.Webhooks.Test(t.Context(), h.dev, e.ID, webhook.TestDraft{})
		if err != nil {
			t.Fatal(err)
		}
		first := h.next()
		h.until("it waits", func() bool {
			shown, err := h.Webhooks.Show(t.Context(), h.dev, d.ID)
			return err == nil && shown.State == webhook.Waiting && shown.Attempts == 1
		})
		h.recv.answers(http.StatusOK)
		if _, err := h.Webhooks.Replay(t.Context(), h.dev, d.ID); err != nil {
			t.Fatal(err)
		}
		if again := h.next(); again.id() != first.id() {
			t.Errorf("%v", again.header)
		}
		token := h.Token(h.key, "")
		if a := h.ask(token, http.MethodGet, "/v1/events?types=guestright.webhook.*,flag.*", ""); strings.Contains(string(a.Body), d.Event) {
			t.Errorf("the log has it: %s", a.Body)
		}
		if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: e.URL, Disabled: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Webhooks.Test(t.Context(), h.dev, e.ID, webhook.TestDraft{}); err == nil || !strings.Contains(err.Error(), "disabled") {
			t.Errorf("disabled: %v", err)
		}
		if err := h.Webhooks.Delete(t.Context(), h.dev, e.ID); err != nil {
			t.Fatal(err)
		}
	})
}

// What is made up must fit, and strangers make up nothing.
func TestMadeUpEventsAreJudged(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.created"}})
	at := "/v1/webhook-endpoints/" + e.ID.String() + "/test"
	made := h.own()
	for body, want := range map[string]string{
		`{"type":"no.such"}`: "event_unknown", `{"type":"guestright.member.join"}`: "event_unknown", `{"data":[1]}`: "malformed",
		`{"data":{"x":"` + strings.Repeat("y", 70<<10) + `"}}`: "too_large", `{"type":"member.created"}`: "event_scope_missing",
	} {
		if a := h.ask(made.token, http.MethodPost, made.path+"/test", body); a.Status != http.StatusUnprocessableEntity || !strings.Contains(string(a.Body), want) {
			t.Errorf("%.60s: %d %.300s, want %s", body, a.Status, a.Body, want)
		}
	}
	if a := h.ask(made.token, http.MethodPost, made.path+"/test", `{}`); a.Status != http.StatusAccepted || !strings.HasPrefix(a.Header.Get("Location"), "/v1/deliveries/dlv_") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if got := h.next().read(t); got.AccountKey != "harbour" || got.Account != h.acc.ID.String() || !got.Test {
		t.Errorf("%+v", got)
	}
	if a := h.ask(made.token, http.MethodPost, at, `{}`); a.Status != http.StatusNotFound {
		t.Errorf("somebody else's: %d %s", a.Status, a.Body)
	}
	h.quiet()
}

// H32: an account turns a type off: none of it is delivered there, not even what
// waits; others are not affected.
func TestH32_WhatAnAccountTurnedOffIsNotDelivered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		other, alder := h.Customer("alder", account.Production)
		h.Install(other, alder, h.app)
		e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
		h.recv.answers(http.StatusInternalServerError)
		h.say(flag("waits"))
		h.next()
		h.became(e, webhook.Waiting)
		h.recv.answers(http.StatusOK)
		if _, err := h.Events.SetMutes(t.Context(), h.admin, h.acc.ID, []event.Mute{{Pattern: "flag.turned_*"}}); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
		if d := h.became(e, webhook.Dropped)[0]; d.Reason != "event_muted" {
			t.Errorf("%+v", d)
		}
		sent := h.say(flag("x"), event.Draft{Type: "flag.created", Subject: "proj/web:flag/x"}, event.Draft{Type: "flag.turned_on", Subject: "proj/web:env/staging:flag/x", Account: "alder"})
		got := map[string]bool{h.next().id(): true, h.next().id(): true}
		if !got[sent[1].ID.String()] || !got[sent[2].ID.String()] {
			t.Errorf("%v, not %v", got, sent)
		}
		h.became(e, webhook.Dropped, webhook.Delivered, webhook.Delivered)
		h.quiet()
	})
}

// Everything since a number goes to an endpoint that is new, or again to one that
// had it, in steps that can be repeated; what it does not subscribe to does not,
// and nobody has the log of a stranger sent.
func TestPastEventsGoToAnotherEndpoint(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := start(t, open(nil), nil)
		_, alder := h.Customer("alder", account.Production)
		old := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
		const many = 40
		var sent []string
		for i := range many {
			r := h.say(flag(fmt.Sprint(i)), event.Draft{Type: "flag.created", Subject: "proj/web:flag/x"})
			sent = append(sent, r[0].ID.String())
			h.next()
			h.next()
		}
		h.until("delivered", func() bool { return h.number(old, "state = 'delivered'") == 2*many })
		fresh := h.endpoint(webhook.Draft{Types: []string{"flag.turned_on"}})
		all := func(e webhook.Issued, q webhook.Since) int {
			total := 0
			for more := true; more; {
				got, err := h.Webhooks.Backfill(t.Context(), h.dev, e.ID, q)
				if err != nil {
					t.Fatal(err)
				}
				total, q.After, more = total+got.Deliveries, got.Next, got.More
			}
			return total
		}
		h.until("the log is settled", func() bool {
			n := all(fresh, webhook.Since{Account: "harbour"})
			return n > 0 && h.count(fresh) == many
		})
		h.until("delivered there", func() bool { return h.number(fresh, "state = 'delivered'") == many })
		came := map[string]bool{}
		for len(came) < many {
			came[h.next().id()] = true
		}
		for _, id := range sent {
			if !came[id] {
				t.Errorf("%s is missing", id)
			}
		}
		before := h.number(old, "attempts > 1")
		if n := all(old, webhook.Since{Account: h.acc.ID.String(), Type: "flag.created"}); n != many || before != 0 {
			t.Errorf("again: %d, %d before", n, before)
		}
		h.until("again", func() bool {
			return h.number(old, "state = 'delivered' AND attempts = 2 AND type = 'flag.created'") == many
		})
		if _, err := h.Webhooks.Backfill(t.Context(), h.dev, fresh.ID, webhook.Since{Account: alder.ID.String()}); problem.CodeOf(err) != "not_found" {
			t.Errorf("an account without the application: %v", err)
		}
		if _, err := h.Webhooks.Backfill(t.Context(), h.dev, fresh.ID, webhook.Since{}); problem.CodeOf(err) != "account_required" {
			t.Errorf("no account: %v", err)
		}
		mine := h.own()
		if a := h.ask(mine.token, http.MethodPost, mine.path+"/backfill", `{"after":0,"account":"alder"}`); a.Status != http.StatusNotFound {
			t.Errorf("another account's: %d %s", a.Status, a.Body)
		}
		if a := h.ask(mine.token, http.MethodPost, mine.path+"/backfill", `{"after":0}`); a.Status != http.StatusAccepted || a.JSON()["deliveries"] != float64(0) {
			t.Errorf("it subscribes to none of them: %d %s", a.Status, a.Body)
		}
	})
}

package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/webhook"
)

// ask calls our API with a token.
func (h *house) ask(token, method, path, body string) servertest.Answer {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.URL+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return h.Do(r)
}

// H13: a private integration owns subscriptions within its scopes, by its own
// token; an event without scope is refused, and not delivered by a wide pattern.
func TestH13_PrivateIntegrationsSubscribeWithinTheirScopes(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	made, err := h.Private.Create(t.Context(), h.admin, h.acc.ID, private.Draft{Name: "Sync", Scopes: []string{"flags.read"}})
	if err != nil {
		t.Fatal(err)
	}
	token := made.Token.Secret.Reveal()
	at := "/v1/grants/" + made.Grant + "/webhook-endpoints"
	if a := h.ask(token, http.MethodPost, at, `{"url":"`+h.recv.URL+`/x","types":["member.created"]}`); a.Status != http.StatusUnprocessableEntity || !strings.Contains(string(a.Body), "event_scope_missing") {
		t.Errorf("an event without scope: %d %s", a.Status, a.Body)
	}
	a := h.ask(token, http.MethodPost, at, `{"url":"`+h.recv.URL+`/x","types":["*"]}`)
	if a.Status != http.StatusCreated || !strings.HasPrefix(a.JSON()["secret"].(string), "whsec_") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if again := h.ask(token, http.MethodGet, a.Header.Get("Location"), ""); again.Status != http.StatusOK || strings.Contains(string(again.Body), "whsec_") {
		t.Errorf("the secret is shown once: %d %s", again.Status, again.Body)
	}
	h.say(event.Draft{Type: "member.created", Subject: "member/m"}, flag("x"))
	for {
		r := h.next()
		var e struct{ Type string }
		if err := json.Unmarshal(r.body, &e); err != nil || e.Type == "member.created" {
			t.Fatalf("%s %v", r.body, err)
		}
		if e.Type == "flag.turned_on" {
			verifies(t, a.JSON()["secret"].(string), r)
			break
		}
	}
	other := h.Token(h.key, "")
	if a := h.ask(other, http.MethodGet, at, ""); a.Status != http.StatusNotFound {
		t.Errorf("another token: %d %s", a.Status, a.Body)
	}
}

// H36: a receiver that was down for an hour reads the log: every event once, in
// order. What was exhausted can be replayed.
func TestH36_TheLogHasWhatWasMissed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
		h.recv.answers(http.StatusBadGateway)
		var sent []string
		for i := range 12 {
			for _, r := range h.say(flag(fmt.Sprint("a", i)), event.Draft{Type: "member.created", Subject: "member/m"}, flag(fmt.Sprint("b", i))) {
				sent = append(sent, r.ID.String())
			}
			clock.Advance(5 * time.Minute)
		}
		token, after := h.Token(h.key, ""), int64(0)
		var got []string
		for more := true; more; {
			a := h.ask(token, http.MethodGet, fmt.Sprintf("/v1/events?limit=5&types=flag.*&after=%d", after), "")
			var part struct {
				Items []struct {
					ID       string
					Sequence int64
				}
				Next int64
				More bool
			}
			if err := json.Unmarshal(a.Body, &part); err != nil || a.Status != http.StatusOK {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			for _, e := range part.Items {
				if e.Sequence <= after {
					t.Errorf("%d comes behind %d", e.Sequence, after)
				}
				after = e.Sequence
				got = append(got, e.ID)
			}
			after, more = part.Next, part.More
		}
		var want []string
		for i, id := range sent {
			if i%3 != 1 { // members are beyond its scopes
				want = append(want, id)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v\nwant %v", got, want)
		}
	})
}

// H33: while a secret is changed, both verify; after the overlap only the new.
func TestH33_BothSecretsVerifyInTheOverlap(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	fresh, err := h.Webhooks.Rotate(t.Context(), h.dev, e.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	h.say(flag("x"))
	r := h.next()
	verifies(t, e.Secret.Reveal(), r)
	verifies(t, fresh.Secret.Reveal(), r)
	clock.Advance(2 * time.Hour)
	h.say(flag("y"))
	r = h.next()
	verifies(t, fresh.Secret.Reveal(), r)
	if n := len(strings.Fields(r.header.Get("Webhook-Signature"))); n != 1 {
		t.Errorf("%d signatures after the overlap", n)
	}
}

// An endpoint in a filter gets events about the subjects that its policy allows.
func TestFiltersChooseSubjects(t *testing.T) {
	t.Parallel()
	h := start(t, nil, nil)
	e := h.endpoint(webhook.Draft{Disabled: true})
	var d webhook.SubscriptionDraft
	if err := json.Unmarshal([]byte(`{"types":["flag.*"],"filter":[{"effect":"allow","actions":["event:receive"],"resources":["proj/*:env/production:flag/*"]}]}`), &d); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Webhooks.Subscribe(t.Context(), h.dev, e.ID, d); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Webhooks.Update(t.Context(), h.dev, e.ID, webhook.Draft{URL: e.URL}); err != nil {
		t.Fatal(err)
	}
	sent := h.say(flag("x"), event.Draft{Type: "flag.turned_on", Subject: "proj/web:env/production:flag/x"})
	if r := h.next(); r.id() != sent[1].ID.String() {
		t.Errorf("%s", r.body)
	}
	h.became(e, webhook.Delivered)
	h.quiet()
}

// H37: everything that failed is sent again in one step and succeeds. Enough of
// them for several transactions.
func TestH37_WhatFailedIsReplayedTogether(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := start(t, open(nil), nil)
		e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
		const many = 1100
		for n := 0; n < many; n += 100 {
			drafts := make([]event.Draft, 100)
			for i := range drafts {
				drafts[i] = flag(fmt.Sprint("f", n+i))
			}
			h.say(drafts...)
		}
		ids := map[string]bool{}
		for range many {
			ids[h.next().id()] = true
		}
		h.until("all delivered", func() bool { return h.number(e, "state = 'delivered'") == many })
		err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(tx.Ctx, "UPDATE webhook_delivery SET state = 'exhausted', attempts = 10, step = 9 WHERE endpoint = ?", e.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Webhooks.ReplayAll(t.Context(), h.dev, e.ID, webhook.Selection{States: []webhook.State{webhook.Waiting}}); err == nil {
			t.Error("what waits is replayed")
		}
		if n, err := h.Webhooks.ReplayAll(t.Context(), h.dev, e.ID, webhook.Selection{Type: "flag.created"}); err != nil || n.Total != 0 {
			t.Errorf("another type: %d %v", n.Total, err)
		}
		n, err := h.Webhooks.ReplayAll(t.Context(), h.dev, e.ID, webhook.Selection{})
		if err != nil || n.Total != many {
			t.Fatalf("%d %v", n.Total, err)
		}
		for range many {
			if id := h.next().id(); !ids[id] {
				t.Errorf("%s was not sent before", id)
			}
		}
		h.until("all delivered again", func() bool { return h.number(e, "state = 'delivered' AND attempts = 11") == many })
		h.quiet()
		all, err := h.Webhooks.Replays(t.Context(), h.dev, e.ID, 5)
		if err != nil || len(all) != 1 || all[0].ID != n.ID || all[0].Total != many || all[0].Waiting != 0 || all[0].Running() {
			t.Errorf("%+v %v", all, err)
		}
		if r, err := h.Webhooks.StopReplay(t.Context(), h.dev, n.ID); err != nil || r.Stopped.IsZero() || h.number(e, "state = 'delivered'") != many {
			t.Errorf("stopping what is done: %+v %v", r, err)
		}
		got, more, err := h.Webhooks.Search(t.Context(), h.dev, webhook.Search{Endpoints: []webhook.ID{e.ID}, States: []webhook.State{webhook.Delivered}, Status: http.StatusOK, Limit: 10})
		if err != nil || len(got) != 10 || !more {
			t.Errorf("%d deliveries found: %v", len(got), err)
		}
		got, more, err = h.Webhooks.Search(t.Context(), h.dev, webhook.Search{Endpoints: []webhook.ID{e.ID}, States: []webhook.State{webhook.Exhausted, webhook.Dropped}, Limit: 10})
		if q, qerr := h.Webhooks.Queues(t.Context(), h.dev, e.ID); err != nil || qerr != nil || len(got) != 0 || more || q[e.ID] != (webhook.Queue{}) {
			t.Errorf("%d have failed, %+v: %v %v", len(got), q, err, qerr)
		}
		for _, daily := range []bool{false, true} {
			h.until("every request is counted", func() bool {
				s, err := h.Webhooks.Counted(t.Context(), h.dev, h.DB.Now().Add(-time.Hour), daily, e.ID)
				return err == nil && s.Delivered == 2*many && s.Failed == 0 && s.Points[len(s.Points)-1].Slowest > 0
			})
		}
	})
}

// Deliveries go with the events after 30 days; newer ones stay.
func TestOldDeliveriesGo(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	h.say(flag("old"))
	h.next()
	h.became(e, webhook.Delivered)
	clock.Advance(31 * 24 * time.Hour)
	sent := h.say(flag("new"))
	h.next()
	h.until("the new one is written", func() bool {
		return slices.ContainsFunc(h.log(e), func(d webhook.Delivery) bool { return d.Event == sent[0].ID.String() && d.State == webhook.Delivered })
	})
	if err := h.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.until("the old one is gone", func() bool { return h.number(e, "1 = 1") == 1 })
	if d := h.log(e)[0]; d.Event != sent[0].ID.String() {
		t.Errorf("%+v", d)
	}
	h.until("its attempt is gone", func() bool {
		n := -1
		err := h.DB.Read(t.Context(), func(tx *store.Tx) error {
			return tx.NewRaw("SELECT COUNT(*) FROM webhook_attempt").Scan(tx.Ctx, &n)
		})
		return err == nil && n == 1
	})
}

// What comes back for an endpoint that was deleted meanwhile is nobody's: the row of
// its delivery may be another endpoint's by then, whose state and answers it is not.
func TestLateAnswersOfDeletedEndpointsAreNobodys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		db := open(clock)
		h := start(t, db, clock)
		h.recv.answers(http.StatusInternalServerError)
		gone := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
		h.say(flag("first"))
		h.next()
		h.until("the first attempt is written", func() bool { l := h.log(gone); return len(l) == 1 && l[0].Attempts == 1 })

		arrived, answer := make(chan struct{}), make(chan struct{})
		h.recv.holds(func(body []byte) {
			if strings.Contains(string(body), "flag/first") {
				close(arrived)
				<-answer
			}
		})
		h.recv.answers(http.StatusOK)
		clock.Advance(6 * time.Second)
		<-arrived
		if err := h.Webhooks.Delete(t.Context(), h.dev, gone.ID); err != nil {
			t.Fatal(err)
		}
		h.recv.answers(http.StatusInternalServerError)
		kept := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
		h.say(flag("second"))
		h.next()
		h.until("the other delivery is written", func() bool { l := h.log(kept); return len(l) == 1 && l[0].Attempts == 1 })
		close(answer)
		h.Stop() // writes what is under way

		var rows []struct {
			Endpoint string
			State    webhook.State
			Answers  int
		}
		if err := db.Read(t.Context(), func(tx *store.Tx) error {
			return tx.NewRaw("SELECT d.endpoint, d.state, (SELECT COUNT(*) FROM webhook_attempt AS a WHERE a.delivery = d.d) AS answers FROM webhook_delivery AS d").Scan(tx.Ctx, &rows)
		}); err != nil {
			t.Fatal(err)
		}
		if len(rows) != 1 || rows[0].Endpoint != kept.ID.String() || rows[0].State != webhook.Waiting || rows[0].Answers != 1 {
			t.Errorf("%+v", rows)
		}
	})
}

// mine is a private integration with an endpoint of its own.
type mine struct{ token, path, secret, grant string }

// own makes one that may read flags, and subscribes to nothing that happens.
func (h *house) own() mine {
	h.t.Helper()
	made, err := h.Private.Create(h.t.Context(), h.admin, h.acc.ID, private.Draft{Name: "Sync", Scopes: []string{"flags.read"}})
	if err != nil {
		h.t.Fatal(err)
	}
	m := mine{token: made.Token.Secret.Reveal(), grant: made.Grant}
	a := h.ask(m.token, http.MethodPost, "/v1/grants/"+made.Grant+"/webhook-endpoints", `{"url":"`+h.recv.URL+`/own","types":["flag.deleted"]}`)
	if a.Status != http.StatusCreated {
		h.t.Fatalf("%d %s", a.Status, a.Body)
	}
	m.path, m.secret = a.Header.Get("Location"), a.JSON()["secret"].(string)
	return m
}

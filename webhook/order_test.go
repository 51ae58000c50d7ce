package webhook_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/webhook"
)

// With ordered, a failing event holds up those with its key and no others.
func TestOrderHoldsOneKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}, Ordered: true})
		key := func(k string, n int) event.Draft {
			d := flag(fmt.Sprint(k, n))
			d.OrderingKey = k
			return d
		}
		h.recv.answers(http.StatusInternalServerError)
		h.say(key("a", 1))
		first := h.next()
		h.became(e, webhook.Waiting)
		h.recv.answers(http.StatusOK)
		sent := h.say(key("a", 2), key("b", 1), key("a", 3))
		if r := h.next(); r.id() != sent[1].ID.String() {
			t.Errorf("b is not held: %s", r.body)
		}
		h.until("one is delivered, three wait", func() bool {
			waiting, delivered := 0, 0
			for _, d := range h.log(e) {
				switch d.State {
				case webhook.Waiting:
					waiting++
				case webhook.Delivered:
					delivered++
				}
			}
			return waiting == 3 && delivered == 1
		})
		h.quiet()
		clock.Advance(time.Minute)
		for i, want := range []string{first.id(), sent[0].ID.String(), sent[2].ID.String()} {
			if r := h.next(); r.id() != want {
				t.Errorf("%d: %s", i, r.body)
			}
		}
	})
}

// Many events behind a failing one of their key, more than are loaded at once:
// all of them come in the order of the log, also when the retry fails again.
func TestOrderHoldsWithABacklog(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}, Ordered: true})
		h.recv.answers(http.StatusInternalServerError)
		var want []string
		say := func(n int) {
			drafts := make([]event.Draft, n)
			for i := range drafts {
				drafts[i] = flag(fmt.Sprint("f", i))
				drafts[i].OrderingKey = "k"
			}
			for _, r := range h.say(drafts...) {
				want = append(want, r.ID.String())
			}
		}
		say(1)
		h.next()
		h.became(e, webhook.Waiting)
		say(999)
		say(999)
		h.until("all written", func() bool { return h.count(e) == 1999 })
		clock.Advance(7 * time.Second)
		if r := h.next(); r.id() != want[0] { // it fails again
			t.Fatalf("not the first: %s", r.body)
		}
		h.until("the others wait behind it", func() bool {
			return h.due(e) == 0
		})
		h.recv.answers(http.StatusOK)
		say(10) // while it waits
		clock.Advance(6 * time.Minute)
		for i, id := range want {
			if r := h.next(); r.id() != id {
				t.Fatalf("place %d: %s", i, r.body)
			}
		}
		h.quiet()
	})
}

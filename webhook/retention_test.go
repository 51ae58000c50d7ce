package webhook_test

import (
	"context"
	"testing"
	"time"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/webhook"
)

// one reads one number.
func (h *house) one(query string, args ...any) (n int) {
	h.t.Helper()
	if err := h.DB.Read(h.t.Context(), func(tx *store.Tx) error { return tx.NewRaw(query, args...).Scan(tx.Ctx, &n) }); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// Many old deliveries go with their attempts in small transactions, so that new
// events are accepted and delivered meanwhile. What was counted by day stays.
func TestCleanUpOfManyDeliveriesLetsWritersIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		db := open(clock)
		h := start(t, db, clock)
		e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
		const many = 2000
		for n := 0; n < many; n += 500 {
			drafts := make([]event.Draft, 500)
			for i := range drafts {
				drafts[i] = flag("old")
			}
			h.say(drafts...)
		}
		h.until("all are delivered and counted", func() bool {
			return h.number(e, "state = 'delivered'") == many && h.one("SELECT COALESCE(SUM(delivered), 0) FROM webhook_count WHERE step = 'day'") == many
		})
		for len(h.recv.got) > 0 {
			h.next()
		}
		before := clock.Now().UnixMicro()
		clock.Advance(33 * 24 * time.Hour)
		between, written := 0, 0
		for left := many; left > 0; left = h.one("SELECT COUNT(*) FROM webhook_delivery WHERE created <= ?", before) {
			h.say(flag("new"))
			written++
			if left < many {
				between++
			}
			if written == 1 {
				go func() { _ = h.Jobs.Drain(context.WithoutCancel(t.Context())) }()
			}
		}
		if between == 0 {
			t.Errorf("of %d writes none went between two steps", written)
		}
		h.until("the new ones are delivered", func() bool { return h.number(e, "state = 'delivered'") == written })
		h.until("quarters of an hour are forgotten", func() bool {
			return h.one("SELECT COUNT(*) FROM webhook_count WHERE step = 'quarter' AND at <= ?", before) == 0
		})
		if n := h.one("SELECT COUNT(*) FROM webhook_attempt"); n != written {
			t.Errorf("%d attempts of %d deliveries", n, written)
		}
		if n := h.one("SELECT COALESCE(SUM(delivered), 0) FROM webhook_count WHERE step = 'day' AND at <= ?", before); n != many {
			t.Errorf("%d of %d old deliveries are still counted by day", n, many)
		}
		clock.Advance(401 * 24 * time.Hour)
		h.until("days are forgotten after 400 of them", func() bool {
			return h.Jobs.Drain(t.Context()) == nil && h.one("SELECT COUNT(*) FROM webhook_count WHERE at <= ?", before) == 0
		})
	})
}

// An event that nobody has looked at yet is not cleaned away, however old it is:
// a platform that stood still for longer than events are kept delivers it.
func TestEventsThatNobodySawAreNotCleanedAway(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, nil, clock)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}})
	seen := h.say(flag("seen"), flag("unseen"))
	h.next()
	h.next()
	h.until("both are written", func() bool { return h.number(e, "state = 'delivered'") == 2 })
	h.Stop()
	// As if the process had died between the two.
	if err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM webhook_delivery WHERE event_n = (SELECT MAX(event_n) FROM webhook_delivery)"); err != nil {
			return err
		}
		_, err := tx.ExecContext(tx.Ctx, "UPDATE webhook_courier SET settled = (SELECT MAX(event_n) FROM webhook_delivery)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(40 * 24 * time.Hour)
	if err := h.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := h.one("SELECT COUNT(*) FROM event_event WHERE type LIKE 'flag.%'"); n != 1 {
		t.Fatalf("%d events are left, not the unseen one", n)
	}
	servertest.Start(t, servertest.Options{DB: h.DB, Keys: h.Keys, Clock: clock, Catalog: h.Catalog.Get(), Outbound: h.Outbound})
	if r := h.next(); r.id() != seen[1].ID.String() {
		t.Errorf("%s came, not %s", r.id(), seen[1].ID)
	}
}

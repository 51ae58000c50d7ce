package webhook

import (
	"log/slog"
	"testing"
	"time"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// A group whose commit was not confirmed is written again, and is in the books
// once, whether or not the commit had happened and whatever went in between.
func TestGroupsAreWrittenOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(storetest.NewClock())
		c := newCourier(&Service{DB: db, Events: &event.Service{DB: db}, Log: slog.New(slog.DiscardHandler)})
		c.leading.Store(true)
		write := func(f func(tx *store.Tx) error) {
			t.Helper()
			if err := db.Write(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		write(func(tx *store.Tx) error {
			_, ours, err := lead(tx, c.holder, tx.Now().Add(time.Hour), false)
			if !ours {
				t.Error("the lease is another's")
			}
			return err
		})
		endpoint, n := ident.New[Endpoint](db.Now()).String(), int64(0)
		entries := func(tried ...bool) []entry {
			out := make([]entry, len(tried))
			for i := range tried {
				n++
				at := db.Now()
				d := Delivery{Endpoint: endpoint, Type: "flag.updated", State: Waiting, Created: at, Updated: at, Due: at, n: n}
				out[i] = entry{item: &item{Delivery: d}, lane: &lane{id: endpoint}, fresh: true}
				if tried[i] {
					out[i].item.State, out[i].attempt = Delivered, &attemptRow{Number: 1, Status: 200}
				}
			}
			return out
		}
		books := func(group []entry, again bool) {
			t.Helper()
			if ours, _, err := c.record(group, again); err != nil || !ours {
				t.Fatalf("%v %v", ours, err)
			}
		}
		rows := func(what string, want, attempts int) {
			t.Helper()
			var got, tried int
			write(func(tx *store.Tx) error {
				if err := tx.NewRaw("SELECT COUNT(*) FROM webhook_delivery").Scan(tx.Ctx, &got); err != nil {
					return err
				}
				return tx.NewRaw("SELECT COUNT(*) FROM webhook_attempt").Scan(tx.Ctx, &tried)
			})
			if got != want || tried != attempts {
				t.Errorf("%s: %d deliveries and %d attempts, not %d and %d", what, got, tried, want, attempts)
			}
		}
		group := entries(true, false, true)
		books(group, false)
		books(group, true)
		rows("it had been committed", 3, 2)
		write(func(tx *store.Tx) error {
			if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM webhook_attempt WHERE delivery = ?", group[0].item.d); err != nil {
				return err
			}
			_, err := tx.ExecContext(tx.Ctx, "DELETE FROM webhook_delivery WHERE d = ?", group[0].item.d)
			return err
		})
		books(group, true)
		rows("it had been committed and one was deleted", 2, 1)
		waiting := entries(false, false)
		books(waiting, false)
		books(waiting, true)
		rows("waiting ones", 4, 1)
		books(entries(true, false), true)
		rows("it had not been committed", 6, 2)
	})
}

// A delivery that is sent again between its being written and the courier's
// learning that it is written is not forgotten: it is looked at once more.
func TestWhatIsSentAgainWhileItIsWrittenGoesOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(storetest.NewClock())
		c := newCourier(&Service{DB: db, Events: &event.Service{DB: db}, Log: slog.New(slog.DiscardHandler)})
		c.leading.Store(true)
		now := db.Now()
		id := ident.New[Endpoint](now)
		d := Delivery{Endpoint: id.String(), Type: testType, State: Waiting, Created: now, Updated: now, Due: now, n: testBase + 1, d: 1}
		if err := db.Write(t.Context(), func(tx *store.Tx) error {
			if _, ours, err := lead(tx, c.holder, now.Add(time.Hour), false); err != nil || !ours {
				t.Errorf("the lease: %v %v", ours, err)
			}
			if err := insertTest(tx, id, &event.Event{Type: testType, N: d.n, Timestamp: now, Accepted: now, Test: true, Data: []byte("{}")}); err != nil {
				return err
			}
			return store.InsertAll(tx, []*deliveryRow{d.row()})
		}); err != nil {
			t.Fatal(err)
		}
		l := &lane{id: id.String(), to: &destination{}, circuit: Circuit{State: Closed}, held: map[int64]bool{d.d: true}, again: map[int64]bool{}, flying: map[string]bool{},
			blocked: map[string]time.Time{}, probed: map[string]bool{}}
		if err := c.load(t.Context(), l, now); err != nil {
			t.Fatal(err)
		}
		if len(l.queue) != 0 || !l.again[d.d] {
			t.Fatalf("it is in memory and on its way twice: %d in the lane, %v", len(l.queue), l.again)
		}
		if ours, _, err := c.record([]entry{{item: &item{Delivery: d}, lane: l, unsent: true}}, false); err != nil || !ours {
			t.Fatal(ours, err)
		}
		if l.held[d.d] || l.again[d.d] || l.due.After(now) || l.due.IsZero() {
			t.Fatalf("nobody looks for it any more: %+v", l)
		}
		if err := c.load(t.Context(), l, now); err != nil {
			t.Fatal(err)
		}
		if len(l.queue) != 1 || l.queue[0].d != d.d {
			t.Errorf("%d are in the lane", len(l.queue))
		}
	})
}

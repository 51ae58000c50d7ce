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

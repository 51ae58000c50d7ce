package event

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// Numbers of accounts go on without gaps, whoever wrote last, also after a
// transaction that came to nothing.
func TestNumbersGoOnAcrossNodes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(storetest.NewClock())
		nodes := []*Service{{DB: db, Log: slog.New(slog.DiscardHandler)}, {DB: db, Log: slog.New(slog.DiscardHandler)}}
		whole, of := int64(0), map[string]int64{}
		say := func(node int, accounts ...string) {
			t.Helper()
			o := &offer{}
			for _, a := range accounts {
				o.events = append(o.events, &Event{Type: "weather.changed", Account: a, AccountKey: a, Data: []byte("{}")})
			}
			if err := nodes[node].publish(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			for i, e := range o.events {
				whole++
				of[e.Account]++
				if e.N != whole || e.Sequence != of[e.Account] {
					t.Fatalf("event %d of node %d: %d and %d of %s, not %d and %d", i, node, e.N, e.Sequence, e.Account, whole, of[e.Account])
				}
			}
		}
		say(0, "a", "b", "a")
		say(0, "a", "c")
		say(1, "a", "b") // the other node has written: what this one remembers is old
		say(0, "a", "b", "c")
		failure := errors.New("no")
		o := &offer{events: []*Event{{Type: "weather.changed", Account: "a", AccountKey: "a", Data: []byte("{}")}}, also: func(*store.Tx) error { return failure }}
		if err := nodes[0].publish(t.Context(), o); !errors.Is(err, failure) {
			t.Fatal(err)
		}
		say(0, "a", "d")
		say(1, "d", "a")
		for i := range 20 {
			say(i%2, "a", fmt.Sprint("account-", i%3))
		}
		gone := int64(0)
		clean := func(upTo int64) { // two stretches, as clean-up does it
			t.Helper()
			for _, to := range []int64{(gone + upTo) / 2, upTo} {
				if err := db.Batch(t.Context(), func(tx *store.Tx) error { return erase(tx, gone, to) }); err != nil {
					t.Fatal(err)
				}
				gone = to
			}
		}
		clean(whole - 1) // the last of most accounts is among them
		say(1, "a", "c", "d")
		clean(whole) // nothing is left
		nodes = append(nodes, &Service{DB: db, Log: slog.New(slog.DiscardHandler)})
		say(2, "a", "b", "e") // it remembers nothing
		say(0, "a", "b", "account-0", "c", "d")
	})
}

package store_test

import (
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// When the answer to a commit is lost, the operation fails and its change is
// there all the same. The node that made it must hear of it like the others, or
// it goes on with what it remembers.
func TestANodeHearsOfItsOwnChangeWhoseCommitWasNotAnswered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		heard := make(chan string, 10)
		db.OnChange("token", func(k string) { heard <- k })
		if err := db.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := db.Write(t.Context(), func(tx *store.Tx) error { // the line without its commit's end
			_, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_change (at, node, topic, key) VALUES (?, ?, 'token', 'lost')", store.At(tx.Now()), db.Node())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Write(t.Context(), func(tx *store.Tx) error { tx.Changed("token", "answered"); return nil }); err != nil {
			t.Fatal(err)
		}
		times, deadline := map[string]int{}, time.After(20*time.Second)
		for times["lost"] == 0 {
			select {
			case k := <-heard:
				times[k]++
			case <-deadline:
				t.Fatal("the change was not heard")
			}
		}
		if times["answered"] == 0 {
			t.Error("a change was not heard in its commit")
		}
	})
}

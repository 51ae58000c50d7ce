package store_test

import (
	"errors"
	"testing"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

func TestJoinedRunsInEveryWriteOfItsContext(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(nil)
		fact := func(tx *store.Tx, name string) error {
			_, err := tx.ExecContext(tx.Ctx, "INSERT INTO store_fact (name, value) VALUES (?, ?)", name, "x")
			return err
		}
		refuse := errors.New("fenced off")
		count := func() int {
			var n int
			err := db.Read(t.Context(), func(tx *store.Tx) error {
				return tx.NewRaw("SELECT COUNT(*) FROM store_fact WHERE name LIKE 'join.%'").Scan(tx.Ctx, &n)
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		with := store.Joined(t.Context(), func(tx *store.Tx) error { return fact(tx, "join.mark") })
		if err := db.Write(with, func(tx *store.Tx) error { return fact(tx, "join.work") }); err != nil {
			t.Fatal(err)
		}
		if n := count(); n != 2 {
			t.Fatalf("%d facts, want the work and the mark", n)
		}
		against := store.Joined(t.Context(), func(*store.Tx) error { return refuse })
		if err := db.Write(against, func(tx *store.Tx) error { return fact(tx, "join.lost") }); !errors.Is(err, refuse) {
			t.Fatalf("Write = %v, want the joined error", err)
		}
		if n := count(); n != 2 {
			t.Fatalf("%d facts after a refused join, want 2", n)
		}
	})
}

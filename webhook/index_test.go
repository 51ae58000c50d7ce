package webhook

import (
	"log/slog"
	"testing"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// What a transaction read that had begun before an endpoint changed is not
// remembered after it, or a secret that was rotated would sign on.
func TestWhatWasReadBeforeAChangeIsForgotten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		db := open(storetest.NewClock())
		x := newCourier(&Service{DB: db, Events: &event.Service{DB: db}, Log: slog.New(slog.DiscardHandler)}).index
		e := Endpoint{ID: ident.New[Endpoint](db.Now()), URL: "https://old.example", State: Enabled, Signature: SignEd25519, Created: db.Now()}
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return insertEndpoint(tx, &e) }); err != nil {
			t.Fatal(err)
		}
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			before := x.epoch
			old, err := findEndpoint(tx, e.ID)
			if err != nil {
				return err
			}
			old.URL = "https://new.example"
			if err := db.Write(t.Context(), func(tx *store.Tx) error {
				tx.Changed(Topic, e.ID.String())
				return saveEndpoint(tx, &old)
			}); err != nil {
				return err
			}
			_, err = x.load(tx, []string{e.ID.String()}, before)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		to, err := x.place(t.Context(), e.ID.String())
		if err != nil || to == nil || to.URL != "https://new.example" {
			t.Errorf("%+v %v", to, err)
		}
	})
}

package webhook_test

import (
	"sync"
	"testing"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// What somebody read while a mute or a grant changed is not remembered after the
// change: otherwise what was turned off would go on coming.
func TestWhatWasReadDuringAChangeIsNotRemembered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := start(t, open(nil), nil)
		list, err := h.Integrations.ListAccount(t.Context(), h.admin, h.acc.ID)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		held := list[0].Grant
		muted := func() bool {
			got, err := h.Events.Muted(t.Context(), h.acc.ID.String(), held, "flag.turned_on")
			if err != nil {
				t.Error(err)
			}
			return got
		}
		live := func() bool {
			got, err := h.Bearers.Standing(t.Context(), held)
			if err != nil {
				t.Error(err)
				return false
			}
			return got.Live() == nil
		}
		for _, c := range []struct {
			name   string
			read   func() bool
			change func(on bool) error
		}{
			{"a mute", muted, func(on bool) error {
				mutes := []event.Mute{}
				if on {
					mutes = append(mutes, event.Mute{Pattern: "flag.*"})
				}
				_, err := h.Events.SetMutes(t.Context(), h.admin, h.acc.ID, mutes)
				return err
			}},
			{"a grant", live, func(on bool) error {
				return h.DB.Write(t.Context(), func(tx *store.Tx) error {
					state := grant.Suspended
					if on {
						state = grant.Active
					}
					_, err := h.Grants.SetState(tx, held, state, "test")
					return err
				})
			}},
		} {
			wrong := 0
			for round := range 100 {
				on := round%2 == 0
				done := make(chan struct{})
				var readers sync.WaitGroup
				for range 4 {
					readers.Go(func() {
						for {
							select {
							case <-done:
								return
							default:
								c.read()
							}
						}
					})
				}
				if err := c.change(on); err != nil {
					t.Error(err)
				}
				close(done)
				readers.Wait()
				if c.read() != on {
					wrong++
				}
			}
			if wrong > 0 {
				t.Errorf("%s: what was before the change is remembered after %d of 100 changes", c.name, wrong)
			}
		}
	})
}

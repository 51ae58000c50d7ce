package integration_test

import (
	"testing"

	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// What is remembered of an application's place in an account ends with whatever
// it stands on.
func TestRememberedGrants(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		grants := integration.NewGrants(h.Service)
		expect := func(what, accountName, want string) {
			t.Helper()
			for range 2 { // the second time from memory, if it is remembered
				g, err := grants.Of(ctx, h.app, accountName)
				if got := problem.CodeOf(err); got != want {
					t.Errorf("%s: %q, want %q", what, got, want)
				}
				if err == nil && g.Account != h.harbour.ID.String() {
					t.Errorf("%s: the grant of %s", what, g.Account)
				}
			}
		}
		expect("before", "harbour", "app_not_installed")
		ins := h.install()
		for _, name := range []string{"harbour", h.harbour.ID.String(), ""} {
			expect("installed, by "+name, name, "")
		}
		expect("an account that is not there", "nowhere", "app_not_installed")

		other := h.account("other")
		if _, err := h.Install(ctx, h.administrator(other, "eve"), other.ID, h.order()); err != nil {
			t.Fatal(err)
		}
		expect("no longer the only one", "", "account_required")
		expect("still named", "harbour", "")

		_, err := h.SetAvailable(ctx, h.ben, ins.ID, integration.Availability{Reason: "holidays"})
		h.ok(err)
		expect("switched off", "harbour", "installation_unavailable")
		_, err = h.SetAvailable(ctx, h.ben, ins.ID, integration.Availability{Available: true})
		h.ok(err)
		expect("on again", "harbour", "")
		_, err = h.Remove(ctx, h.ben, ins.ID, "done")
		h.ok(err)
		expect("removed", "harbour", "app_not_installed")
		if again := h.install(); again.ID == ins.ID {
			t.Error("the removed installation came back")
		}
		expect("installed anew", "harbour", "")
	})
}

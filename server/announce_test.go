package server_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/server/servertest"
)

// A requirement that widens has a start date and a grace period: both sides are
// told once, what was enough stays enough until then, and not a moment longer.
func TestWideningARequirementIsAnnounced(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := servertest.Start(t, servertest.Options{Clock: clock})
	dev, team := h.Developer("dev@example.com")
	admin, harbour := h.Customer("harbour-books", account.Production)
	app, key := h.Release(dev, team, "flags.read")
	h.Install(admin, harbour, app)
	starts := clock.Now().Add(20 * 24 * time.Hour)
	upstream := h.Catalog.Get().File().Product.Upstreams["default"]
	next := servertest.PennantCatalog(t, upstream, func(f *catalog.File) {
		if f.Operations == nil {
			f.Operations = map[string]catalog.Override{}
		}
		f.Operations["listFlags"] = catalog.Override{Needs: "scope:flags.read and scope:projects.read"}
		f.Changes = []catalog.Change{{Operation: "listFlags", Was: "scope:flags.read", Starts: starts, Grace: catalog.Duration(10 * 24 * time.Hour), Notice: "Names of projects will stand in the answer."}}
	})
	if err := h.Swap(next); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time nobody hears of it again
		if err := h.Announce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, by := range []struct {
		who  string
		list func() (notice.Inbox, error)
	}{
		{"developer", func() (notice.Inbox, error) { return h.Notices.List(t.Context(), dev, notice.Query{}) }},
		{"administrator", func() (notice.Inbox, error) { return h.Notices.List(t.Context(), admin, notice.Query{}) }},
	} {
		inbox, err := by.list()
		n := 0
		for _, i := range inbox.Items {
			if i.Kind == "catalog.change" {
				n++
			}
		}
		if err != nil || n != 1 {
			t.Errorf("the %s has %d notices of it, %v", by.who, n, err)
		}
	}
	const flags = "/api/v1/accounts/harbour-books/projects/web-shop/flags"
	// The gateway goes by the real clock; the change lies years back there, so its
	// rule is tried through the catalog, by the test's clock.
	route, ok := h.Catalog.Get().Route("listFlags")
	if !ok || route.Interim == nil {
		t.Fatal("the route has no interim requirement")
	}
	if needs, _ := route.At(clock.Now()); needs.Equal(route.Needs) {
		t.Error("before the date only the new requirement counts")
	}
	if needs, _ := route.At(starts.Add(10 * 24 * time.Hour)); !needs.Equal(route.Needs) {
		t.Error("after the grace the old requirement still counts")
	}
	if a := h.Call(h.Token(key, ""), http.MethodGet, flags, nil); a.Status != http.StatusForbidden && a.Status != http.StatusUnauthorized {
		t.Errorf("long after the date: %d %s", a.Status, a.Body)
	}
}

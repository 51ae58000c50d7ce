package release_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/release"
)

// Whoever may see a version sees what its package sends.
func TestRequestsOfAPackage(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		v := h.bare("1.0.0")
		if _, err := h.Preview(h.t.Context(), h.ada, v.ID, "flag"); problem.CodeOf(err) != "not_found" {
			h.t.Errorf("without a package: %v", err)
		}
		if _, err := h.PutPackage(h.t.Context(), h.ada, v.ID, release.Archive{Key: "harbour-watch", Data: sample(h.t)}); err != nil {
			h.t.Fatal(err)
		}
		got, err := h.Preview(h.t.Context(), h.ada, v.ID, "flag")
		if err != nil || len(got.Items) == 0 || got.Items[0].Name != "eventHook" || !got.Items[0].Sent || !strings.HasPrefix(got.Items[0].Curl, "curl -X ") || !strings.Contains(got.Items[0].Text, "$") {
			h.t.Errorf("%+v %v", got, err)
		}
		if _, err := h.Preview(h.t.Context(), h.ada, v.ID, "earthquake"); problem.CodeOf(err) != "not_found" {
			h.t.Errorf("%v", err)
		}
	})
}

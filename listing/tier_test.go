package listing_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/programme"
	"github.com/guestright/guestright/quota"
)

// What the partner programme brings in the directory: a badge, and a place before
// the rest, as long as the group has the tier and the catalog knows it.
func TestATierHasItsPlaceInTheDirectory(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		partners := &programme.Service{DB: h.DB, Audit: h.Audit, Groups: h.groups, Notices: h.Notices, Catalog: h.Releases.Catalog, Quota: &quota.Service{DB: h.DB, Audit: h.Audit, Solo: true}}
		h.Members = partners.Members
		h.tiers(map[string]catalog.Tier{"partner": {Label: "Partner", Badge: true, First: true}, "friend": {Label: "Friend"}})

		h.listed(h.app)
		mine := h.group
		other, err := h.groups.Create(ctx, h.ada, "Zebra Labs")
		h.ok(err)
		h.group = other.ID.String()
		h.ada = access.UserPrincipal(h.ada.User, map[string]string{mine: access.GroupOwner, h.group: access.GroupOwner}, nil)
		h.listed(h.register("Zebra"))
		tier := func(what, group, name, reason string, want ...string) listing.Found {
			t.Helper()
			now, err := partners.Membership(ctx, access.Operator("usr_none"), group)
			h.ok(err)
			d := programme.PartnerDecision{Tier: name, Reason: reason}
			if now.Partner != nil {
				d.Revision = now.Partner.Revision
			}
			_, err = partners.DecidePartner(ctx, access.Operator("usr_none"), group, d)
			h.ok(err)
			return h.found(what, listing.Query{}, want...)
		}
		h.found("nobody has a tier", listing.Query{}, "deploybot", "zebra")
		got := tier("the other is a partner", h.group, "partner", "", "zebra", "deploybot")
		if got.Items[0].Tier != "Partner" || got.Items[1].Tier != "" {
			t.Errorf("%+v", got.Items)
		}
		h.found("by name", listing.Query{Sort: listing.SortName}, "deploybot", "zebra")
		h.found("what was looked for", listing.Query{Text: "deploybot"}, "deploybot")
		tier("a tier that brings neither", mine, "friend", "", "zebra", "deploybot")
		got = tier("it is over", h.group, "", "The year is over.", "deploybot", "zebra")
		if got.Items[0].Tier != "" || got.Items[1].Tier != "" {
			t.Errorf("%+v", got.Items)
		}
		tier("again", h.group, "partner", "", "zebra", "deploybot")
		h.tiers(nil)
		h.clock.Advance(6 * time.Minute)
		h.found("the catalog has no tiers any more", listing.Query{}, "deploybot", "zebra")
	})
}

// tiers puts a catalog in force that has these.
func (h *house) tiers(all map[string]catalog.Tier) {
	h.t.Helper()
	set, err := catalog.Load(fstest.MapFS{"p.json": {Data: []byte(`{"openapi":"3.1.0","info":{"title":"Pennant","version":"1"},"paths":{
		"/flags":{"get":{"operationId":"listFlags","responses":{"200":{"description":"ok"}}},"post":{"operationId":"createFlag","responses":{"201":{"description":"ok"}}}}}}`)}}, "*.json")
	h.ok(err)
	file := h.Releases.Catalog.Get().File()
	file.Tiers = all
	cat, _, err := catalog.Import(set, file)
	h.ok(err)
	h.Releases.Catalog.Swap(cat)
}

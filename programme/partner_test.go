package programme_test

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/programme"
	"github.com/guestright/guestright/quota"
)

var profile = programme.Profile{Company: "Acme", Homepage: "https://acme.example", Contacts: []programme.Contact{
	{Role: "business", Name: "Bea", Email: "bea@acme.example"}, {Role: "technical", Name: "Ada", Email: "ada@acme.example"}, {Role: "security", Name: "Team", Email: "security@acme.example"}},
	Value: "Sudoku for all.", Success: "Solved ones.", Support: "By mail, in a day.", Documentation: "A page for each level."}

// Row A36: what the gateway asks about a preview. It fails closed, follows grants,
// ends and tiers at once, and knows nothing of those who have no group.
func TestA36_TheGateFollowsTheGrants(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		gate := func(what, want string) {
			t.Helper()
			h.code(what, h.gate.Preview(ctx, h.group, "insights"), want)
		}
		gate("nobody asked", "product_not_enabled")
		h.code("no group", h.gate.Preview(ctx, "", "insights"), "product_not_enabled")
		at := "/v1/groups/" + h.group + "/previews/insights"
		h.call(h.ada, 422, "POST", at, object{"why": " "})
		h.call(h.ada, 404, "POST", "/v1/groups/"+h.group+"/previews/nothing", object{"why": "x"})
		h.has(h.call(h.ada, 200, "POST", at, object{"why": "Shows trends."}), `"state":"pending"`)
		h.has(h.call(h.ada, 409, "POST", at, object{"why": "Shows trends."}), "preview_asked")
		gate("asked only", "product_not_enabled")
		h.call(h.ada, 403, "POST", at+"/decide", object{"grant": true, "revision": 1})
		own := operator
		own.User = h.ada.User
		h.has(h.call(own, 403, "POST", at+"/decide", object{"grant": true, "revision": 1}), "production_conflicted")
		h.has(h.call(operator, 200, "GET", "/v1/programme-requests", nil), `"why":"Shows trends."`)
		h.has(h.call(operator, 409, "POST", at+"/decide", object{"grant": true, "revision": 7}), "production_changed")
		h.call(operator, 200, "POST", at+"/decide", object{"grant": true, "revision": 1, "ends": "2026-03-09T10:00:00Z"})
		gate("granted", "")
		h.has(h.call(h.ada, 200, "GET", "/v1/groups/"+h.group+"/programme", nil), `"enabled":true`, `"opens":["getInsights","insight.made"]`)
		h.clock.Advance(8 * 24 * time.Hour)
		gate("its time is over", "product_not_enabled")
		h.call(h.ada, 200, "POST", at, object{"why": "Shows trends still."})
		h.has(h.call(operator, 422, "POST", at+"/decide", object{"grant": false, "revision": 3}), `"/reason"`)
		h.call(operator, 200, "POST", at+"/decide", object{"grant": true, "revision": 3})
		gate("granted again", "")
		h.call(operator, 200, "POST", at+"/decide", object{"grant": false, "reason": "Too many calls.", "revision": 4})
		gate("taken away", "product_not_enabled")
		h.has(h.inbox(h.ada), "may use insights", "may not use insights")

		must(t, h.DB.Close())
		fresh := programme.NewGate(h.DB, h.catalog)
		if err := fresh.Preview(ctx, h.group, "insights"); err == nil {
			t.Error("it opens what it cannot know")
		}
	})
}

// A group applies with its answers, gets a tier with all that it brings, and
// loses it again.
func TestPartnersAndWhatTheirTierBrings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		plan := func(want string) {
			t.Helper()
			l, err := h.Quota.Limits(ctx, h.ada, h.group)
			must(t, err)
			if l.Plan != want {
				t.Errorf("plan %s, want %s", l.Plan, want)
			}
		}
		bad := profile
		bad.Contacts, bad.Value = profile.Contacts[:2], ""
		_, err := h.Apply(ctx, h.ada, h.group, "gold", bad)
		h.code("a bad application", err, "programme_invalid")
		h.has(err.Error()+strings.Join(fields(err), " "), "/contacts", "/value", "/tier")
		p, err := h.Apply(ctx, h.ada, h.group, "partner", profile)
		h.code("apply", err, "")
		_, err = h.Apply(ctx, h.ada, h.group, "partner", profile)
		h.code("apply again", err, "partner_applied")
		_, err = h.DecidePartner(ctx, h.ada, h.group, programme.PartnerDecision{Tier: "partner", Revision: p.Revision})
		h.code("the developers decide", err, "forbidden")
		_, err = h.DecidePartner(ctx, operator, h.group, programme.PartnerDecision{Revision: p.Revision})
		h.code("decline without a reason", err, "programme_invalid")
		h.code("not yet", h.gate.Preview(ctx, h.group, "insights"), "product_not_enabled")
		plan("development")
		p, err = h.DecidePartner(ctx, operator, h.group, programme.PartnerDecision{Tier: "partner", Revision: p.Revision})
		h.code("accept", err, "")
		plan("production")
		h.code("the tier brings it", h.gate.Preview(ctx, h.group, "insights"), "")
		_, err = h.AskPreview(ctx, h.ada, h.group, "insights", "Why not?")
		h.code("ask for what one has", err, "preview_enabled")
		m, err := h.Membership(ctx, h.ada, h.group)
		if err != nil || m.Partner.Profile.Success != "Solved ones." || len(m.Tiers) != 2 || !m.Previews[0].FromTier {
			t.Errorf("the membership: %+v %v", m, err)
		}
		p, err = h.Apply(ctx, h.ada, h.group, "community", profile)
		h.code("ask for another tier", err, "")
		p, err = h.DecidePartner(ctx, operator, h.group, programme.PartnerDecision{Reason: "Stay.", Revision: p.Revision})
		if err != nil || p.State != programme.Member || p.Tier != "partner" {
			t.Errorf("declined, it keeps its tier: %+v %v", p, err)
		}
		h.clock.Advance(time.Minute)
		p, err = h.DecidePartner(ctx, operator, h.group, programme.PartnerDecision{Reason: "The contract has ended.", Revision: p.Revision})
		if err != nil || p.State != programme.Left {
			t.Errorf("left: %+v %v", p, err)
		}
		plan("development")
		h.code("left", h.gate.Preview(ctx, h.group, "insights"), "product_not_enabled")
		// A plan that was agreed on otherwise stays when the tier goes.
		must(t, h.Quota.Assign(ctx, operator, quota.Assignment{Owner: h.group, Plan: "production", Reason: "Signed."}))
		h.clock.Advance(time.Minute)
		p, err = h.Apply(ctx, h.ada, h.group, "partner", profile)
		h.code("apply once more", err, "")
		p, err = h.DecidePartner(ctx, operator, h.group, programme.PartnerDecision{Tier: "partner", Revision: p.Revision})
		h.code("accept once more", err, "")
		h.clock.Advance(time.Minute)
		_, err = h.DecidePartner(ctx, operator, h.group, programme.PartnerDecision{Reason: "Ended again.", Revision: p.Revision})
		h.code("end once more", err, "")
		plan("production")
		_, err = h.Membership(ctx, access.UserPrincipal("usr_x", nil, nil), h.group)
		h.code("a stranger looks", err, "not_found")
	})
}

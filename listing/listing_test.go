package listing_test

import (
	"testing"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/release"
)

// missing lists the codes of what keeps a listing from being seen.
func missing(err error) []string {
	var out []string
	all, _ := problem.Of(err).Extra["missing"].([]listing.Missing)
	for _, m := range all {
		out = append(out, m.Code)
	}
	return out
}

func TestAListingIsSeenOnceItIsWhole(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		s, err := h.Get(ctx, h.ada, h.app.ID)
		h.ok(err)
		if s.Visibility != listing.Private || s.Slug != "deploybot" || s.Shown || s.Revision != 0 {
			t.Errorf("nobody wrote it: %+v", s)
		}
		_, err = h.Show(ctx, h.ada, h.app.ID, listing.Public)
		h.code("nothing is there", err, "listing_not_ready")
		if got := missing(err); len(got) != 3 || got[0] != "no_version" || got[1] != "no_privacy" || got[2] != "no_category" {
			t.Errorf("%v", got)
		}
		h.written(h.app)
		v, err := h.Releases.PublishTo(ctx, h.ada, h.draft(h.app, "1.0.0").ID, release.Stage{Reach: release.ReachPercent, Percent: 50})
		h.ok(err)
		_, err = h.Show(ctx, h.ada, h.app.ID, listing.Public)
		h.code("only a part has the version", err, "listing_not_ready")
		_, err = h.Releases.SetStage(ctx, h.ada, v.ID, release.Everybody)
		h.ok(err)
		s, err = h.Show(ctx, h.ada, h.app.ID, listing.Public)
		h.ok(err)
		if !s.Shown || len(s.Missing) > 0 || s.Published.IsZero() {
			t.Errorf("%+v", s)
		}
		got := h.found("it is there", listing.Query{}, "deploybot")
		if e := got.Items[0]; e.Tagline != "Flags follow deployments" || e.Developer != "Harbour Tools" || e.Version != "1.0.0" || e.Links.Support != "help@deploybot.example" || len(e.Categories) != 1 || e.Capabilities[0] != "api" || e.Verified || e.Accounts != 0 {
			t.Errorf("%+v", e)
		}
		_, err = h.Update(ctx, h.ada, h.app.ID, listing.Edit{Categories: &[]string{}})
		h.code("what others see stays whole", err, "listing_not_ready")

		_, err = h.Releases.Pause(ctx, h.ada, v.ID, "a fault")
		h.ok(err)
		h.found("the version reaches nobody further", listing.Query{})
		_, err = h.Entry(ctx, "deploybot")
		h.code("nor by its address", err, "not_found")
		_, err = h.Releases.Resume(ctx, h.ada, v.ID)
		h.ok(err)
		h.found("it does again", listing.Query{}, "deploybot")

		hidden, err := h.Show(ctx, h.ada, h.app.ID, listing.Unlisted)
		h.ok(err)
		h.found("unlisted", listing.Query{})
		if e, err := h.Entry(ctx, hidden.Slug); err != nil || !e.Unlisted {
			t.Errorf("by its address: %+v %v", e, err)
		}
		_, err = h.Entry(ctx, "deploybot")
		h.code("by its name", err, "not_found")
		if again, err := h.Show(ctx, h.ada, h.app.ID, listing.Unlisted); err != nil || again.Slug != hidden.Slug {
			t.Errorf("the address changed: %s, %v", again.Slug, err)
		}
		_, err = h.Show(ctx, h.ada, h.app.ID, listing.Private)
		h.ok(err)
		_, err = h.Entry(ctx, hidden.Slug)
		h.code("private", err, "not_found")
	})
}

func TestReviewedVersionsOnlyAreSeen(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.listed(h.app)
	h.Releases.Review = true
	_, err := h.Update(ctx, h.ada, h.app.ID, listing.Edit{}) // the switch is no change of the listing
	h.ok(err)
	h.found("nobody approved it", listing.Query{})
	v, err := h.Releases.SubmitVersion(ctx, h.ada, h.draft(h.app, "1.1.0").ID, release.Everybody)
	h.ok(err)
	_, err = h.Releases.DecideVersion(ctx, operator, v.ID, release.Verdict{Approve: true})
	h.ok(err)
	if got := h.found("approved", listing.Query{}, "deploybot"); got.Items[0].Version != "1.1.0" {
		t.Errorf("%+v", got.Items[0])
	}
}

func TestTheOperatorTakesAListingDown(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.listed(h.app)
	_, err := h.TakeDown(ctx, h.ada, h.app.ID, "x")
	h.code("the developer", err, "forbidden")
	_, err = h.TakeDown(ctx, operator, h.app.ID, " ")
	h.code("without a reason", err, "reason_required")
	_, err = h.TakeDown(ctx, operator, h.app.ID, "It claims to be ours.")
	h.ok(err)
	h.found("taken down", listing.Query{})
	s, err := h.Show(ctx, h.ada, h.app.ID, listing.Public)
	h.ok(err)
	if s.Shown || s.Reason != "It claims to be ours." {
		t.Errorf("the developer cannot put it back: %+v", s)
	}
	h.found("still", listing.Query{})
	_, err = h.Reinstate(ctx, h.ada, h.app.ID)
	h.code("the developer", err, "forbidden")
	all, err := h.All(ctx, operator)
	h.ok(err)
	if len(all) != 1 || all[0].TakenDown.IsZero() {
		t.Errorf("%+v", all)
	}
	_, err = h.All(ctx, h.ada)
	h.code("the developer", err, "not_found")
	_, err = h.Reinstate(ctx, operator, h.app.ID)
	h.ok(err)
	h.found("reinstated", listing.Query{}, "deploybot")
	h.ok(h.DB.Write(ctx, func(tx *store.Tx) error { return h.Applications.Stop(tx, operator, h.app.ID, "", "It leaks.") }))
	h.found("the application is stopped", listing.Query{})
}

func TestSlugsBelongToOne(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.written(h.app)
	other := h.register("Deploybot")
	s, err := h.Get(ctx, h.ada, other.ID)
	h.ok(err)
	if s.Slug == "deploybot" || len(s.Slug) != len("deploybot-")+6 {
		t.Errorf("%q", s.Slug)
	}
	_, err = h.Update(ctx, h.ada, other.ID, listing.Edit{Slug: ptr("deploybot")})
	h.code("taken", err, "slug_taken")
	for _, bad := range []string{"", "Deploybot", "a--b", "-a", "fragment", "a/b"} {
		_, err = h.Update(ctx, h.ada, other.ID, listing.Edit{Slug: &bad})
		h.code(bad, err, "listing_invalid")
	}
	for _, bad := range []listing.Edit{{Links: &listing.Links{Privacy: "javascript:alert(1)"}}, {Links: &listing.Links{Website: "http://a.example"}}, {Links: &listing.Links{Support: "x"}},
		{Categories: &[]string{"none"}}, {Categories: &[]string{"automation", "automation"}}} {
		_, err = h.Update(ctx, h.ada, other.ID, bad)
		h.code("a bad part", err, "listing_invalid")
	}
}

package release_test

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/release"
)

// Row H26: a version goes through review, by somebody of another group, and cannot be
// changed while it waits and once it is live.
func TestH26_AVersionIsReviewedByOthers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		h.Review = true
		op := access.Operator("usr_op")
		v := h.draft("1.0.0", "flags.read")
		_, err := h.Publish(ctx, h.ada, v.ID)
		h.code("published without review", err, "review_required")
		_, err = h.PublishTo(ctx, h.ada, v.ID, release.Stage{Reach: release.ReachChosen, Accounts: []string{"1", "2", "3", "4", "5", "6"}})
		h.code("for six accounts", err, "review_required")
		_, err = h.SubmitVersion(ctx, h.ada, v.ID, release.Stage{Reach: release.ReachPercent})
		h.code("a stage that is none", err, "stage_invalid")
		v, err = h.SubmitVersion(ctx, h.ada, v.ID, release.Stage{Reach: release.ReachPercent, Percent: 10})
		h.code("submit", err, "")
		notes := "Other."
		_, err = h.Amend(ctx, h.ada, v.ID, release.Patch{Notes: &notes})
		h.code("changed while it waits", err, "version_not_draft")
		_, err = h.TakeVersion(ctx, h.ada, v.ID)
		h.code("its developers review it", err, "forbidden")
		own := op
		own.User = h.ada.User
		_, err = h.TakeVersion(ctx, own, v.ID)
		h.code("an operator of the same group", err, "reviewer_conflicted")
		_, err = h.DecideVersion(ctx, own, v.ID, release.Verdict{Approve: true})
		h.code("decides", err, "reviewer_conflicted")
		_, err = h.TakeVersion(ctx, op, v.ID)
		h.code("take", err, "")
		_, err = h.DecideVersion(ctx, op, v.ID, release.Verdict{})
		h.code("without a reason", err, "reason_required")
		v, err = h.DecideVersion(ctx, op, v.ID, release.Verdict{Reason: "Say what the flags are for."})
		h.code("disapprove", err, "")
		if v.State != release.Disapproved || v.Staged().Reason == "" {
			t.Errorf("disapproved: %+v", v.Staged())
		}
		_, err = h.Amend(ctx, h.ada, v.ID, release.Patch{Notes: &notes})
		h.code("mended", err, "")
		_, err = h.SubmitVersion(ctx, h.ada, v.ID, release.Everybody)
		h.code("again", err, "")
		_, err = h.WithdrawVersion(ctx, h.ada, v.ID)
		h.code("withdraw", err, "")
		_, err = h.WithdrawVersion(ctx, h.ada, v.ID)
		h.code("twice", err, "version_not_waiting")
		_, err = h.SubmitVersion(ctx, h.ada, v.ID, release.Stage{Reach: release.ReachPercent, Percent: 10})
		h.code("at last", err, "")
		v, err = h.DecideVersion(ctx, op, v.ID, release.Verdict{Approve: true})
		h.code("approve", err, "")
		if v.State != release.Live || v.Approved.IsZero() || v.Stage.Percent != 10 {
			t.Errorf("approved: %+v", v.Staged())
		}
		_, err = h.SetStage(ctx, h.ada, v.ID, release.Everybody)
		h.code("reviewed, for all", err, "")
		_, err = h.Amend(ctx, h.ada, v.ID, release.Patch{Notes: &notes})
		h.code("a live one changes", err, "version_not_draft")
		_, err = h.PutPackage(ctx, h.ada, v.ID, release.Archive{Key: "x", Data: []byte("x")})
		h.code("gets a package", err, "version_not_draft")

		// Private use needs no review, and does not become public without.
		v = h.draft("1.0.1", "flags.read")
		v, err = h.PublishTo(ctx, h.ada, v.ID, release.Stage{Reach: release.ReachChosen, Accounts: []string{"acc_1"}})
		h.code("for one account", err, "")
		_, err = h.SetStage(ctx, h.ada, v.ID, release.Everybody)
		h.code("for all without review", err, "review_required")
	})
}

// Limits are told with their number, a repair passes, and what is thrown away counts
// no more.
func TestH26_LimitsOfDraftsAndLiveVersions(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.Limits = release.Limits{Drafts: 2, Lines: 2}
	h.live("1.0.0", "flags.read")
	h.live("1.1.0", "flags.read")
	third := h.draft("1.2.0", "flags.read")
	_, err := h.Publish(ctx, h.ada, third.ID)
	h.code("a third line", err, "version_live_exceeded")
	if n := problem.Of(err).Extra["limit"]; n != 2 {
		t.Errorf("limit %v", n)
	}
	h.live("1.1.1", "flags.read")
	h.draft("1.3.0", "flags.read")
	_, err = h.Draft(ctx, h.ada, h.app.ID, content("1.4.0"))
	h.code("a third draft", err, "version_drafts_exceeded")
	_, err = h.Discard(ctx, h.ada, third.ID)
	h.code("discard", err, "")
	_, err = h.Discard(ctx, h.ada, third.ID)
	h.code("twice", err, "version_not_draft")
	h.draft("1.4.0", "flags.read")
}

// The gate keeps versions from being submitted and published, with its reasons.
func TestTheGateRefusesWithReasons(t *testing.T) {
	t.Parallel()
	h := one(t)
	var asked []release.Step
	h.Gate = func(_ *store.Tx, step release.Step, a application.Application, v release.Version) ([]release.Reason, error) {
		asked = append(asked, step)
		if strings.HasPrefix(v.Number, "1") && a.Name == "Deploybot" {
			return []release.Reason{{Code: "icon", Text: "The icon does not answer."}}, nil
		}
		return nil, nil
	}
	v := h.draft("1.0.0", "flags.read")
	_, err := h.Publish(ctx, h.ada, v.ID)
	h.code("publish", err, "version_refused")
	if p := problem.Of(err); !strings.Contains(p.Detail, "icon does not answer") || p.Extra["reasons"] == nil {
		t.Errorf("%+v", p)
	}
	_, err = h.SubmitVersion(ctx, h.ada, v.ID, release.Everybody)
	h.code("submit", err, "version_refused")
	h.live("2.0.0", "flags.read")
	if len(asked) != 3 || asked[1] != release.StepSubmit {
		t.Errorf("asked %v", asked)
	}
}

// Row H27: a date less than 30 days ahead is refused, a later one may follow.
func TestH27_DeprecationIsDated(t *testing.T) {
	t.Parallel()
	h := one(t)
	v := h.live("1.0.0", "flags.read")
	soon := release.Deprecation{Ends: v.Released.Add(3 * 24 * time.Hour), Text: "Take 2.0.0."}
	_, err := h.Deprecate(ctx, h.ada, v.ID, soon)
	h.code("in three days", err, "deprecation_too_soon")
	if problem.Of(err).Extra["earliest"] == nil {
		t.Error("it is not said from when on")
	}
	soon.Ends = v.Released.Add(31 * 24 * time.Hour)
	got, err := h.Deprecate(ctx, h.ada, v.ID, soon)
	h.code("in a month", err, "")
	if got.State != release.Deprecated || !got.Ends.Equal(soon.Ends) {
		t.Errorf("%+v", got)
	}
	soon.Ends = v.Released.Add(90 * 24 * time.Hour)
	_, err = h.Deprecate(ctx, h.ada, v.ID, soon)
	h.code("later", err, "")
	_, err = h.Retire(ctx, h.ada, v.ID)
	h.code("retire", err, "")
}

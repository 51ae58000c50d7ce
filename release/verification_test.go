package release_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/release"
)

const callback = "https://deploybot.example/cb"

var (
	operator  = access.Operator("usr_op")
	statement = release.Statement{Privacy: "https://deploybot.example/privacy", Security: "security@deploybot.example", Data: "Keeps nothing but the flags' names, for a day."}
)

// ready makes the application fit for a review.
func (h *house) ready() {
	h.t.Helper()
	home, support, domains, uris := "https://deploybot.example", "help@deploybot.example", []string{"deploybot.example"}, []string{callback}
	_, err := h.Applications.Amend(ctx, h.ada, h.app.ID, application.Patch{Homepage: &home, Support: &support, Domains: &domains})
	h.code("describe", err, "")
	h.redirects(uris...)
	h.version("1.0.0", "flags.read")
}

func (h *house) redirects(uris ...string) {
	h.t.Helper()
	_, err := h.Applications.SetClient(ctx, h.ada, h.app.ID, application.ClientPatch{RedirectURIs: &uris})
	h.code("redirect URIs", err, "")
}

func (h *house) version(number string, scopes ...string) {
	h.t.Helper()
	c := release.Content{Number: number, Delegation: "consent", Notes: "New in " + number + "."}
	for _, s := range scopes {
		c.Required = append(c.Required, release.Request{Scope: s, Purpose: "Shows them on the page of a deploy."})
	}
	v, err := h.Draft(ctx, h.ada, h.app.ID, c)
	h.code("draft", err, "")
	_, err = h.Publish(ctx, h.ada, v.ID)
	h.code("publish", err, "")
}

func (h *house) state(want release.VerificationState) release.Verification {
	h.t.Helper()
	v, err := h.GetVerification(ctx, h.ada, h.app.ID)
	h.code("look", err, "")
	if v.State != want {
		h.t.Errorf("state %s, want %s (%s)", v.State, want, v.Reason)
	}
	return v.Verification
}

func (h *house) verified() release.Verification {
	h.t.Helper()
	_, err := h.Submit(ctx, h.ada, h.app.ID, statement)
	h.code("submit", err, "")
	v, err := h.Take(ctx, operator, h.app.ID)
	h.code("take", err, "")
	v, err = h.Decide(ctx, operator, h.app.ID, release.Decision{Verify: true, Revision: v.Revision, Note: "Tried it."})
	h.code("verify", err, "")
	return v.Verification
}

func (h *house) use(scopes ...string) release.Use {
	return release.Use{Group: h.app.Group, Redirect: callback, Scopes: scopes}
}

func TestTheLifeOfAVerification(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		if v := h.state(release.VerificationDraft); v.Holds() || v.Covers(h.use()) {
			t.Error("a draft holds")
		}
		_, err := h.Submit(ctx, h.ada, h.app.ID, statement)
		h.code("too early", err, "verification_incomplete")
		if got := problem.Of(err).Extra["missing"]; !slices.Equal(got.([]string), []string{"version", "contact", "domains"}) {
			t.Errorf("missing: %v", got)
		}
		h.ready()
		_, err = h.Submit(ctx, h.ada, h.app.ID, release.Statement{Privacy: "http://x", Security: "nobody"})
		h.code("a poor statement", err, "verification_invalid")
		_, err = h.Submit(ctx, operator, h.app.ID, statement)
		h.code("the operator may do all", err, "")
		_, err = h.Submit(ctx, h.ada, h.app.ID, statement)
		h.code("twice", err, "verification_waiting")
		_, err = h.Withdraw(ctx, h.ada, h.app.ID)
		h.code("withdraw", err, "")
		h.state(release.VerificationDraft)
		_, err = h.Withdraw(ctx, h.ada, h.app.ID)
		h.code("withdraw nothing", err, "verification_not_waiting")

		_, err = h.Submit(ctx, h.ada, h.app.ID, statement)
		h.code("submit", err, "")
		for name, do := range map[string]func() error{
			"take":    func() error { _, err := h.Take(ctx, h.ada, h.app.ID); return err },
			"decide":  func() error { _, err := h.Decide(ctx, h.ada, h.app.ID, release.Decision{Verify: true}); return err },
			"suspend": func() error { _, err := h.SuspendVerification(ctx, h.ada, h.app.ID, "x"); return err },
		} {
			h.code("the developer: "+name, do(), "forbidden")
		}
		v, err := h.Take(ctx, operator, h.app.ID)
		h.code("take", err, "")
		_, err = h.Take(ctx, operator, h.app.ID)
		h.code("take twice", err, "verification_not_submitted")
		_, err = h.Decide(ctx, operator, h.app.ID, release.Decision{Revision: v.Revision})
		h.code("a rejection without reason", err, "reason_required")
		_, err = h.Decide(ctx, operator, h.app.ID, release.Decision{Verify: true, Revision: v.Revision - 1})
		h.code("of an older state", err, "verification_changed")
		_, err = h.Decide(ctx, operator, h.app.ID, release.Decision{Revision: v.Revision, Reason: "The privacy statement is empty."})
		h.code("reject", err, "")
		if v := h.state(release.VerificationRejected); v.Holds() || v.Reason != "The privacy statement is empty." {
			t.Errorf("%+v", v)
		}
		h.verified()
		if v := h.state(release.Verified); !v.Covers(h.use("flags.read")) || v.VerifiedSince().IsZero() {
			t.Errorf("%+v", v)
		}
		_, err = h.Submit(ctx, h.ada, h.app.ID, statement)
		h.code("again", err, "verification_done")
		_, err = h.SuspendVerification(ctx, operator, h.app.ID, " ")
		h.code("suspend without reason", err, "reason_required")
		_, err = h.SuspendVerification(ctx, operator, h.app.ID, "It sends data elsewhere.")
		h.code("suspend", err, "")
		if v := h.state(release.VerificationSuspended); v.Covers(h.use("flags.read")) {
			t.Errorf("%+v", v)
		}
		_, err = h.Submit(ctx, h.ada, h.app.ID, statement)
		h.code("submit meanwhile", err, "verification_suspended")
		_, err = h.LiftVerification(ctx, operator, h.app.ID)
		h.code("lift", err, "")
		h.state(release.Verified)
		_, err = h.LiftVerification(ctx, operator, h.app.ID)
		h.code("lift twice", err, "verification_not_suspended")

		page, err := h.Audit.List(ctx, operator, audit.Filter{}, 0)
		h.code("audit", err, "")
		var actions []string
		for _, e := range slices.Backward(page.Entries) {
			if name, ok := strings.CutPrefix(e.Action, "verification."); ok {
				actions = append(actions, name)
			}
		}
		if got := strings.Join(actions, " "); got != "submit withdraw submit take reject submit take verify suspend lift" {
			t.Errorf("entries: %s", got)
		}
		box, err := h.Notices.List(ctx, h.ada, notice.Query{Limit: 100})
		h.code("inbox", err, "")
		var kinds []string
		for _, i := range slices.Backward(box.Items) {
			if name, ok := strings.CutPrefix(i.Kind, "verification."); ok {
				kinds = append(kinds, name)
			}
		}
		if slices.Sort(kinds); strings.Join(kinds, " ") != "rejected suspended verified verified" {
			t.Errorf("notices: %v", kinds)
		}
	})
}

// A change of redirect URIs, scopes or owner asks for a review again. What was
// reviewed goes on holding, what is new does not.
func TestAChangeAsksForReviewAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		h.ready()
		h.verified()
		h.redirects(callback, "https://deploybot.example/two")
		v := h.state(release.VerificationDraft)
		if !strings.Contains(v.Reason, "redirect URIs") {
			t.Errorf("reason: %s", v.Reason)
		}
		two := h.use("flags.read")
		two.Redirect = "https://deploybot.example/two"
		if !v.Covers(h.use("flags.read")) || v.Covers(two) {
			t.Error("what was reviewed must hold, what is new must not")
		}
		v = h.verified()
		if !v.Covers(two) {
			t.Error("reviewed again")
		}
		h.redirects(callback)
		h.state(release.Verified) // less than was reviewed needs no review

		h.version("2.0.0", "flags.read", "flags.write")
		v = h.state(release.VerificationDraft)
		if !strings.Contains(v.Reason, "scopes") || !v.Covers(h.use("flags.read")) || v.Covers(h.use("flags.write")) {
			t.Errorf("%+v", v)
		}
		h.verified()

		g, err := h.Groups.Create(ctx, h.ada, "Quay Tools")
		h.code("another group", err, "")
		h.ada = h.ada.Holding(access.On("group", g.ID.String()), access.GroupRole(access.GroupOwner))
		_, err = h.Applications.Move(ctx, h.ada, h.app.ID, g.ID.String())
		h.code("move", err, "")
		v = h.state(release.VerificationDraft)
		moved := h.use("flags.read")
		moved.Group = g.ID.String()
		if !strings.Contains(v.Reason, "owns it") || v.Covers(moved) {
			t.Errorf("a new owner: %+v", v)
		}
	})
}

// What is changed while a reviewer looks is not verified by accident.
func TestAChangeDuringTheReviewIsSeen(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.ready()
	_, err := h.Submit(ctx, h.ada, h.app.ID, statement)
	h.code("submit", err, "")
	v, err := h.Take(ctx, operator, h.app.ID)
	h.code("take", err, "")
	h.redirects("https://evil.example/cb")
	_, err = h.Decide(ctx, operator, h.app.ID, release.Decision{Verify: true, Revision: v.Revision})
	h.code("decide", err, "verification_changed")
	if got := h.state(release.VerificationSubmitted); got.Reason == "" {
		t.Error("nothing says that it changed")
	}
}

// A reviewer never decides for a group of their own.
func TestReviewerOfTheOwnGroupIsRefused(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.ready()
	_, err := h.Submit(ctx, h.ada, h.app.ID, statement)
	h.code("submit", err, "")
	adaToo := access.Operator(h.ada.User)
	_, err = h.Take(ctx, adaToo, h.app.ID)
	h.code("take", err, "reviewer_conflicted")
	_, err = h.Decide(ctx, adaToo, h.app.ID, release.Decision{Verify: true, Revision: 1})
	h.code("decide", err, "reviewer_conflicted")
}

// M-21: reviewers' notes to one another are for operators only.
func TestM21_ReviewNotesAreForOperators(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.ready()
	h.verified()
	_, err := h.Queue(ctx, h.ada)
	h.code("the queue", err, "not_found")
	all, err := h.Queue(ctx, operator, release.Verified)
	if err != nil || len(all) != 1 || all[0].Note != "Tried it." || all[0].Reviewer != "usr_op" || all[0].GroupName != "Harbour Tools" {
		t.Errorf("%+v %v", all, err)
	}
	page, err := h.Audit.List(ctx, h.ada, audit.Filter{Group: h.app.Group}, 0)
	h.code("audit", err, "")
	for _, e := range page.Entries {
		if strings.Contains(string(e.After)+string(e.Before), "Tried it.") {
			t.Errorf("%s tells the developers: %s", e.Action, e.After)
		}
	}
}

func TestFactsThatAMachineCanCheck(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.ready()
	level := func(code string) release.Level {
		t.Helper()
		v, err := h.GetVerification(ctx, operator, h.app.ID)
		h.code("look", err, "")
		for _, f := range v.Facts {
			if f.Code == code {
				return f.Level
			}
		}
		return ""
	}
	want := func(what, code string, l release.Level) {
		t.Helper()
		if got := level(code); got != l {
			t.Errorf("%s: %s is %q, want %q", what, code, got, l)
		}
	}
	for _, code := range []string{"version", "contact", "domains", "owner", "redirect_hosts", "scopes", "purposes"} {
		want("sound", code, release.LevelOK)
	}
	h.redirects("https://app.deploybot.example/cb")
	want("a host below the domain", "redirect_hosts", release.LevelOK)
	h.redirects("https://notdeploybot.example/cb")
	want("a host that only ends alike", "redirect_hosts", release.LevelLook)
	h.redirects(callback, "http://localhost:3000/cb")
	want("development addresses", "redirect_loopback", release.LevelLook)
	h.redirects()
	want("nowhere to go", "redirect_hosts", release.LevelFail)
	c := release.Content{Number: "2.0.0", Notes: "Asks for less.", Required: []release.Request{{Scope: "flags.read", Purpose: "Needed."}}}
	v, err := h.Draft(ctx, h.ada, h.app.ID, c)
	h.code("draft", err, "")
	_, err = h.Publish(ctx, h.ada, v.ID)
	h.code("publish", err, "")
	want("a purpose that says nothing", "purposes", release.LevelLook)
	want("it signs nobody in", "redirect_hosts", release.LevelOK)
}

func one(t *testing.T) *house {
	t.Helper()
	return newHouse(t, func(c *storetest.Clock) *store.DB { return storetest.Open(t, c) })
}

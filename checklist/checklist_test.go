package checklist_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/checklist"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/webhook"
)

// A31: an application that lacks a run with the least role is kept from being handed
// in, with the reason; with everything that the checklist wants it goes to customers.
func TestA31_TheChecklistGatesProduction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := startOn(t, open)
		v := h.draft(ask("flags.read", "flags.write"))
		_, err := h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, release.Everybody)
		h.code("before any run", err, "version_refused")
		if got := reasonsOf(err); got != "checks_missing" {
			t.Errorf("reasons: %s", got)
		}
		c := h.run(v)
		h.is(c, checklist.Failed, checklist.CodeContact, checklist.CodeLinks, checklist.CodeSite, checklist.CodeUnused, checklist.CodeRole, checklist.CodeThrottled, checklist.CodeRevoked, checklist.CodeRemoved)
		h.is(c, checklist.Passed, checklist.CodeReasons, checklist.CodeBroad, checklist.CodeKeys)
		h.is(c, checklist.Skipped, checklist.CodePackage, checklist.CodePreviews, checklist.CodePictures, checklist.CodeRedirects, checklist.CodeSignature)
		h.describe()
		h.own("deploybot.com")
		i := h.work(true)
		c = h.run(v)
		h.is(c, checklist.Passed, checklist.CodeContact, checklist.CodeLinks, checklist.CodeSite, checklist.CodeUnused, checklist.CodeRole, checklist.CodeThrottled, checklist.CodeRevoked)
		_, err = h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, release.Everybody)
		h.code("never removed", err, "version_refused")
		if got := reasonsOf(err); got != checklist.CodeRemoved {
			t.Errorf("reasons: %s", got)
		}
		h.remove(i)
		h.is(h.run(v), checklist.Passed, checklist.CodeRemoved)
		if _, err = h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, release.Everybody); err != nil {
			t.Fatal(err)
		}
		// The operator cannot wave it through: every question wants an answer.
		if _, err = h.Releases.TakeVersion(t.Context(), h.olga, v.ID); err != nil {
			t.Fatal(err)
		}
		_, err = h.Releases.DecideVersion(t.Context(), h.olga, v.ID, release.Verdict{Approve: true})
		h.code("without answers", err, "version_refused")
		if got := strings.Fields(reasonsOf(err)); len(got) != len(checklist.Questions) {
			t.Errorf("reasons: %v", got)
		}
		if _, err = h.Checklists.Review(t.Context(), h.olga, v.ID, fine()); err != nil {
			t.Fatal(err)
		}
		got, err := h.Releases.DecideVersion(t.Context(), h.olga, v.ID, release.Verdict{Approve: true})
		if err != nil || got.State != release.Live {
			t.Fatalf("%+v %v", got, err)
		}
		err = h.DB.Read(t.Context(), func(tx *store.Tx) error {
			proven, err := h.Checklists.Proven(tx, v.ID.String())
			if !proven {
				t.Error("least privilege is not proven")
			}
			return err
		})
		h.ok(err)
	})
}

// A run counts for a day, for one content, and not for sandboxes and named accounts.
func TestARunCountsForADayAndOneContent(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.describe()
	h.own("deploybot.com")
	v := h.draft(ask("flags.read"))
	h.remove(h.work(false))
	h.run(v)
	submit := func() error {
		_, err := h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, release.Everybody)
		return err
	}
	h.clock.Advance(checklist.Fresh + time.Minute)
	if err := submit(); reasonsOf(err) != "checks_old" {
		t.Errorf("a day later: %v", err)
	}
	h.run(v)
	edited := ask("flags.read")
	edited.Listing.Tagline = "It turns flags on."
	if _, err := h.Releases.Edit(t.Context(), h.dan, v.ID, edited); err != nil {
		t.Fatal(err)
	}
	if err := submit(); reasonsOf(err) != "checks_changed" {
		t.Errorf("after a change: %v", err)
	}
	// What was seen of limits and refusals days ago is kept.
	h.clock.Advance(10 * 24 * time.Hour)
	c := h.run(v)
	h.is(c, checklist.Passed, checklist.CodeThrottled, checklist.CodeRevoked)
	h.ok(submit())
	draft := h.draft(release.Content{Number: "1.1.0", Required: ask("flags.write").Required, Notes: "More."})
	if _, err := h.Releases.PublishTo(t.Context(), h.dan, draft.ID, release.Stage{Reach: release.ReachOwn}); err != nil {
		t.Errorf("one's own sandbox: %v", err)
	}
}

// H41: an unused scope fails the item scope_unused before a person looks; comments
// stand at each item, and the next time it says what changed.
func TestH41_AReviewItemByItem(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.describe()
	h.own("deploybot.com")
	v := h.draft(ask("flags.read", "flags.write", "segments.read"))
	h.remove(h.work(true))
	c := h.run(v)
	if i := find(t, c, checklist.CodeUnused); i.Outcome != checklist.Failed || len(i.Evidence) != 1 || i.Evidence[0] != "segments.read" {
		t.Errorf("%+v", i)
	}
	_, err := h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, release.Everybody)
	if reasonsOf(err) != checklist.CodeUnused {
		t.Errorf("%v", err)
	}
	// A written reason makes it a matter for a person.
	if _, err = h.Checklists.Explain(t.Context(), h.dan, v.ID, map[string]string{"segments.read": "Shows to whom a flag applies, in next month's version."}); err != nil {
		t.Fatal(err)
	}
	h.is(h.run(v), checklist.Look, checklist.CodeUnused)
	if _, err = h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, release.Everybody); err != nil {
		t.Fatal(err)
	}
	_, err = h.Checklists.Queue(t.Context(), h.dan)
	h.code("a developer looks at the queue", err, "not_found")
	queue, err := h.Checklists.Queue(t.Context(), h.olga)
	if err != nil || len(queue) != 1 || queue[0].Late || queue[0].Open != len(checklist.Questions) || !queue[0].Due.Equal(queue[0].Submitted.Add(5*24*time.Hour)) {
		t.Fatalf("%+v %v", queue, err)
	}
	// Published clocks: a late review is told to operators once.
	h.clock.Advance(6 * 24 * time.Hour)
	for range 2 {
		h.ok(h.Checklists.Remind(t.Context()))
	}
	if queue, err = h.Checklists.Queue(t.Context(), h.olga); err != nil || !queue[0].Late {
		t.Errorf("%+v %v", queue, err)
	}
	own := access.Operator(h.dan.User)
	_, err = h.Checklists.Review(t.Context(), own, v.ID, fine())
	h.code("of one's own group", err, "reviewer_conflicted")
	_, err = h.Checklists.Review(t.Context(), h.olga, v.ID, []checklist.Mark{{Item: "tried", Verdict: checklist.Mend}, {Item: "nothing", Verdict: checklist.OK}, {Item: "data", Verdict: checklist.Waived, Comment: "x"}})
	h.code("without a comment", err, "marks_invalid")
	marks := append(fine(), checklist.Mark{Item: "purposes", Verdict: checklist.Mend, Comment: "Say what segments.read is for today."})
	if _, err = h.Checklists.Review(t.Context(), h.olga, v.ID, marks); err != nil {
		t.Fatal(err)
	}
	_, err = h.Releases.DecideVersion(t.Context(), h.olga, v.ID, release.Verdict{Approve: true})
	if reasonsOf(err) != "purposes" {
		t.Errorf("with something to mend: %v", err)
	}
	if _, err = h.Releases.DecideVersion(t.Context(), h.olga, v.ID, release.Verdict{Reason: "One sentence is missing."}); err != nil {
		t.Fatal(err)
	}
	c, err = h.Checklists.Get(t.Context(), h.dan, v.ID)
	if err != nil || len(c.History) != 1 || c.History[0].Outcome != checklist.SentBack || len(c.History[0].Marks) != len(checklist.Questions) || c.Review.Of != 1 || c.Review.Median < 5.9 {
		t.Errorf("%+v %v", c, err)
	}
	less := ask("flags.read", "flags.write")
	if _, err = h.Releases.Edit(t.Context(), h.dan, v.ID, less); err != nil {
		t.Fatal(err)
	}
	h.is(h.run(v), checklist.Failed, checklist.CodeRole) // it was tried with more than that
	h.remove(h.work(true))
	h.run(v)
	if _, err = h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, release.Everybody); err != nil {
		t.Fatal(err)
	}
	c, err = h.Checklists.Get(t.Context(), h.olga, v.ID)
	if err != nil || len(c.Changes) != 1 || !strings.Contains(c.Changes[0], "segments.read") || c.History[0].Number != 2 || len(c.History[0].Marks) != 0 {
		t.Errorf("%v %+v %v", c.Changes, c.History, err)
	}
	if _, err = h.Releases.WithdrawVersion(t.Context(), h.dan, v.ID); err != nil {
		t.Fatal(err)
	}
	_, err = h.Checklists.Review(t.Context(), h.olga, v.ID, fine())
	h.code("taken back", err, "version_not_waiting")
}

// H42: without a text for a scope with a high risk, handing it in is a 422 that names
// the scope; the text stands beside what was seen in the sandbox.
func TestH42_AHighRiskNeedsAReason(t *testing.T) {
	t.Parallel()
	h := start(t)
	v := h.draft(ask("projects.read", "projects.write"))
	_, err := h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, release.Everybody)
	h.code("without a reason", err, "reasons_required")
	h.is(h.run(v), checklist.Failed, checklist.CodeReasons)
	_, err = h.Checklists.Explain(t.Context(), h.dan, v.ID, map[string]string{"flags.read": "x", "projects.write": strings.Repeat("x", 1001)})
	h.code("of another scope", err, "reasons_invalid")
	c, err := h.Checklists.Explain(t.Context(), h.dan, v.ID, map[string]string{"projects.write": "Creates a project for each repository."})
	if err != nil || c.Reasons[1].Reason == "" || !c.Reasons[1].Needed {
		t.Errorf("%+v %v", c.Reasons, err)
	}
	h.is(h.run(v), checklist.Look, checklist.CodeReasons)
	_, err = h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, release.Everybody)
	h.code("the rest is still missing", err, "version_refused")
	stranger, _ := h.Developer("eve@other.example")
	_, err = h.Checklists.Get(t.Context(), stranger, v.ID)
	h.code("somebody else", err, "not_found")
	_, err = h.Checklists.Run(t.Context(), stranger, v.ID)
	h.code("somebody else", err, "not_found")
}

// Each check that calls somebody, in its variants.
func TestAddressesAndReceivers(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.describe()
	v := h.draft(ask("flags.read"))
	h.world.Host("docs.deploybot.com", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://www.deploybot.com/docs", http.StatusFound)
	})
	h.is(h.run(v), checklist.Passed, checklist.CodeLinks)
	for _, c := range []struct {
		answer http.HandlerFunc
		says   string
	}{
		{nil, "the name cannot be found"},
		{func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, "404"},
		{func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://docs.deploybot.com/", http.StatusFound)
		}, "leads somewhere else too often"},
		{func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		}, "is no address that we call"},
	} {
		h.world.Host("docs.deploybot.com", c.answer)
		h.world.Client.Close() // connections of before
		if i := find(t, h.run(v), checklist.CodeLinks); i.Outcome != checklist.Failed || !strings.Contains(strings.Join(i.Evidence, "\n"), c.says) {
			t.Errorf("%+v, want %s", i, c.says)
		}
	}
	recv := &receiver{now: h.clock.Now}
	recv.answer.Store(http.StatusNoContent)
	h.world.Host("hooks.deploybot.com", recv.serve)
	e, err := h.Webhooks.CreateForApplication(t.Context(), h.dan, h.app.ID, webhook.Draft{URL: "https://hooks.deploybot.com/in", Types: []string{"flag.turned_on"}})
	h.ok(err)
	text := e.Secret.Reveal()
	recv.secret.Store(&text)
	h.is(h.run(v), checklist.Failed, checklist.CodeSignature)
	recv.verifies.Store(true)
	h.is(h.run(v), checklist.Passed, checklist.CodeSignature)
	recv.answer.Store(http.StatusInternalServerError)
	h.is(h.run(v), checklist.Failed, checklist.CodeSignature)
}

// What was called by an administrator's role, or with more than the version asks for,
// says nothing about the least one; a key that is too old must be rotated; calls that
// go on after a removal are a fault.
func TestConductInSandboxes(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.describe()
	v := h.draft(ask("flags.read", "flags.write"))
	i := h.work(true)
	if _, err := h.Releases.Edit(t.Context(), h.dan, v.ID, ask("flags.read")); err != nil {
		t.Fatal(err)
	}
	h.is(h.run(v), checklist.Failed, checklist.CodeRole)
	h.remove(i)
	h.is(h.run(v), checklist.Passed, checklist.CodeRemoved)
	fresh, err := h.Integrations.Install(t.Context(), access.System("test"), h.lab.ID, integration.Order{ApplicationID: h.app.PublicID})
	h.ok(err)
	raw := h.Token(h.key, "lab")
	h.call(raw, "GET", things+"/web/flags", "rate_limited", 429)
	h.is(h.run(v), checklist.Failed, checklist.CodeRole)
	h.call(raw, "GET", things+"/web/flags", "", 200)
	c := h.run(v)
	h.is(c, checklist.Passed, checklist.CodeRole, checklist.CodeUnused)
	if got := find(t, c, checklist.CodeRole); !strings.Contains(strings.Join(got.Evidence, " "), fresh.ID.String()) {
		t.Errorf("%v", got.Evidence)
	}
	h.clock.Advance(366 * 24 * time.Hour)
	h.is(h.run(v), checklist.Failed, checklist.CodeKeys)
}

// An approved version can be installed where only what was reviewed can be, by
// everybody; not once the application belongs to others. And a later draft can be
// tried in one's own sandbox.
func TestAnApprovalIsAReview(t *testing.T) {
	t.Parallel()
	h := startWith(t, nil, func(c *server.Config) { c.Apps.Unverified = server.UnverifiedRefuse })
	h.describe()
	h.own("deploybot.com")
	v := h.draft(ask("flags.read"))
	h.remove(h.work(false))
	h.run(v)
	if _, err := h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, release.Everybody); err != nil {
		t.Fatal(err)
	}
	_, err := h.Checklists.Review(t.Context(), h.olga, v.ID, fine())
	h.ok(err)
	if _, err = h.Releases.DecideVersion(t.Context(), h.olga, v.ID, release.Verdict{Approve: true}); err != nil {
		t.Fatal(err)
	}
	admin, harbour := h.Customer("harbour", account.Production)
	offer, err := h.Integrations.Preview(t.Context(), admin, harbour.ID, h.app.PublicID)
	if err != nil || !offer.Verified || offer.Since.IsZero() {
		t.Fatalf("%+v %v", offer, err)
	}
	h.Install(admin, harbour, h.app)
	next := h.draft(release.Content{Number: "2.0.0", Notes: "It writes.", Required: ask("flags.read", "flags.write").Required})
	here, err := h.Integrations.Install(t.Context(), access.System("test"), h.lab.ID, integration.Order{ApplicationID: h.app.PublicID})
	if err != nil || here.Version != next.ID.String() {
		t.Errorf("%+v %v", here, err)
	}
	if offer, err = h.Integrations.Preview(t.Context(), admin, harbour.ID, h.app.PublicID); err != nil || offer.Version.ID != v.ID {
		t.Errorf("a customer is offered %+v %v", offer.Version, err)
	}
	other, err := h.Groups.Create(t.Context(), h.dan, "Others")
	h.ok(err)
	dan := h.dan.Holding(access.On("group", other.ID.String()), access.GroupRole(access.GroupOwner))
	if _, err = h.Applications.Move(t.Context(), dan, h.app.ID, other.ID.String()); err != nil {
		t.Fatal(err)
	}
	alma, alder := h.Customer("alder", account.Production)
	_, err = h.Integrations.Preview(t.Context(), alma, alder.ID, h.app.PublicID)
	h.code("of another group", err, "application_unverified")
}

// Whoever hands a version in for a few accounts only is looked at in the same way:
// once approved it could reach everybody. A deleted application ends its submission,
// and what a reviewer has not decided yet stays with the reviewer.
func TestTheWayAroundTheGate(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.describe()
	h.own("deploybot.com")
	v := h.draft(ask("flags.read", "members.write"))
	few := release.Stage{Reach: release.ReachOwn}
	_, err := h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, few)
	h.code("for sandboxes only", err, "reasons_required")
	_, err = h.Checklists.Explain(t.Context(), h.dan, v.ID, map[string]string{"members.write": "Adds whoever joins the team."})
	h.ok(err)
	_, err = h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, few)
	if reasonsOf(err) != "checks_missing" {
		t.Errorf("%v", err)
	}
	if _, err = h.Releases.Edit(t.Context(), h.dan, v.ID, ask("flags.read")); err != nil {
		t.Fatal(err)
	}
	h.remove(h.work(false))
	h.run(v)
	if _, err = h.Releases.SubmitVersion(t.Context(), h.dan, v.ID, few); err != nil {
		t.Fatal(err)
	}
	_, err = h.Checklists.Review(t.Context(), h.olga, v.ID, []checklist.Mark{{Item: "tried", Verdict: checklist.Mend, Comment: "It does not start."}})
	h.ok(err)
	c, err := h.Checklists.Get(t.Context(), h.dan, v.ID)
	if err != nil || len(c.History[0].Marks) != 0 || len(c.Missing) != 0 {
		t.Errorf("developers read %+v %+v %v", c.History, c.Missing, err)
	}
	_, err = h.Releases.DecideVersion(t.Context(), h.olga, v.ID, release.Verdict{Approve: true})
	if !strings.Contains(reasonsOf(err), "tried") {
		t.Errorf("%v", err)
	}
	// A failure that comes up meanwhile can be let pass, for what was looked at.
	h.world.Host("docs.deploybot.com", nil)
	h.world.Client.Close()
	h.run(v)
	answers := append(fine(), checklist.Mark{Item: checklist.CodeLinks, Verdict: checklist.Waived, Comment: "Their provider is down today."})
	_, err = h.Checklists.Review(t.Context(), h.olga, v.ID, answers)
	h.ok(err)
	_, err = h.Listings.Update(t.Context(), h.dan, h.app.ID, listing.Edit{Links: &listing.Links{Privacy: "https://www.deploybot.com/other", Documentation: "https://docs.deploybot.com"}})
	h.ok(err)
	h.run(v)
	_, err = h.Releases.DecideVersion(t.Context(), h.olga, v.ID, release.Verdict{Approve: true})
	if reasonsOf(err) != checklist.CodeLinks {
		t.Errorf("changed behind the waiver: %v", err)
	}
	err = h.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(tx.Ctx, "UPDATE application_application SET state = 'deleted' WHERE id = ?", h.app.ID)
		return err
	})
	h.ok(err)
	if queue, err := h.Checklists.Queue(t.Context(), h.olga); err != nil || len(queue) != 0 {
		t.Errorf("%+v %v", queue, err)
	}
	h.ok(h.Checklists.Remind(t.Context()))
}

package console_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/checklist"
	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/listing"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server/servertest"
	"github.com/guestright/guestright/usage"
	"github.com/guestright/guestright/webhook"
)

// withChecklists gives the house checklists, and an operator who reviews versions.
func withChecklists(w *servertest.World) func(*house) {
	return func(h *house) {
		withDirectory(h)
		s := &h.Services
		s.Domains = &domain.Service{DB: h.db, Audit: s.Audit, Groups: s.Groups, Notices: s.Notices, Outbound: w.Client, TXT: w}
		hooks := &webhook.Service{DB: h.db, Client: w.Client} // nobody has a server for events here
		s.Checklists = &checklist.Service{DB: h.db, Audit: s.Audit, Usage: s.Usage, Accounts: s.Accounts, Groups: s.Groups, Notices: s.Notices, Applications: s.Applications,
			Grants: s.Integrations.Grants, Webhooks: hooks, Domains: s.Domains, Releases: s.Releases, Integrations: s.Integrations, Sheets: s.Listings.Sheets, Listings: s.Listings,
			Catalog: s.Catalog, Client: w.Client, Within: 5 * 24 * time.Hour, KeyAge: 365 * 24 * time.Hour}
		s.Releases.Review, s.Releases.Gate, s.Releases.Stepped = true, s.Checklists.Gate, s.Checklists.Stepped
	}
}

// A developer reads what failed and mends it; a reviewer answers item by item, lets
// one thing pass and sends the version back, then approves it.
func TestAReleaseChecklistByThePages(t *testing.T) {
	w := servertest.NewWorld(t)
	h := newHouse(t, withChecklists(w))
	dev, admin, op := h.person("Ada Boone", "ada@northwind.example"), h.person("Ben Ames", "ben@lakeside.example"), h.operator("Olga Reyes", "olga@platform.example")
	h.Services.Releases.Review = false // for what the house releases by itself
	x := h.team(dev, admin)
	h.Services.Releases.Review = true
	dev.again()
	lab, err := h.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "lab", Name: "Northwind, trying out", Kind: account.Sandbox, Group: x.group.ID.String()})
	must(t, err)
	v, err := h.Releases.Draft(t.Context(), dev.by(), x.app.ID, release.Content{Number: "2.0.0", Notes: "It can write.", Required: []release.Request{
		{Scope: "flags.read", Purpose: "Shows which flags a deployment touches."}, {Scope: "projects.write", Purpose: "Makes a project for each repository."}}})
	must(t, err)
	one := "/versions/" + v.ID.String()
	at := one + "/checklist"
	dev.get(one).has(t, "Release checklist")
	dev.get(at).has(t, "The checks have not run yet", "The operator decides within 5 days.", "Its risk is high: what goes wrong without it?")
	dev.submit(one+"/submit", one+"/submit", "reach", "all").has(t, "need a reason before a person looks")
	dev.submit(at, at+"/reasons", "reason_projects.write", strings.Repeat("x", 1001)).has(t, "At most 1,000 characters.", "xxx")
	dev.submit(at, at+"/reasons", "reason_projects.write", "Each repository gets a project of its own.").led(t, at)
	dev.submit(at, at+"/run").led(t, at)
	dev.get(at).has(t, "It cannot be handed in yet", "Nothing has been called in a sandbox", "X-Simulate: rate_limited", "Failed", "A person looks")
	dev.submit(one+"/submit", one+"/submit", "reach", "all").has(t, "does not pass the checks yet", "It survived a revoked token")
	if a := admin.get(at); a.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger: %d", a.StatusCode)
	}

	page := func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "hello") }
	w.Everybody(page)
	h.tried(x, dev, lab, w)
	dev.submit(at, at+"/run").led(t, at)
	got, err := h.Checklists.Get(t.Context(), dev.by(), v.ID)
	must(t, err)
	if len(got.Missing) != 0 {
		t.Fatalf("%+v", got.Missing)
	}
	dev.get(at).has(t, "Everything that a machine can check is fine", "Hand in for review")
	dev.submit(one+"/submit", one+"/submit", "reach", "all").led(t, one)
	dev.get(at).has(t, "It waits for the operator.", "Handed in, first time")

	desk := "/operator/versions/" + v.ID.String()
	op.get("/operator/versions").has(t, "Deploybot 2.0.0", "Nobody yet", "5")
	op.submit(desk, desk+"/take").led(t, desk)
	op.submit(desk, desk+"/decide", "answer", "approve").has(t, "has no answer yet")
	op.submit(desk, desk+"/marks", "verdict_tried", "mend", "comment_tried", "").has(t, "Say what it is: the developers read it.")
	answers := []string{"verdict_tried", "mend", "comment_tried", "The guide names a button that is not there."}
	for _, q := range checklist.Questions[:3] {
		answers = append(answers, "verdict_"+q.Code, "ok")
	}
	op.submit(desk, desk+"/marks", append(answers, "verdict_guides", "not_applicable", "comment_guides", "It needs no setting up.")...).led(t, desk)
	op.submit(desk, desk+"/decide", "answer", "refuse").has(t, "Say why")
	h.sound(op, map[string]string{"reviews": "/operator/versions", "review": desk})
	op.submit(desk, desk+"/decide", "answer", "refuse", "reason", "One thing is missing.").led(t, desk)
	dev.get(at).has(t, "Sent back", "The guide names a button that is not there.", "One thing is missing.")
	h.sound(dev, map[string]string{"checklist": at})
	dev.submit(one+"/submit", one+"/submit", "reach", "all").led(t, one)
	op.submit(desk, desk+"/take").led(t, desk)
	op.submit(desk, desk+"/marks", "verdict_tried", "ok").led(t, desk)
	op.submit(desk, desk+"/decide", "answer", "approve").led(t, desk)
	if v, err = h.Releases.Get(t.Context(), dev.by(), v.ID); err != nil || v.State != release.Live {
		t.Errorf("%+v %v", v, err)
	}
	op.get("/operator/versions").has(t, "Nothing waits")
}

// tried lets everything happen in a sandbox that the checks want to see.
func (h *house) tried(x team, dev *client, lab account.Account, w *servertest.World) {
	t, ctx := h.t, h.t.Context()
	guide := "# Setting it up"
	_, err := h.Listings.Update(ctx, dev.by(), x.app.ID, listing.Edit{Links: &listing.Links{Website: "https://deploybot.com", Support: "https://deploybot.com/help", Privacy: "https://deploybot.com/privacy"}, Documentation: &guide})
	must(t, err)
	d, err := h.Domains.Add(ctx, dev.by(), x.group.ID.String(), "deploybot.com")
	must(t, err)
	w.Record("_guestright-challenge.deploybot.com", d.Proof.Text)
	h.clock.Advance(domain.Again)
	_, err = h.Domains.Check(ctx, dev.by(), d.ID)
	must(t, err)
	i, err := h.Integrations.Install(ctx, access.System("test"), lab.ID, integration.Order{ApplicationID: x.app.PublicID})
	must(t, err)
	k := usage.Key{Grant: i.Grant, Application: x.app.ID.String(), Account: lab.ID.String(), Group: x.group.ID.String()}
	for _, o := range []usage.Outcome{usage.OK, usage.RateLimited, usage.OK, usage.RevokedKey, usage.OK} {
		for _, op := range []string{"listFlags", "createProject"} {
			k.Operation, k.Outcome = op, o
			h.Usage.Recorder.Record(h.clock.Now(), k, 1)
		}
		h.clock.Advance(time.Minute)
	}
	_, err = h.Integrations.Remove(ctx, access.System("test"), i.ID, "The trial is over.")
	must(t, err)
}

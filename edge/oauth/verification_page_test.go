package oauth_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/server"
)

// colleague makes somebody who may change what the developer group owns.
func (b *board) colleague(email string) {
	b.T.Helper()
	b.enrol(email, "Dana Developer")
	_, err := b.Groups.AddMember(b.T.Context(), b.dev, b.team.ID, email, access.GroupAdmin)
	b.ok(err)
}

func (b *board) operator(email string) {
	b.T.Helper()
	_, err := b.Identity.Enrol(b.T.Context(), access.System("test"), identity.Newcomer{Email: email, Name: "Olive Operator", Password: secret.New(password), Operator: true})
	b.ok(err)
}

// From a change that is not reviewed to the decision, by the pages: what is asked,
// findings beside the fields, queue, rejection with a reason, verification,
// suspension; and each time what customers are told.
func TestVerificationByThePages(t *testing.T) {
	b := newBoard(t)
	b.colleague("dana@deploybot.test")
	b.operator("olive@guestright.example")
	b.publish("2.0.0", []release.Request{{Scope: "flags.read", Purpose: "Shows your flags on the board."}, {Scope: "segments.read", Purpose: "Groups people on the board by segment."}}, nil)
	dana, olive := b.visitor(), b.visitor()
	app, review := "/applications/"+b.board.ID.String(), "/operator/applications/"+b.board.ID.String()+"/verification"

	page := dana.signIn(dana.open("/sign-in?next="+app+"/verification"), "dana@deploybot.test").
		says(t, "Changed since it was verified", "What was verified goes on working", "the scopes that it asks for", "Ask for a review", "What the last review covered")
	dana.send(page, app+"/verification", "privacy_url", "http://plain.example", "security_contact", "nobody", "data_handling", "").
		says(t, "starts with https://", "security@example.com", "how it is deleted")
	page = dana.open(app + "/verification")
	sent := dana.send(page, app+"/verification", "privacy_url", "https://deploybot.example/privacy", "security_contact", "security@deploybot.example", "data_handling", "Keeps <b>nothing</b>.")
	dana.open(sent.Header.Get("Location")).says(t, "Waits for a reviewer", "Take the submission back")

	queue := olive.signIn(olive.open("/sign-in?next=/operator/verifications"), "olive@guestright.example").says(t, "Flag Board", "Waits for a reviewer")
	if !strings.Contains(queue.body, review) {
		t.Error("the queue does not lead to the review")
	}
	page = olive.open(review).says(t, "Keeps <b>nothing</b>.", "Begin the review", "security@deploybot.example", "segments.read")
	page = olive.open(olive.send(page, review+"/take").Header.Get("Location")).says(t, "In review", "Decide")
	olive.send(page, review+"/decide", "answer", "reject", "reason", "").says(t, "Say why", "the developers are told")
	page = olive.open(review)
	olive.send(page, review+"/decide", "answer", "reject", "reason", "Say what segments are kept for.")
	page = dana.open(app+"/verification").says(t, "Not verified: rejected", "Say what segments are kept for.")
	dana.send(page, app+"/verification", "privacy_url", "https://deploybot.example/privacy", "security_contact", "security@deploybot.example", "data_handling", "Segments are drawn, not kept.")
	page = olive.open(olive.send(olive.open(review), review+"/take").Header.Get("Location"))
	stale := page
	dana.send(dana.open(app+"/sign-in"), app+"/sign-in", "redirect_uris", "http://127.0.0.1/callback\nhttps://deploybot.example/other", "kind", "confidential", "auth_method", "client_secret_basic", "token_format", "opaque")
	olive.send(stale, review+"/decide", "answer", "verify").says(t, "changed meanwhile")
	page = olive.open(olive.send(olive.open(review), review+"/take").Header.Get("Location"))
	olive.open(olive.send(page, review+"/decide", "answer", "verify", "note", "Tried it.").Header.Get("Location")).says(t, "Verified", "Suspend the verification")
	dana.open(app+"/verification").says(t, "Verified", "People of every account may sign in")

	// Whoever installs it reads the truth.
	other, err := b.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "alder", Name: "Alder Clinic"})
	b.ok(err)
	b.join(other, b.enrol("ida@alder.example", "Ida"), access.AccountAdmin)
	ida := b.visitor()
	install := "/accounts/" + other.ID.String() + "/install?application_id=" + b.board.PublicID
	ida.signIn(ida.open("/sign-in"), "ida@alder.example")
	ida.open(install).says(t, "Verified by the operator of Pennant")
	ida.open("/accounts/"+other.ID.String()+"/install?application_id="+b.app.PublicID).says(t, "Verified by the operator of Pennant")

	page = olive.open(review)
	olive.open(olive.send(page, review+"/suspend", "reason", "Reports of copied data.").Header.Get("Location")).says(t, "Suspended", "Reports of copied data.")
	ida.open(install).says(t, "The review of this application is suspended")
	dana.open(app+"/verification").says(t, "Suspended", "your own sandbox accounts only", "Reports of copied data.")
	olive.open(olive.send(olive.open(review), review+"/lift").Header.Get("Location")).says(t, "Lifted.", "Verified")
	olive.open("/operator/activity").says(t, "suspended the verification of", "lifted the suspended verification of")
}

// An operator who lets only verified applications be installed: the developers'
// own sandbox is free, everybody else is told why not, and what a verified one asks
// for anew waits for its review.
func TestUnverifiedApplicationsAreInstalledInTheirOwnSandboxesOnly(t *testing.T) {
	h := newHouse(t, options{change: func(c *server.Config) { c.Apps.Unverified = server.UnverifiedRefuse }})
	ctx := t.Context()
	fresh, _ := h.Release(h.dev, h.team, "flags.read")
	code := func(what string, err error, want string) {
		t.Helper()
		if got := problem.CodeOf(err); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	_, err := h.Integrations.Preview(ctx, h.admin, h.account.ID, fresh.PublicID)
	code("looking at it", err, "application_unverified")
	_, err = h.Integrations.Install(ctx, h.admin, h.account.ID, integration.Order{ApplicationID: fresh.PublicID})
	code("installing it", err, "application_unverified")
	sandbox, err := h.Accounts.Put(ctx, access.System("test"), account.Draft{Key: "own", Name: "Own", Kind: account.Sandbox, Group: h.team.ID.String()})
	h.ok(err)
	_, err = h.Integrations.Install(ctx, access.System("test"), sandbox.ID, integration.Order{ApplicationID: fresh.PublicID})
	h.ok(err)

	v, err := h.Releases.Draft(ctx, h.dev, h.app.ID, release.Content{Number: "2.0.0", Notes: "Groups people.", Required: []release.Request{{Scope: "flags.read", Purpose: "To show flags."}, {Scope: "segments.read", Purpose: "To group people."}}})
	h.ok(err)
	_, err = h.Releases.Publish(ctx, h.dev, v.ID)
	h.ok(err)
	take := integration.Taking{Version: v.ID.String(), Scopes: v.Scopes()}
	_, err = h.Integrations.Take(ctx, h.admin, h.ins.ID, take)
	code("taking what is not reviewed", err, "application_unverified")
	got, err := h.Releases.Submit(ctx, h.dev, h.app.ID, release.Statement{Privacy: "https://deploybot.example/privacy", Security: "security@deploybot.example", Data: "Nothing."})
	h.ok(err)
	_, err = h.Releases.Decide(ctx, access.Operator("usr_reviewer"), h.app.ID, release.Decision{Verify: true, Revision: got.Revision})
	h.ok(err)
	_, err = h.Integrations.Take(ctx, h.admin, h.ins.ID, take)
	h.ok(err)
	i, err := h.Integrations.Get(ctx, h.admin, h.ins.ID)
	h.ok(err)
	if i.Version != v.ID.String() || len(i.Scopes) != 2 {
		t.Errorf("taken: %+v", i.Installation)
	}
}

func TestPagesOfVerificationAndUpdatesInChromium(t *testing.T) {
	b := newBoard(t)
	b.colleague("dana@deploybot.test")
	b.operator("olive@guestright.example")
	ida := b.enrol("ida@harbour.test", "Ida Admin")
	b.join(b.account, ida, access.AccountAdmin)
	b.publish("2.0.0", []release.Request{{Scope: "flags.read", Purpose: "Shows your flags on the board."}, {Scope: "segments.read", Purpose: "Groups people on the board by segment."}},
		[]release.Request{{Scope: "projects.write", Purpose: "Makes a project for a new board."}, {Scope: "events.read", Purpose: "Shows what changed lately."}})
	app := "/applications/" + b.board.ID.String()
	tab := pagetest.Open(t)
	tab.Goto(b.URL + "/sign-in?next=" + app + "/verification")
	enter(tab, "dana@deploybot.test")
	look(tab, "verification")
	tab.Goto(b.URL + app + "/sign-in")
	look(tab, "client")
	_, err := b.Releases.Submit(t.Context(), b.dev, b.board.ID, release.Statement{Privacy: "https://deploybot.example/privacy", Security: "security@deploybot.example", Data: "Nothing is kept.\nLogs stay for 14 days.", Trial: "Sign in with the demo's people."})
	b.ok(err)
	_, err = b.Releases.Take(t.Context(), access.Operator("usr_reviewer"), b.board.ID)
	b.ok(err)

	desk := pagetest.Open(t)
	desk.Goto(b.URL + "/sign-in?next=/operator/verifications")
	enter(desk, "olive@guestright.example")
	look(desk, "operator-verifications")
	desk.Goto(b.URL + "/operator/applications/" + b.board.ID.String() + "/verification")
	look(desk, "operator-verification")

	home := pagetest.Open(t)
	home.Goto(b.URL + "/sign-in?next=/installations/" + b.in.ID.String())
	enter(home, "ida@harbour.test")
	look(home, "installation-newer")
	home.Goto(b.URL + "/installations/" + b.in.ID.String() + "/update")
	look(home, "installation-update")
	home.Click(`input[role=switch][value="events.read"]`)
	home.Follow(`form[action$="/update"] .btn[type=submit]`)
	if text := home.Text("body"); !strings.Contains(text, "has the new version") {
		t.Errorf("after taking it: %s", text)
	}
	i, err := b.Integrations.Get(t.Context(), access.System("test"), b.in.ID)
	b.ok(err)
	if got := strings.Join(i.Scopes, " "); got != "events.read flags.read projects.write segments.read" {
		t.Errorf("granted %s", got)
	}
}

package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/admission"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
)

// agency is a parent account with a child in a console where accounts have rules.
type agency struct {
	*house
	nora, paul, mia *client // administrators of parent and child, a member of the child
	north, pier     account.Account
	app             application.Application
}

func newAgency(t *testing.T) agency {
	t.Helper()
	h := newHouse(t, func(h *house) {
		h.Admission = &admission.Service{DB: h.db, Audit: h.Audit, Accounts: h.Accounts, Applications: h.Applications, Integrations: h.Integrations, Notices: h.Notices}
		h.Integrations.Admit, h.Integrations.Installed, h.Accounts.Moved = h.Admission.Admit, h.Admission.Installed, h.Admission.Moved
		h.Integrations.Widen, h.Integrations.Stops = h.Admission.Widen, h.Admission.Stops
	})
	x := agency{house: h, nora: h.person("Nora", "nora@north.example"), paul: h.person("Paul", "paul@pier.example"), mia: h.person("Mia", "mia@pier.example")}
	dev := h.person("Ada", "ada@northwind.example")
	x.north = h.account("north", "North Agency", x.nora)
	pier, err := h.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "pier", Name: "Pier Café", Parent: "north"})
	must(t, err)
	x.pier = pier
	must(t, h.db.Write(t.Context(), func(tx *store.Tx) error {
		for user, role := range map[string]string{x.paul.user: access.AccountAdmin, x.mia.user: access.AccountMember} {
			if err := h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: pier.ID.String(), User: user, Role: role}); err != nil {
				return err
			}
		}
		return nil
	}))
	g, err := h.Groups.Create(t.Context(), dev.by(), "Northwind Labs")
	must(t, err)
	dev.again()
	x.app, err = h.Applications.Register(t.Context(), dev.by(), g.ID.String(), application.Draft{Name: "Deploybot", Description: "Turns flags on when you deploy.", Support: "help@deploybot.example"})
	must(t, err)
	v, err := h.Releases.Draft(t.Context(), dev.by(), x.app.ID, release.Content{Number: "1.0.0", Required: []release.Request{{Scope: "flags.read", Purpose: "Shows which flags a deployment touches."}},
		Optional: []release.Request{{Scope: "flags.write", Purpose: "Turns flags on after a deployment."}}})
	must(t, err)
	_, err = h.Releases.Publish(t.Context(), dev.by(), v.ID)
	must(t, err)
	for _, c := range []*client{x.nora, x.paul, x.mia} {
		c.again()
	}
	return x
}

// Row H43 by the pages: the parent asks for approvals, the child's people ask, the
// parent's administrator approves, and blocks later.
func TestH43_AskingByThePages(t *testing.T) {
	t.Parallel()
	x := newAgency(t)
	rules, below := "/accounts/"+x.north.ID.String()+"/admission", "/accounts/"+x.pier.ID.String()
	install := below + "/install?application_id=" + x.app.PublicID
	x.nora.get(rules).has(t, "Nothing is listed yet", "In the accounts below", "1 account. Your lists hold there")
	x.nora.submit(rules, rules, "mode", "open", "children", "ask", "revision", "0").led(t, rules)
	x.nora.submit(rules, rules, "mode", "open", "children", "ask", "revision", "0").has(t, "Somebody else has changed this")
	x.paul.get(below+"/admission").has(t, "North Agency has rules for this account, too.")
	if a := x.mia.get(below + "/admission"); strings.Contains(a.body, "Put it on the list") {
		t.Error("a member sees the forms")
	}
	if a := x.paul.get(rules); a.StatusCode != http.StatusNotFound {
		t.Errorf("the child sees the parent's page: %d", a.StatusCode)
	}

	x.paul.get(install).has(t, "An approval is needed", "Ask for it", "The administrators of North Agency decide.")
	ask := below + "/ask"
	form := ask + "?application_id=" + x.app.PublicID
	x.mia.get(install).has(t, "Ask for Deploybot", "Shows which flags a deployment touches.", "The administrators of North Agency decide")
	wrong := x.mia.submit(form, ask, "application_id", x.app.PublicID, "scope", "flags.read", "scope", "flags.write", "reason", " ")
	wrong.has(t, "Say what it is for")
	if wrong.StatusCode != http.StatusUnprocessableEntity || strings.Count(wrong.body, "checked") < 1 {
		t.Errorf("%d, or the choice is lost", wrong.StatusCode)
	}
	x.mia.submit(form, ask, "application_id", x.app.PublicID, "scope", "flags.read", "scope", "flags.write", "reason", "We deploy every day.")
	list := x.nora.get("/accounts/" + x.north.ID.String() + "/requests")
	list.has(t, "Deploybot", "Pier Café", "Mia", "Waits")
	one := "/installation-requests/" + between(list.body, `href="/installation-requests/`, `"`)
	x.mia.get(one).has(t, "We deploy every day.", "Take the request back", "The administrators of North Agency.")
	x.paul.get(one).has(t, "Reason for the refusal")
	if a := x.paul.get(one); strings.Contains(a.body, "Approve and install") {
		t.Error("the child's administrator may approve")
	}
	x.nora.get(one).has(t, "Approve and install", "Change", "We deploy every day.")
	x.nora.submit(one, one+"/deny", "reason", " ").has(t, "Say why")
	x.nora.submit(one, one+"/approve", "answer", "Enjoy it.").led(t, one)
	x.mia.get(one).has(t, "Approved", "Enjoy it.", "Look at the installation")
	x.mia.get("/inbox").has(t, "is installed")

	x.nora.submit(rules, rules+"/list", "application_id", "6f6b4a8e-9a4a-4e0c-8f3d-000000000000", "list", "blocked", "reason", "It leaked.").has(t, "There is no application with this ID", "It leaked.")
	x.nora.submit(rules, rules+"/list", "application_id", x.app.PublicID, "list", "blocked", "reason", "").has(t, "Say why")
	x.nora.submit(rules, rules+"/list", "application_id", x.app.PublicID, "list", "blocked", "reason", "It leaked data.").led(t, rules)
	here := "/installations/" + between(x.paul.get(below).body, `href="/installations/`, `"`)
	x.paul.get(here).has(t, "A rule of the account stops this integration.", "It leaked data.", "Remove Deploybot")
	x.paul.get("/inbox").has(t, "is stopped in Pier Café")
	x.paul.get(below+"/activity").has(t, "stopped, since a rule of the account says so,", "asked for")
	x.nora.submit(rules, rules+"/unlist", "application_id", x.app.PublicID).led(t, rules)
	x.paul.get(here).has(t, "Active")
}

// An end and the question whether something is still needed, by the pages.
func TestStillNeededByThePages(t *testing.T) {
	t.Parallel()
	x := newAgency(t)
	i, err := x.Integrations.Install(t.Context(), x.paul.by(), x.pier.ID, integration.Order{ApplicationID: x.app.PublicID, Scopes: []string{"flags.read", "flags.write"}})
	must(t, err)
	here, at := "/installations/"+i.ID.String(), "/accounts/"+x.pier.ID.String()+"/confirmations"
	x.paul.get(here).has(t, "How long", "Empty: no end.")
	x.paul.submit(here, here+"/term", "ends", "2020-01-01").has(t, "Choose a day to come.")
	x.paul.submit(here, here+"/term", "ends", "2026-03-31").led(t, here)
	if a := x.paul.get(here); !strings.Contains(a.body, `value="2026-03-31"`) {
		t.Error("the last day is not in the field")
	}
	x.paul.get(at).has(t, "Deploybot", "not used", "Last day", "2026-03-31")
	wrong := x.paul.submit(at, at, "days", "many", "grace", "5", "suspend", "on", "revision", "0")
	if wrong.has(t, "Choose 7 to 3,650 days"); !strings.Contains(wrong.body, `value="many"`) {
		t.Error("what was typed is lost")
	}
	x.paul.submit(at, at, "days", "30", "grace", "5", "suspend", "on", "revision", "0").led(t, at)
	x.paul.submit(here, here+"/term", "ends", "").led(t, here)
	x.clock.Advance(36 * 24 * time.Hour)
	must(t, x.Admission.Watch(t.Context()))
	for _, c := range []*client{x.paul, x.mia, x.nora} {
		c.again()
	}
	x.paul.get(here).has(t, "Nobody has confirmed since")
	x.paul.get(at).has(t, "Due", "Suspended unless confirmed", "Stopped by a rule")
	if a := x.mia.get(at); strings.Contains(a.body, "Suspend what nobody confirms") || !strings.Contains(a.body, "Every 30 days.") {
		t.Error("a member sees the forms, or not how often")
	}
	x.paul.submit(at, at+"/"+i.ID.String(), "x", "x").led(t, at)
	x.paul.get(here).has(t, "Active")
	x.paul.get("/inbox").has(t, "Is Deploybot still needed in Pier Café?")
	if a := x.nora.get(at); a.StatusCode != http.StatusNotFound {
		t.Errorf("the parent's administrator sees the child's page: %d", a.StatusCode)
	}
}

// The pages of an account's rules are sound in both themes and on a phone.
func TestAdmissionPagesAreSound(t *testing.T) {
	x := newAgency(t)
	north, pier := "/accounts/"+x.north.ID.String(), "/accounts/"+x.pier.ID.String()
	_, err := x.Admission.Set(t.Context(), x.nora.by(), x.north.ID, admission.Rules{Mode: admission.Open, Children: admission.Ask}, 0)
	must(t, err)
	b := x.browser(x.paul)
	look := func(name, path string) {
		b.Goto(x.URL + path)
		b.Look(name)
	}
	look("admission-rules-child", pier+"/admission")
	look("admission-refused", pier+"/install?application_id="+x.app.PublicID)
	look("admission-ask", pier+"/ask?application_id="+x.app.PublicID)
	r, err := x.Admission.Ask(t.Context(), x.mia.by(), x.pier.ID, admission.Wish{ApplicationID: x.app.PublicID, Reason: "We deploy every day, and forget the flags."})
	must(t, err)
	b = x.browser(x.nora)
	look("admission-requests", north+"/requests")
	look("admission-request", "/installation-requests/"+r.ID.String())
	_, err = x.Admission.Approve(t.Context(), x.nora.by(), r.ID, "Go ahead.")
	must(t, err)
	_, err = x.Admission.List(t.Context(), x.nora.by(), x.north.ID, x.app.PublicID, admission.Place{List: admission.Blocked, Reason: "It leaked data in March."})
	must(t, err)
	look("admission-rules", north+"/admission")
	_, err = x.Admission.SetCycle(t.Context(), x.paul.by(), x.pier.ID, admission.Cycle{Days: 30, Grace: 10, Suspends: true}, 0)
	must(t, err)
	b = x.browser(x.paul)
	look("admission-confirmations", pier+"/confirmations")
	all, err := x.Integrations.ListAccount(t.Context(), x.paul.by(), x.pier.ID)
	must(t, err)
	look("admission-installation", "/installations/"+all[0].ID.String())
}

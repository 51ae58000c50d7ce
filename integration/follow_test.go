package integration_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/release"
)

// asking is a version that requires some scopes and offers others.
func asking(number string, required []string, optional ...string) release.Content {
	c := release.Content{Number: number, Notes: "New in " + number + ".", UserName: "Deploybot", RoleName: "Deploybot role"}
	for _, s := range required {
		c.Required = append(c.Required, release.Request{Scope: s, Purpose: "Does its work with it."})
	}
	for _, s := range optional {
		c.Optional = append(c.Optional, release.Request{Scope: s, Purpose: "Does more with it."})
	}
	return c
}

// review lets the operator verify the application as it is now.
func (h *house) review() {
	h.t.Helper()
	_, err := h.Applications.Edit(ctx, h.ada, h.app.ID, application.Draft{Name: "Deploybot", Description: "Deploys.", Domains: []string{"deploybot.example"},
		Homepage: "https://deploybot.example/", Support: "help@deploybot.example"})
	h.ok(err)
	_, err = h.Releases.Submit(ctx, h.ada, h.app.ID, release.Statement{Privacy: "https://deploybot.example/privacy", Security: "security@deploybot.example", Data: "Nothing is kept."})
	h.ok(err)
	got, err := h.Releases.Take(ctx, operator, h.app.ID)
	h.ok(err)
	_, err = h.Releases.Decide(ctx, operator, h.app.ID, release.Decision{Verify: true, Revision: got.Revision})
	h.ok(err)
}

// told is the text of the newest notice of a kind.
func (h *house) told(by access.Principal, kind string) string {
	h.t.Helper()
	box, err := h.Notices.List(ctx, by, notice.Query{Limit: 200})
	h.ok(err)
	for _, i := range box.Items {
		if i.Kind == kind {
			return i.Text
		}
	}
	return ""
}

// Row H25, the rule: an account may let a new version through by itself when it adds
// nothing but low risk. Whatever else it is waits, the rule is off until somebody
// sets it, and what it did is told and logged.
func TestH25_ARuleForLowRisk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		h.Releases.Published = h.Service.Published
		i, other := h.install(), h.account("elsewhere")
		eve := h.administrator(other, "eve")
		waits, err := h.Install(ctx, eve, other.ID, h.order())
		h.ok(err)
		if i.Updates != integration.UpdatesAsk {
			t.Errorf("a new installation: %q", i.Updates)
		}
		rule, nonsense := integration.UpdatesLowRisk, integration.Updates("all")
		for name, tc := range map[string]struct {
			by   access.Principal
			to   *integration.Updates
			want string
		}{"the developer": {h.ada, &rule, "not_found"}, "another account's administrator": {eve, &rule, "not_found"}, "no such rule": {h.ben, &nonsense, "updates_invalid"}} {
			_, err := h.Amend(ctx, tc.by, i.ID, integration.Patch{Updates: tc.to})
			h.code(name, err, tc.want)
		}
		_, err = h.Amend(ctx, h.ben, i.ID, integration.Patch{Updates: &rule})
		h.ok(err)
		raw, err := h.obtain("harbour")
		h.ok(err)

		// expect says which version and scopes the account with the rule has, and how many
		// versions wait for it.
		expect := func(what string, v release.Version, waiting int, scopes ...string) {
			t.Helper()
			got, err := h.Get(ctx, h.ben, i.ID)
			h.ok(err)
			if got.Version != v.ID.String() || !slices.Equal(got.Scopes, scopes) {
				t.Errorf("%s: version %s with %v", what, got.Number, got.Scopes)
			}
			if asked := h.notices(h.ben, "installation.update_offered"); asked != waiting {
				t.Errorf("%s: %d versions were offered, not %d", what, asked, waiting)
			}
			h.opens(what, raw, "")
			if there, err := h.Get(ctx, eve, waits.ID); err != nil || !slices.Equal(there.Scopes, []string{"flags.read"}) {
				t.Errorf("%s: without the rule: %v %v", what, there.Scopes, err)
			}
			h.clock.Advance(time.Second) // what comes next is newer
		}
		second := h.publish(asking("2.0.0", []string{"flags.read", "names"}))
		expect("low risk, which nobody has reviewed", h.version, 1, "flags.read")
		if mine, other := h.told(h.ben, "installation.update_offered"), h.told(eve, "installation.update_offered"); !strings.Contains(mine, "your rule takes it as soon as") || strings.Contains(other, "rule") {
			t.Errorf("told: %q and %q", mine, other)
		}
		h.review()
		expect("low risk, reviewed", second, 1, "flags.read", "names")
		if text := h.told(h.ben, "installation.update_taken"); !strings.Contains(text, "Added: Read names.") {
			t.Errorf("told: %q", text)
		}
		role := ""
		h.write(func(tx *store.Tx) error {
			r, err := h.Accounts.RoleIn(tx, i.Account, i.Role)
			for _, s := range r.Policy {
				role += strings.Join(s.Actions, " ") + " "
			}
			return err
		})
		if !strings.Contains(role, "member:view") {
			t.Errorf("its role still allows %s", role)
		}
		log := h.entries(h.ben, "installation.take_version")
		if len(log) != 1 || log[0].ActorKind != string(access.KindSystem) || !strings.Contains(log[0].Via, "rule") || !strings.Contains(string(log[0].After), "names") {
			t.Errorf("the log says %+v", log)
		}
		if n := h.notices(eve, "installation.update_taken"); n != 0 {
			t.Error("without the rule something was taken")
		}

		optional := h.publish(asking("2.1.0", []string{"flags.read", "names"}, "flags.write"))
		expect("high risk, but optional: it comes without", optional, 1, "flags.read", "names")
		h.publish(asking("3.0.0", []string{"flags.write"}))
		expect("high risk, required", optional, 2, "flags.read", "names")
		less := h.publish(asking("4.0.0", []string{"flags.read"}))
		expect("less than before", less, 2, "flags.read")
		if text := h.told(h.ben, "installation.update_taken"); !strings.Contains(text, "taken away: Read names.") || strings.Contains(text, "Added") {
			t.Errorf("told: %q", text)
		}
		choice := h.publish(asking("4.1.0", []string{"flags.read"}, "names"))
		expect("low risk, optional: reviewed before, and not given unless somebody wants it", choice, 2, "flags.read")
		if text := h.told(h.ben, "installation.update_taken"); !strings.Contains(text, "Optional, and not given unless you want it: Read names.") {
			t.Errorf("told: %q", text)
		}
		ask := integration.UpdatesAsk
		_, err = h.Amend(ctx, h.ben, i.ID, integration.Patch{Updates: &ask})
		h.ok(err)
		h.publish(asking("5.0.0", []string{"flags.read", "names"}))
		expect("low risk, after the rule was taken back", choice, 3, "flags.read")
	})
}

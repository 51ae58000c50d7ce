package oauth_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/release"
)

// status is what the gateway answers to a call.
func (h *house) status(raw, path string) int {
	h.T.Helper()
	return h.Call(raw, http.MethodGet, path, nil).Status
}

// Row H25: a new version asks for more. Everything that was approved works
// throughout, also for people who sign in meanwhile; the administrator is told,
// looks at what is new and takes it; from then on the new call passes.
func TestH25_ANewVersionAsksForMore(t *testing.T) {
	h := newHouse(t, options{real: true, delegation: "consent"})
	c, ctx := h.config(), t.Context()
	raw := h.token(c).AccessToken
	const segments = "/api/v1/accounts/harbour/projects/web-shop/environments/production/segments"
	fails := func(when string, flags, more int) {
		t.Helper()
		if got := h.status(raw, flagsOf); (got == http.StatusForbidden) != (flags == http.StatusForbidden) {
			t.Errorf("%s: an old call answers %d", when, got)
		}
		own := h.Token(h.key, "harbour")
		if got := h.status(own, segments); (got == http.StatusForbidden) != (more == http.StatusForbidden) {
			t.Errorf("%s: the new call answers %d", when, got)
		}
	}
	fails("before", http.StatusOK, http.StatusForbidden)

	v, err := h.Releases.Draft(ctx, h.dev, h.app.ID, release.Content{Number: "2.0.0", Delegation: "consent", Notes: "Groups people by segment.",
		Required: []release.Request{{Scope: "flags.read", Purpose: "To show flags."}, {Scope: "flags.write", Purpose: "To switch flags."}, {Scope: "segments.read", Purpose: "To group people by segment."}}})
	h.ok(err)
	_, err = h.Releases.Publish(ctx, h.dev, v.ID)
	h.ok(err)
	fails("published", http.StatusOK, http.StatusForbidden)
	// Who signs in now is asked for what the account has, by old and new clients.
	for _, scopes := range [][]string{{"flags.read", "flags.write"}, {"flags.read", "flags.write", "segments.read"}} {
		if got := strings.Fields(h.token(h.config(scopes...)).Extra("scope").(string)); !slices.Equal(got, []string{"flags.read", "flags.write"}) { //nolint:errcheck,forcetypeassert // a test
			t.Errorf("asking for %v while the update waits gives %v", scopes, got)
		}
	}

	u, err := h.Integrations.Update(ctx, h.admin, h.ins.ID)
	h.ok(err)
	if !slices.Equal(u.New, []string{"segments.read"}) || len(u.Dropped) != 0 || u.From.Number != "1.0.0" || u.To.Number != "2.0.0" {
		t.Errorf("the update: %+v", u)
	}
	told, err := h.Notices.List(ctx, h.admin, notice.Query{})
	h.ok(err)
	if !slices.ContainsFunc(told.Items, func(n notice.Item) bool { return strings.HasSuffix(n.Link, h.ins.ID.String()+"/update") }) {
		t.Errorf("the administrator was told %+v", told.Items)
	}
	if _, err := h.Integrations.Take(ctx, h.person, h.ins.ID, integration.Taking{Version: v.ID.String(), Scopes: v.Scopes()}); err == nil {
		t.Error("a member takes the version")
	}
	if _, err := h.Integrations.Take(ctx, h.admin, h.ins.ID, integration.Taking{Version: v.ID.String(), Scopes: []string{"flags.read"}}); err == nil {
		t.Error("it was taken without what it requires")
	}
	_, err = h.Integrations.Take(ctx, h.admin, h.ins.ID, integration.Taking{Version: v.ID.String(), Scopes: []string{"flags.read", "flags.write", "segments.read"}})
	h.ok(err)
	fails("taken", http.StatusOK, http.StatusOK)
}

// A version that asks for exactly what is approved is taken at once, with an entry;
// one that asks for less, too, and the administrator is told what it takes away.
func TestH25_VersionsThatAskForTheSameOrLess(t *testing.T) {
	h := newHouse(t, options{delegation: "consent"})
	ctx := t.Context()
	publish := func(number string, scopes ...string) release.Version {
		t.Helper()
		c := release.Content{Number: number, Delegation: "consent", Notes: "New in " + number + "."}
		for _, s := range scopes {
			c.Required = append(c.Required, release.Request{Scope: s, Purpose: "To do its work well."})
		}
		v, err := h.Releases.Draft(ctx, h.dev, h.app.ID, c)
		h.ok(err)
		v, err = h.Releases.Publish(ctx, h.dev, v.ID)
		h.ok(err)
		return v
	}
	installed := func() integration.Installation {
		t.Helper()
		i, err := h.Integrations.Get(ctx, h.admin, h.ins.ID)
		h.ok(err)
		return i.Installation
	}
	same := publish("1.1.0", "flags.write", "flags.read")
	if got := installed(); got.Version != same.ID.String() || len(got.Scopes) != 2 {
		t.Errorf("the same: %+v", got)
	}
	log, err := h.Audit.List(ctx, h.admin, audit.Filter{Account: h.account.ID.String(), Action: "installation.follow_version"}, 0)
	h.ok(err)
	if len(log.Entries) != 1 {
		t.Errorf("%d entries say that the version changed", len(log.Entries))
	}
	raw := h.token(h.config("flags.read", "flags.write"))
	less := publish("1.2.0", "flags.read")
	if got := installed(); got.Version != less.ID.String() || !slices.Equal(got.Scopes, []string{"flags.read"}) {
		t.Errorf("less: %+v", got)
	}
	told, err := h.Notices.List(ctx, h.admin, notice.Query{})
	h.ok(err)
	if !slices.ContainsFunc(told.Items, func(n notice.Item) bool {
		return n.Kind == "installation.update_taken" && strings.Contains(n.Text, "taken away")
	}) {
		t.Errorf("less is taken without a word: %+v", told.Items)
	}
	status, out := h.refresh(raw.RefreshToken)
	if status != http.StatusOK || text(out, "scope") != "flags.read" {
		t.Errorf("a person's line of tokens afterwards: %d %v", status, out)
	}
	if _, err := h.Integrations.Update(ctx, h.admin, h.ins.ID); problem.CodeOf(err) != "nothing_newer" {
		t.Errorf("then: %v", err)
	}
}

// H25 by the pages, in a real browser: what is new is looked at and taken; then a rule
// is set, and the next version, which adds nothing but low risk and was reviewed,
// comes by itself. Tokens of before work throughout, and soon do what is new.
func TestH25_TheRuleInChromium(t *testing.T) {
	b := newBoard(t)
	b.join(b.account, b.enrol("ida@harbour.test", "Ida Admin"), access.AccountAdmin)
	needs := func(scopes ...string) (out []release.Request) {
		for _, s := range scopes {
			out = append(out, release.Request{Scope: s, Purpose: "To do its work well."})
		}
		return out
	}
	at := "/installations/" + b.in.ID.String()
	own := func() string {
		form := url.Values{"grant_type": {"client_credentials"}, "account_id": {"harbour"}}
		_, _, got := b.post("/oauth/token", form, b.boardID, b.secret)
		return text(got, "access_token")
	}
	raw := own()
	passes := func(when string, events bool) {
		t.Helper()
		if !b.works(raw) || b.status(raw, flagsOf) == http.StatusForbidden {
			t.Errorf("%s: an old call with an old token is refused", when)
		}
		if got := b.status(own(), "/api/v1/accounts/harbour/events"); (got != http.StatusForbidden) != events {
			t.Errorf("%s: the new call answers %d", when, got)
		}
	}
	b.publish("2.0.0", needs("flags.read", "segments.read"), needs("flags.write"))
	b.review()
	tab := pagetest.Open(t)
	tab.Goto(b.URL + "/sign-in?next=" + at)
	enter(tab, "ida@harbour.test")
	tab.Follow(`a[href$="/update"]`)
	look(tab, "update")
	if text := tab.Text("#content"); !strings.Contains(text, "Set a rule for new versions") || !strings.Contains(text, "See segments") {
		t.Errorf("the page: %s", text)
	}
	tab.Follow(`main form .btn[type=submit]`)
	if text := tab.Text("#content"); !strings.Contains(text, "2.0.0") {
		t.Errorf("after taking it: %s", text)
	}
	tab.Click(`input[name=updates][value=low_risk]`)
	look(tab, "update-rule")
	tab.Follow(`form[action$="/updates"] .btn[type=submit]`)
	if text := tab.Text("body"); !strings.Contains(text, "From the next version on") {
		t.Errorf("after setting the rule: %s", text)
	}

	passes("before", false)
	b.publish("3.0.0", needs("flags.read", "segments.read", "events.read"), needs("flags.write"))
	passes("published", false)
	b.review()
	passes("reviewed", true)
	tab.Goto(b.URL + "/inbox")
	if text := tab.Text("body"); !strings.Contains(text, "has version 3.0.0") || !strings.Contains(text, "Added: See what has changed.") {
		t.Errorf("the inbox: %s", text)
	}
	look(tab, "update-taken")
	tab.Goto(b.URL + "/accounts/" + b.account.ID.String() + "/activity")
	if text := tab.Text("body"); !strings.Contains(text, "took a new version of") {
		t.Errorf("the activity: %s", text)
	}
}

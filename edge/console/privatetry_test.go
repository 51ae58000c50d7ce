package console_test

import (
	"testing"
	"time"

	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/usage"
)

// exporting is a private integration that has listed flags twelve times in the last
// hour, and once more twenty days ago.
func (h *house) exporting(admin *client, a accountOf) private.Created {
	h.t.Helper()
	made, err := h.Private.Create(h.t.Context(), admin.by(), a.ID, private.Draft{Name: "Nightly export", Scopes: []string{"flags.read", "projects.read"}})
	must(h.t, err)
	k := usage.Key{Grant: made.Grant, Account: a.ID.String(), Operation: "listFlags"}
	for _, n := range []int{1, 12} {
		at := time.Hour
		if n == 1 {
			at = 20 * 24 * time.Hour
		}
		h.Usage.Recorder.Record(h.clock.Now().Add(-at), k, uint32(n))
		for range n {
			h.Usage.Recorder.About(h.clock.Now().Add(-at), &k, "listFlags", []byte("proj/web"))
		}
		must(h.t, h.Usage.Flush(h.t.Context()))
	}
	return made
}

// Before other scopes of a private integration are saved, its recorded calls are
// decided anew, for a week or a month.
func TestScopesOfAPrivateIntegrationAreTriedBeforeTheyAreSaved(t *testing.T) {
	h := newHouse(t)
	admin := h.person("Grace Okafor", "grace@lakeside.example")
	a := h.account("lakeside", "Lakeside", admin)
	edit := "/private-integrations/" + h.exporting(admin, a).Integration.ID.String() + "/edit"
	ask := func(more ...string) answer {
		return admin.submit(edit, edit, append([]string{"name", "Nightly export", "owner", admin.user, "reach", "self", "life_days", "0", "idle_days", "0", "rotate_days", "0"}, more...)...)
	}
	ask("scope", "projects.read").has(t, "What would it have refused?", "12 of 12 calls would have been refused", "listFlags", "proj/web", "flags.read", "Save the change")
	ask("scope", "projects.read", "days", "30").has(t, "13 of 13 calls would have been refused")
	ask("scope", "flags.read", "days", "30").has(t, "All 13 recorded calls would have passed")
	if got := ask("scope", "flags.read", "scope", "projects.read", "description", "Every night."); contains(got.text(), "What would it have refused?") {
		t.Error("a change of words is tried on calls")
	}
	b := h.browser(admin)
	b.Goto(h.URL + edit)
	b.Click(`input[name=scope][value="flags.read"]`)
	b.Follow(`main form .btn[type=submit]`)
	if !contains(b.Text("#content"), "12 of 12 calls", "Ask again") {
		t.Errorf("in the browser: %s", b.Text("#content"))
	}
	b.Look("private-try")
}

// The test bench offers whatever holds rights: programs of the account's own and
// tokens, too.
func TestBenchAsksAboutProgramsAndTokens(t *testing.T) {
	h := newHouse(t)
	x := h.roles()
	ctx, bench := t.Context(), "/accounts/"+x.acc.ID.String()+"/access"
	made := h.exporting(x.grace, x.acc)
	service, err := h.APITokens.Create(ctx, x.grace.by(), x.acc.ID, apitoken.Service, apitoken.Draft{Name: "Release train", Roles: []string{role.Reader}})
	must(t, err)
	gone, err := h.APITokens.Create(ctx, x.grace.by(), x.acc.ID, apitoken.Service, apitoken.Draft{Name: "Old train", Roles: []string{role.Reader}})
	must(t, err)
	_, err = h.APITokens.Delete(ctx, x.grace.by(), gone.ID)
	must(t, err)
	own, err := h.APITokens.Create(ctx, x.ada.by(), x.acc.ID, apitoken.Personal, apitoken.Draft{Name: "My script", Roles: []string{role.Reader}})
	must(t, err)
	page := x.grace.get(bench).has(t, "Private integration: Nightly export", "Service token: Release train", "Personal token: My script")
	if contains(page.text(), "Old train") {
		t.Error("a deleted token is offered")
	}
	for grant, tc := range map[string]struct{ action, verdict string }{
		made.Grant:    {"flag:view", "Allowed"},
		service.Grant: {"flag:update", "Refused"},
		own.Grant:     {"flag:update", "Refused"},
	} {
		x.grace.get(bench+"?who=grant:"+grant+"&action="+tc.action+"&resource=proj/web:env/test:flag/x").has(t, tc.verdict, tc.action)
	}
}

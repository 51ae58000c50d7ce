package console_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/usage"
)

// used lets the first customer's installation look at flags, and only that.
func (h *house) used(x team) {
	k := usage.Key{Grant: x.in[0].Grant, Application: x.app.ID.String(), Account: x.in[0].Account, Group: x.group.ID.String(), Operation: "listFlags"}
	h.Usage.Recorder.Record(h.clock.Now().Add(-time.Hour), k, 12)
	for range 12 {
		h.Usage.Recorder.About(h.clock.Now().Add(-time.Hour), &k, "listFlags", []byte("proj/web"))
	}
	k.Outcome, k.Operation = usage.ScopeMissing, "listMembers"
	h.Usage.Recorder.Record(h.clock.Now().Add(-time.Hour), k, 3)
}

func TestUnusedScopesAreTakenAwayAndGivenBackOnPages(t *testing.T) {
	h := newHouse(t)
	x := h.roles()
	h.used(x.team)
	account, one := "/accounts/"+x.acc.ID.String()+"/use", "/grants/"+x.in[0].Grant
	x.grace.get(account).has(t, "Deploybot", "1 of 2", "12", "Take away 1")
	x.grace.get(one+"/use").has(t, "Less would do", "without flags.write", "Needed", "Not used", "listFlags", "listMembers")

	// On trial first.
	x.grace.get(one+"/use?try=7&scope=flags.write").has(t, "12 of 12 calls would have been refused", "listFlags", "proj/web", "flags.read")
	x.grace.get(one+"/use?try=30&scope=flags.read").has(t, "All 12 recorded calls would have passed")

	to := x.grace.submit(one+"/use", one+"/narrow?days=30", "keep", "flags.read").led(t, one+"/use")
	x.grace.get(to).has(t, "Narrowed to what was used", "Taken away: flags.write")
	x.grace.get(account).has(t, "1 of 1", "Narrowed")
	x.grace.submit(one+"/use", one+"/undo").led(t, one+"/use")
	x.grace.get(one+"/use").has(t, "Less would do")

	// The developer sees what a version needs, and no buttons; strangers see nothing.
	dev := h.person("Dev Two", "dev2@northwind.example")
	if a := dev.get(one + "/use"); a.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger: %d", a.StatusCode)
	}
	if a := dev.get(account); a.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger on the account: %d", a.StatusCode)
	}
	if a := x.ada.get(one + "/use"); a.StatusCode == http.StatusOK && contains(a.body, "/narrow") {
		t.Error("a member who only looks is offered the change")
	}
}

// The editor of a role and the roles of a member can be tried on recorded calls before they are saved.
func TestChangesAreTriedBeforeTheyAreSaved(t *testing.T) {
	h := newHouse(t)
	x := h.roles()
	var g grant.Grant
	must(t, h.db.Write(t.Context(), func(tx *store.Tx) error {
		var err error
		g, err = h.Integrations.Grants.Create(tx, grant.Grant{Kind: grant.KindMember, Account: x.acc.ID.String(), Holder: "apitoken/x", Subject: x.ada.user, SubjectKey: "ada",
			Scopes: []string{"flags.read", "flags.write", "projects.read"}, Layers: [][]access.Policy{{{{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}}}})
		return err
	}))
	k := usage.Key{Grant: g.ID.String(), Account: x.acc.ID.String(), Operation: "getProject"}
	h.Usage.Recorder.Record(h.clock.Now(), k, 5)
	for range 4 { // of one call it was not kept what it was about
		h.Usage.Recorder.About(h.clock.Now(), &k, "getProject", []byte("proj/web"))
	}
	edit := "/accounts/" + x.acc.ID.String() + "/roles/" + x.ops.ID.String() + "/edit"
	x.grace.submit(edit, edit, "name", "Ops engineer", "base", "no_access", "policy", "[]", "days", "7", "do", "dry").has(t,
		"4 of 4 calls would have been refused", "getProject", "proj/web", "project:view", "Of 1 further calls it was not kept what they were about")
	x.grace.submit(edit, edit, "name", "Ops engineer", "base", "reader", "policy", "[]", "days", "30", "do", "dry").has(t, "All 4 recorded calls would have passed")
	if r, err := h.Roles.Get(t.Context(), x.grace.by(), role.Path{Account: x.acc.ID, Role: x.ops.ID}); err != nil || r.Revision != x.ops.Revision {
		t.Errorf("trying has changed the role: %+v %v", r, err)
	}
	ada := "/accounts/" + x.acc.ID.String() + "/people/" + x.ada.user
	x.grace.submit(ada, ada, "days", "7", "do", "dry").has(t, "4 of 4 calls would have been refused")
	x.grace.submit(ada, ada, "role", "reader", "days", "7", "do", "dry").has(t, "All 4 recorded calls would have passed")
	x.grace.submit(ada, ada, "role", "reader", "do", "save").led(t, ada)
}

func TestGrantUsePagesAreSound(t *testing.T) {
	h := newHouse(t)
	x := h.roles()
	h.used(x.team)
	b := h.browser(x.grace)
	for name, path := range map[string]string{"use": "/accounts/" + x.acc.ID.String() + "/use", "use-one": "/grants/" + x.in[0].Grant + "/use", "use-try": "/grants/" + x.in[0].Grant + "/use?try=7&scope=flags.write"} {
		b.Goto(h.URL + path)
		b.Look(name)
	}
}

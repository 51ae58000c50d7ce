package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
)

var privateToken = regexp.MustCompile(`grpk_[0-9A-Za-z]{46}`)

// H1, H4, H11 by plain forms, as a browser without a script sends them.
func TestPrivateIntegrationByPlainForms(t *testing.T) {
	h := newHouse(t)
	admin := h.person("Grace Okafor", "grace@lakeside.example")
	a := h.account("lakeside", "Lakeside", admin)
	list := "/accounts/" + a.ID.String() + "/private"
	admin.get("/accounts/"+a.ID.String()).has(t, "Private integrations")
	admin.get(list).has(t, "No private integration yet", "New private integration")

	form := list + "/new"
	page := admin.get(form).has(t, "What does this open?", "flags.read", "Low risk", "Owner")
	for _, name := range h.Catalog.Get().Scopes() { // H23: the picker is the registry
		if !strings.Contains(page.body, `value="`+name+`"`) {
			t.Errorf("the picker lacks %s", name)
		}
	}
	enter := []string{"name", "Nightly export", "owner", admin.user, "reach", "self", "life_days", "0", "idle_days", "0", "rotate_days", "0"}
	admin.submit(form, form, append(enter, "networks", "10.0.0.1/8")...).has(t, "Choose at least one scope.", "has bits beyond the length")
	made := admin.submit(form, form, append(enter, "scope", "flags.read", "scope", "projects.read")...)
	if made.StatusCode != http.StatusOK || made.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the token's page: %d %q", made.StatusCode, made.Header.Get("Cache-Control"))
	}
	raw := privateToken.FindString(made.has(t, "Copy the token now", "TOKEN='grpk_", "curl").body)
	if raw == "" {
		t.Fatal("no token is shown")
	}
	at := regexp.MustCompile(`/private-integrations/pin_[0-9a-z]{26}`).FindString(made.body)
	one := admin.get(at).has(t, "Nightly export", "Active", "grpk_…"+raw[len(raw)-4:], "From anywhere", "created the private integration")
	if strings.Contains(one.body, raw) || strings.Contains(admin.get(list).has(t, "Nightly export", "never").body, raw) {
		t.Error("the token is shown again")
	}

	edit := at + "/edit"
	keep := append([]string{}, enter...)
	diff := admin.submit(edit, edit, append(keep, "scope", "flags.write")...)
	diff.has(t, "Scopes that are added", "Scopes that are taken away", "Change flags", "It may do more afterwards", "It can no longer call", "Save the change")
	if one := admin.get(at).text(); strings.Contains(one, "changed the private integration") {
		t.Error("looking at a change makes it")
	}
	token, err := diff.formToken(edit)
	must(t, err)
	admin.post(edit, append(keep, "scope", "flags.write", "revision", "0", "do", "save", "form_token", token)...).led(t, at)
	admin.get(at).has(t, "The change is saved", "changed the private integration", "grpk_…"+raw[len(raw)-4:])
	old, err := admin.get(edit).formToken(edit)
	must(t, err)
	admin.post(edit, append(keep, "scope", "flags.read", "revision", "0", "do", "save", "form_token", old)...).has(t, "Somebody else has changed")

	end := at + "/delete"
	admin.get(end).has(t, "It was not called in the last 7 days.", "Nightly export")
	admin.submit(end, end, "phrase", "nightly").has(t, "Type the name exactly")
	admin.submit(end, end, "phrase", "Nightly export", "reason", "not needed").led(t, at)
	admin.get(at).has(t, "Deleted", "Undo the deletion", "not needed")
	admin.get(list).has(t, "Deleted in the last 30 days")
	admin.submit(at, at+"/restore").led(t, at)
	admin.get(at).has(t, "Active", "restored the private integration")
}

// H3: a switch that is off takes the buttons away and refuses the address.
func TestPrivateIntegrationSwitches(t *testing.T) {
	h := newHouse(t)
	pat, poe, cora := h.person("Pat", "pat@agency.example"), h.person("Poe", "poe@agency.example"), h.person("Cora", "cora@north.example")
	agency := h.account("agency", "Agency", pat)
	must(t, h.db.Write(t.Context(), func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: agency.ID.String(), User: poe.user, Role: access.AccountAdmin})
	}))
	child := h.account("north", "North", cora)
	_, err := h.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "north", Name: "North", Parent: "agency"})
	must(t, err)
	list, below := "/accounts/"+agency.ID.String()+"/private", "/accounts/"+child.ID.String()+"/private/new"
	poe.get(list).has(t, "Make one in a child account", "North")
	poe.get(below).has(t, "In North.")
	// Somebody of the parent who is not in the child goes through the life of its token.
	made := poe.submit(below, below, "name", "Tills", "owner", cora.user, "reach", "self", "life_days", "0", "idle_days", "0", "rotate_days", "0", "scope", "flags.read")
	at := regexp.MustCompile(`/private-integrations/pin_[0-9a-z]{26}`).FindString(made.has(t, "Copy the token now").body)
	rotate := regexp.MustCompile(`/tokens/tok_[0-9a-z]{26}/rotate`).FindString(poe.get(at).has(t, "Tills", "Works").body)
	poe.submit(rotate, rotate, "days", "7").has(t, "Copy the token now", "works until")
	cancel := rotate[:len(rotate)-len("rotate")] + "cancel-rotation"
	cora.submit(cancel, cancel).led(t, at)
	cora.get(at).has(t, "The rotation is cancelled.", "Ended tokens: 1")

	perm := list + "/permissions"
	pat.get(perm).has(t, "Poe", "May, by role", "Child accounts")
	pat.submit(perm, perm+"/"+poe.user, "what", "children", "to", "off").led(t, perm)
	pat.get(perm).has(t, "May not, by switch")
	for _, path := range []string{below, rotate} {
		if a := poe.get(path); a.StatusCode != http.StatusForbidden {
			t.Errorf("without the second switch, %s: %d", path, a.StatusCode)
		}
	}
	if strings.Contains(poe.get(list).text(), "Make one in a child account") {
		t.Error("a way that leads nowhere is offered")
	}
	if a := cora.get(list); a.StatusCode != http.StatusNotFound {
		t.Errorf("the child's administrator sees the parent's: %d", a.StatusCode)
	}
}

// H13: an administrator makes a webhook of a private integration within its
// scopes, and what happens arrives.
func TestPrivateIntegrationWebhooks(t *testing.T) {
	p := newPost(t)
	p.Webhooks.Kept(grant.KindPrivate, p.Private.HookKeeper)
	form := "/accounts/" + p.x.in[0].Account + "/private/new"
	made := p.admin.submit(form, form, "name", "Export", "owner", p.admin.user, "reach", "self", "life_days", "0", "idle_days", "0", "rotate_days", "0", "scope", "flags.read")
	at := regexp.MustCompile(`/private-integrations/pin_[0-9a-z]{26}`).FindString(made.body) + "/webhooks"
	p.admin.get(at).has(t, "No endpoint yet", "as far as the scopes of Export allow")
	p.admin.submit(at+"/new", at+"/new", "url", "http://127.0.0.1:1/", "type", "flag.created", "on", "on").has(t, "must begin with https")
	p.admin.submit(at+"/new", at+"/new", "url", p.url, "patterns", "member.created", "on", "on").has(t, "The scopes do not allow any event that this names.")
	id := p.make(p.admin, at, "type", "flag.created")
	p.happens(2, "flag.created")
	p.until("both arrive", func() bool { return p.got.Load() == 2 })
	p.until("they are written", func() bool { return strings.Count(p.admin.get("/webhooks/"+id.String()).body, "200 OK") >= 2 })
	p.admin.get("/webhooks/"+id.String()).has(t, "Export", "This account", "Delivered")
}

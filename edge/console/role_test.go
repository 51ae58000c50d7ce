package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
)

type accountOf = account.Account

func (h *house) accountAt(id string) account.Account {
	h.t.Helper()
	parsed, err := ident.Parse[account.Account](id)
	must(h.t, err)
	a, err := h.Accounts.Get(h.t.Context(), access.System("test"), parsed)
	must(h.t, err)
	return a
}

func (h *house) member(a account.Account, c *client, as string) {
	h.t.Helper()
	must(h.t, h.db.Write(h.t.Context(), func(tx *store.Tx) error {
		return h.Accounts.SetMember(tx, access.System("test"), account.Member{Account: a.ID.String(), User: c.user, Role: as})
	}))
	c.again()
}

func (h *house) role(by *client, a account.Account, d role.Draft) role.Role {
	h.t.Helper()
	r, err := h.Roles.Create(h.t.Context(), by.by(), a.ID, d)
	must(h.t, err)
	return r
}

func contains(text string, words ...string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

func TestRolesAreMadeChangedAndDeletedOnPages(t *testing.T) {
	h := newHouse(t)
	x := h.roles()
	base := "/accounts/" + x.acc.ID.String() + "/roles"
	x.grace.get(base).has(t, "Ops engineer", "Changes the flags of a team", "1 member", "Built-in roles", "cannot be changed", "Reader")
	x.grace.get(base+"/reader").has(t, "Built in, unchangeable", "It follows from the catalog")
	if a := x.grace.get(base + "/reader/edit"); a.StatusCode != http.StatusNotFound {
		t.Errorf("a built-in role has an editor: %d", a.StatusCode)
	}

	// Without a script: check, add, save.
	check := x.grace.submit(base+"/new", base+"/new", "name", "Flag readers", "policy", "[{", "do", "check")
	check.has(t, "This is not JSON", "ends too early")
	added := x.grace.submit(base+"/new", base+"/new", "name", "Flag readers", "policy", "[]", "add_effect", "allow", "add_action", "flag:view", "add_resource", "proj/*:env/*:flag/*", "do", "add")
	added.has(t, "May view every flag in every environment in every project.")
	bad := x.grace.submit(base+"/new", base+"/new", "name", "Reader", "policy", "[\n{\"effect\":\"allow\",\"actions\":[\"flag:view\"]}]", "do", "save")
	bad.has(t, "The policy cannot be read yet.", "Line 2: Say which resources")
	if bad.StatusCode != http.StatusUnprocessableEntity {
		t.Error(bad.StatusCode)
	}
	x.grace.submit(base+"/new", base+"/new", "name", "Reader", "policy", "[]", "do", "save").has(t, "A built-in role has this name.")
	at := x.grace.submit(base+"/new", base+"/new", "name", "Flag readers", "base", "no_access", "manage", "private", "policy", `[{"effect":"allow","actions":["flag:view"],"resources":["proj/*:env/*:flag/*"]}]`, "do", "save").led(t, base+"/rle_")
	x.grace.get(at).has(t, "flag-readers", "May view every flag", "Manage private integrations", "Nobody yet")
	x.grace.submit(at+"/edit", at+"/edit", "name", "Flag viewers", "base", "reader", "policy", "[]", "do", "save").led(t, at)
	x.grace.get(at).has(t, "Flag viewers", "it looks at everything", "No statement of its own")

	// Somebody else was faster.
	old := x.grace.get(at + "/edit")
	token, err := old.formToken(at + "/edit")
	must(t, err)
	x.grace.submit(at+"/edit", at+"/edit", "name", "Flag lookers", "base", "reader", "policy", "[]", "do", "save").led(t, at)
	x.grace.post(at+"/edit", "form_token", token, "revision", "1", "name", "Mine", "base", "reader", "policy", "[]", "do", "save").has(t, "Somebody else changed the role meanwhile.")

	// A role in use is not deleted without another in its place.
	ops := base + "/" + x.ops.ID.String()
	x.grace.get(ops+"/delete").has(t, "Ada Lindqvist has this role.")
	x.grace.submit(ops+"/delete", ops+"/delete").has(t, "The role is in use.")
	x.grace.submit(ops+"/delete", ops+"/delete", "instead", "reader").led(t, base)
	x.grace.get("/accounts/"+x.acc.ID.String()+"/people/"+x.ada.user).has(t, "Ada Lindqvist", "Reader")
	x.grace.submit(at+"/delete", at+"/delete").led(t, base)
	x.grace.get(base).has(t, "No roles of your own yet")
}

func TestGivingRolesChecksTheGiverOnPages(t *testing.T) {
	h := newHouse(t)
	x := h.roles()
	base := "/accounts/" + x.acc.ID.String()
	ada := base + "/people/" + x.ada.user
	x.grace.get(base+"/people").has(t, "Ada Lindqvist", "Ops engineer", "No access")
	x.grace.get(ada).has(t, "Values of team", "Several roles add up")
	x.grace.submit(ada, ada, "role", x.ops.ID.String(), "value."+x.ops.ID.String()+".team", "ops\nweb\n\nops").led(t, ada)
	x.grace.get(base+"/roles/"+x.ops.ID.String()).has(t, "team: ops, web")

	// Nobody changes their own.
	self := base + "/people/" + x.grace.user
	x.grace.get(self).has(t, "Nobody changes their own rights: ask another administrator.")
	if a := x.grace.get(self); strings.Contains(a.body, `name="role"`) {
		t.Error("the own page has the form")
	}

	// Somebody who may give roles and holds little is told what is beyond.
	bea, carl := h.person("Bea", "bea@lakeside.example"), h.person("Carl", "carl@lakeside.example")
	giver := h.role(x.grace, x.acc, role.Draft{Key: "giver", Name: "Giver", Base: role.BaseReader, Manage: []string{"roles"}})
	h.member(x.acc, bea, access.AccountMember)
	h.member(x.acc, carl, access.AccountMember)
	_, err := h.Roles.Assign(t.Context(), x.grace.by(), role.Place{Account: x.acc.ID, User: bea.user}, []role.Given{{Role: giver.ID.String()}})
	must(t, err)
	bea.again()
	to := base + "/people/" + carl.user
	bea.submit(to, to, "role", "writer").has(t, "You do not hold", "Nobody gives more than they hold.")
	bea.submit(to, to, "role", "reader").led(t, to)
	bea.get(base+"/roles/"+giver.ID.String()).has(t, "You have this role yourself")
	made := bea.submit(base+"/roles/new", base+"/roles/new", "name", "Too much", "policy", `[{"effect":"allow","actions":["flag:delete"],"resources":["*"]}]`, "do", "save")
	made.has(t, "You do not hold flag:delete", "More than you hold")

	// Who may not give sees no form and cannot post.
	if a := carl.get(ada); strings.Contains(a.body, `name="role"`) {
		t.Error("a member sees the form")
	}
	if a := carl.post(ada, "role", "admin"); a.StatusCode != http.StatusForbidden {
		t.Error(a.StatusCode)
	}
}

func TestBenchNamesTheDecidingStatement(t *testing.T) {
	h := newHouse(t)
	x := h.roles()
	base := "/accounts/" + x.acc.ID.String() + "/access"
	ask := func(who, action, resource string) answer {
		q := url.Values{"who": {who}, "action": {action}, "resource": {resource}}
		return x.grace.get(base + "?" + q.Encode())
	}
	ask("member:"+x.ada.user, "flag:update", "proj/web:env/test:flag/ops_x").has(t, "Allowed", "Statement 1 of “Ops engineer” allows it.", "Look at the role Ops engineer")
	ask("member:"+x.ada.user, "flag:delete", "proj/web:env/production:flag/ops_x").has(t, "Refused", "Statement 2 of “Ops engineer” denies it", "Lacking: flag:delete")
	ask("role:no_access", "flag:view", "proj/web").has(t, "Refused")
	ask("grant:"+x.in[0].Grant, "flag:view", "proj/web:env/test:flag/x").has(t, "Allowed", "Deploybot")
	q := url.Values{"who": {"grant:" + x.in[0].Grant}, "action": {""}, "method": {"GET"}, "path": {"/api/v1/accounts/lakeside/members"}}
	x.grace.get(base+"?"+q.Encode()).has(t, "Refused", "Lacking: members.read and member:view", "The operation is listMembers")
	q.Set("path", "/api/nowhere")
	x.grace.get(base+"?"+q.Encode()).has(t, "The product has no such operation.")
	ask("grant:grt_00000000000000000000000000", "flag:view", "").has(t, "Choose who it is about from the list.")
	ask("member:"+x.ada.user, "", "").has(t, "Say what: an action, or method and path.")
	if a := x.ada.get(base); a.StatusCode != http.StatusForbidden {
		t.Errorf("a member asks about others: %d", a.StatusCode)
	}
	stranger := h.person("Eve", "eve@elsewhere.example")
	for _, path := range []string{base, "/accounts/" + x.acc.ID.String() + "/roles", "/accounts/" + x.acc.ID.String() + "/people/" + x.ada.user} {
		if a := stranger.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("a stranger gets %d from %s", a.StatusCode, path)
		}
	}
}

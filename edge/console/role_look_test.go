package console_test

import (
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page/pagetest"
	"github.com/guestright/guestright/role"
)

// The pages about roles in a real browser.
func TestRolePagesAreSound(t *testing.T) {
	h := newHouse(t)
	x := h.roles()
	base := "/accounts/" + x.acc.ID.String()
	pages := map[string]string{
		"roles": base + "/roles", "role": base + "/roles/" + x.ops.ID.String(), "role-built-in": base + "/roles/reader", "role-new": base + "/roles/new",
		"role-edit": base + "/roles/" + x.ops.ID.String() + "/edit", "role-delete": base + "/roles/" + x.ops.ID.String() + "/delete",
		"people": base + "/people", "member": base + "/people/" + x.ada.user, "member-self": base + "/people/" + x.grace.user, "bench": base + "/access",
		"bench-yes": base + "/access?who=member:" + x.ada.user + "&action=flag:update&resource=proj/web:env/production:flag/ops_x",
		"bench-no":  base + "/access?who=member:" + x.ada.user + "&action=flag:delete&resource=proj/web:env/production:flag/ops_x",
	}
	b := h.browser(x.grace)
	for name, path := range pages {
		b.Goto(h.URL + path)
		b.Look(name)
	}
}

// The editor reads the policy while it is typed, and puts statements together from the catalog's words.
func TestPolicyEditorInTheBrowser(t *testing.T) {
	h := newHouse(t)
	x := h.roles()
	b := h.browser(x.grace)
	b.Goto(h.URL + "/accounts/" + x.acc.ID.String() + "/roles/new")
	b.Fill("#f-name", "Night shift")
	b.Fill("#f-policy", `[{"effect": "deny", "actions": ["flags:view"], "resources": ["*"]}]`)
	b.Wait("#meaning .note")
	if got := b.Text("#meaning"); got == "" || !contains(got, "May not use “flags:view”", "Did you mean “flag:view”?") {
		t.Error(got)
	}
	b.Fill("#f-policy", "[\n1]")
	b.Wait("#meaning .badge[data-tone=bad]")
	pagetest.Eval[bool](b, `new Promise(done => { const at = setInterval(() => { if (document.querySelector("#meaning").textContent.includes("Line 2")) { clearInterval(at); done(true); } }, 20); })`)
	b.Quiet()
	b.Fill("#f-policy", "[]")
	pagetest.Eval[bool](b, `(document.querySelector("details.fold").open = true, document.querySelector("input[name=add_action][value='flag:update']").click(), true)`)
	b.Fill("#f-add_resource", "proj/*:env/*:flag/*")
	b.Follow("button[name=do][value=add]")
	if got := pagetest.Eval[string](b, `document.querySelector("#f-policy").value`); !contains(got, `"actions": ["flag:update"]`, `"resources": ["proj/*:env/*:flag/*"]`) {
		t.Error(got)
	}
	b.Follow("button[name=do][value=save]")
	if !contains(b.Text("#content"), "Night shift", "May update every flag") {
		t.Error(b.Text("#content"))
	}
	b.Sound()
}

// ofRoles is an account with a role, somebody who has it and somebody who gives it.
type ofRoles struct {
	team
	acc        accountOf
	ada, grace *client
	ops        role.Role
}

func (h *house) roles() ofRoles {
	h.t.Helper()
	dev := h.person("Dana Developer", "dana@northwind.example")
	x := ofRoles{grace: h.person("Grace Okafor", "grace@lakeside.example"), ada: h.person("Ada Lindqvist", "ada@lakeside.example")}
	x.team = h.team(dev, x.grace)
	x.acc = h.accountAt(x.in[0].Account)
	h.member(x.acc, x.ada, access.AccountMember)
	x.grace.again()
	x.ops = h.role(x.grace, x.acc, role.Draft{Key: "ops", Name: "Ops engineer", Description: "Changes the flags of a team, but deletes none in production.",
		Policy: access.Policy{
			{Effect: access.Allow, Actions: []string{"flag:*"}, Resources: []string{"proj/*:env/*:flag/${roleAttribute/team}_*"}},
			{Effect: access.Deny, Actions: []string{"flag:delete"}, Resources: []string{"proj/*:env/production:flag/*"}},
			{Effect: access.Allow, Actions: []string{"flag:update"}, Resources: []string{"proj/web"}},
		}, Base: role.BaseReader, Manage: []string{"private"}})
	_, err := h.Roles.Assign(h.t.Context(), x.grace.by(), role.Place{Account: x.acc.ID, User: x.ada.user}, []role.Given{{Role: x.ops.ID.String(), Attributes: access.Attributes{"team": {"ops"}}}, {Role: role.NoAccess}})
	must(h.t, err)
	return x
}

package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/insight"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/role"
)

// roleForm is a custom role as it is written.
type roleForm struct {
	Account  account.Account
	Here     string // address that the form posts to
	Back     string
	Token    string
	New      bool
	Draft    role.Draft
	Revision int64
	Text     string // of the policy
	Said     policySaid
	Add      addition
	Kinds    []vocable
	Members  int // who have the role
	ID       role.ID
	Tried    *insight.Outcome // what the policy in the editor would have refused
	TryDays  int
	Faults   faults
}

// policySaid is what the policy in the editor means, or why it cannot be read.
type policySaid struct {
	Faults []lineFault
	role.Reading
	Base role.Base
}

// addition is a statement that is put together from lists.
type addition struct {
	Effect   access.Effect
	Actions  []string
	Resource string
	Fault    string
}

func splitKinds(path string) []string { return strings.Split(path, ":") }

// readText reads the policy in the editor.
func (v *visit) readText(a account.Account, text string) (access.Policy, policySaid, error) {
	p, bad := policyOf(text)
	if len(bad) > 0 {
		return nil, policySaid{Faults: bad}, nil
	}
	said, err := v.Roles.Read(v.ctx(), v.by, a.ID, p)
	return p, policySaid{Reading: said}, err
}

// readPolicy answers while somebody types: what the policy means by now.
func readPolicy(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	_, said, err := v.readText(a, v.r.PostForm.Get("policy"))
	if err != nil {
		return err
	}
	said.Base = role.Base(v.field("base"))
	return v.fragment(policyMeaning(said))
}

// draftOf takes a role from the form.
func (v *visit) draftOf(p access.Policy) role.Draft {
	return role.Draft{Key: v.field("key"), Name: v.field("name"), Description: v.field("description"), Policy: p, Base: role.Base(v.field("base")), Manage: v.r.PostForm["manage"]}
}

// entered fills the form with what was sent, and with the statement from the lists if one was asked for.
func (v *visit) entered(d roleForm) (roleForm, error) {
	d.Text = v.r.PostForm.Get("policy")
	p, _, err := v.readText(d.Account, d.Text)
	if err != nil {
		return d, err
	}
	if v.field("do") == "add" {
		d.Add = addition{Effect: access.Effect(v.field("add_effect")), Actions: v.r.PostForm["add_action"], Resource: v.field("add_resource")}
		d.Add, p = d.Add.to(p)
		if d.Add.Fault == "" {
			d.Text, d.Add = policyText(p), addition{}
		}
	}
	key := d.Draft.Key
	d.Draft = v.draftOf(p)
	if !d.New {
		d.Draft.Key = key
	} else if d.Draft.Key == "" {
		d.Draft.Key = role.KeyOf(d.Draft.Name)
	}
	if n, err := strconv.ParseInt(v.field("revision"), 10, 64); err == nil {
		d.Revision = n
	}
	return d, nil
}

// to puts the statement at the end of a policy.
func (x addition) to(p access.Policy) (addition, access.Policy) {
	if p == nil {
		x.Fault = "Mend the policy first, so that the statement has a place."
		return x, p
	}
	if len(x.Actions) == 0 {
		x.Fault = "Choose at least one action."
		return x, p
	}
	s := access.Statement{Effect: x.Effect, Actions: x.Actions, Resources: strings.Fields(x.Resource)}
	if len(s.Resources) == 0 {
		s.Resources = []string{"*"}
	}
	if f := (access.Policy{s}).Check(""); len(f) > 0 {
		x.Fault = f[0].Detail
		return x, p
	}
	return x, append(slices.Clone(p), s)
}

func (v *visit) showRoleForm(d roleForm) error {
	var err error
	if _, d.Said, err = v.readText(d.Account, d.Text); err != nil {
		return err
	}
	d.Said.Base, d.Token, d.Kinds = d.Draft.Base, v.token(d.Here), v.vocabulary(d.Add.Actions)
	trail := []page.Link{{Text: "Roles", URL: rolesPath(d.Account.ID.String())}}
	title := "New role"
	if !d.New {
		title = "Edit " + d.Draft.Name
		trail = append(trail, page.Link{Text: d.Draft.Name, URL: d.Back})
	}
	trail = append(trail, page.Link{Text: title})
	return v.inAccount(d.Account, sheet{title: title, status: d.Faults.status(), current: rolesPath(d.Account.ID.String()), trail: trail, body: roleEditor(v, d)})
}

func newRoleForm(v *visit) (roleForm, error) {
	a, err := v.accountOf()
	if err != nil {
		return roleForm{}, err
	}
	base := rolesPath(a.ID.String())
	return roleForm{Account: a, New: true, Here: base + "/new", Back: base, Draft: role.Draft{Base: role.BaseNone}, Text: "[]"}, v.by.Reach("account", "role:create", account.Resource(a.ID.String()))
}

func newRolePage(v *visit) error {
	d, err := newRoleForm(v)
	if err != nil {
		return err
	}
	return v.showRoleForm(d)
}

// tryRole decides recorded calls anew under the policy in the editor.
func (v *visit) tryRole(d roleForm) error {
	d.TryDays = 7
	if v.field("days") == "30" {
		d.TryDays = 30
	}
	if _, bad := policyOf(d.Text); len(bad) > 0 || v.Insight == nil {
		return v.showRoleForm(d)
	}
	got, err := v.Insight.DryRun(v.ctx(), v.by, d.Account.ID, insight.Change{Days: d.TryDays, Role: &insight.RoleChange{Role: d.ID, Policy: &d.Draft.Policy, Base: &d.Draft.Base}})
	if err != nil {
		f, ok := faultsOf(err, rolePointers...)
		if !ok {
			return err
		}
		d.Faults = f
	} else {
		d.Tried = &got
	}
	return v.showRoleForm(d)
}

// rolePointers are the parts of a role that the form shows.
var rolePointers = []string{"/name", "/key", "/description", "/base", "/manage", "/policy"}

// saved handles the buttons of the form; done is set when the role is stored.
func (v *visit) saved(d roleForm, store func(role.Draft) (role.Role, error)) error {
	d, err := v.entered(d)
	if err != nil {
		return err
	}
	if v.field("do") == "dry" {
		return v.tryRole(d)
	}
	if v.field("do") != "save" {
		return v.showRoleForm(d)
	}
	if _, bad := policyOf(d.Text); len(bad) > 0 {
		d.Faults = faults{text: "The policy cannot be read yet.", fields: []problem.Field{{Pointer: "/policy", Detail: bad[0].String()}}}
		return v.showRoleForm(d)
	}
	r, err := store(d.Draft)
	if err != nil {
		f, ok := roleFaults(err, rolePointers...)
		if !ok {
			return err
		}
		for i, line := range locate(d.Text, f.fields, "/policy") {
			if within(f.fields[i].Pointer, "/policy") {
				f.fields[i] = problem.Field{Pointer: "/policy", Code: f.fields[i].Code, Detail: line.String()}
			}
		}
		d.Faults = f
		return v.showRoleForm(d)
	}
	words := "The role " + r.Name + " is saved."
	if d.Members > 0 {
		words += " It holds for " + plural(d.Members, "member") + " from the next call on."
	}
	return v.leave(roleAt(d.Account.ID.String(), r.ID.String()), words)
}

func createRole(v *visit) error {
	d, err := newRoleForm(v)
	if err != nil {
		return err
	}
	return v.saved(d, func(dr role.Draft) (role.Role, error) { return v.Roles.Create(v.ctx(), v.by, d.Account.ID, dr) })
}

func editRoleForm(v *visit) (roleForm, role.Path, error) {
	a, err := v.accountOf()
	if err != nil {
		return roleForm{}, role.Path{}, err
	}
	at, r, err := v.roleOf(a)
	if err != nil {
		return roleForm{}, at, err
	}
	if err := v.by.Reach("role", "role:update", r.Resource()); err != nil {
		return roleForm{}, at, err
	}
	people, _, err := v.Roles.Holders(v.ctx(), v.by, at)
	here := roleAt(a.ID.String(), r.ID.String())
	return roleForm{Account: a, ID: r.ID, Here: here + "/edit", Back: here, Revision: r.Revision, Text: policyText(r.Policy), Members: len(people),
		Draft: role.Draft{Key: r.Key, Name: r.Name, Description: r.Description, Policy: r.Policy, Base: r.Base, Manage: r.Manage}}, at, err
}

func editRolePage(v *visit) error {
	d, _, err := editRoleForm(v)
	if err != nil {
		return err
	}
	return v.showRoleForm(d)
}

func updateRole(v *visit) error {
	d, at, err := editRoleForm(v)
	if err != nil {
		return err
	}
	revision, err := strconv.ParseInt(v.field("revision"), 10, 64)
	if err != nil {
		revision = d.Revision
	}
	return v.saved(d, func(dr role.Draft) (role.Role, error) {
		return v.Roles.Update(v.ctx(), v.by, at, role.Patch{Name: &dr.Name, Description: &dr.Description, Policy: &dr.Policy, Base: &dr.Base, Manage: &dr.Manage, Revision: revision})
	})
}

package console

import (
	"cmp"
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/role"
)

func (c *Console) roleRoutes() []route {
	return []route{
		{"GET /accounts/{account}/roles", c.page(rolesPage)},
		{"GET /accounts/{account}/roles/new", c.page(newRolePage)},
		{"POST /accounts/{account}/roles/new", c.page(createRole)},
		{"POST /accounts/{account}/roles/reading", c.raw(readPolicy)},
		{"GET /accounts/{account}/roles/{role}", c.page(rolePage)},
		{"GET /accounts/{account}/roles/{role}/edit", c.page(editRolePage)},
		{"POST /accounts/{account}/roles/{role}/edit", c.page(updateRole)},
		{"GET /accounts/{account}/roles/{role}/delete", c.page(deleteRolePage)},
		{"POST /accounts/{account}/roles/{role}/delete", c.page(deleteRole)},
		{"GET /accounts/{account}/people/{member}", c.page(memberRolesPage)},
		{"POST /accounts/{account}/people/{member}", c.page(setMemberRoles)},
		{"GET /accounts/{account}/access", c.page(accessPage)},
	}
}

func rolesPath(account string) string { return accountPath(account) + "/roles" }

func roleAt(account, id string) string { return rolesPath(account) + "/" + id }

func memberAt(account, user string) string { return accountPath(account) + "/people/" + user }

// roleFaults are faults of a form about rights: what goes beyond the giver's own is said on the form.
func roleFaults(err error, known ...string) (faults, bool) {
	if code := problem.CodeOf(err); code == "role_exceeds_giver" || code == "own_rights" {
		return faults{text: problem.Of(err).Detail}, true
	}
	f, ok := faultsOf(err, known...)
	if names, is := problem.Of(err).Extra["holders"].([]string); is {
		f.rest = append(f.rest, names...)
	}
	return f, ok
}

// rolesView lists the roles of an account.
type rolesView struct {
	Account   account.Account
	Custom    []customLine
	BuiltIn   []role.BuiltIn
	MayCreate bool
	MayAsk    bool
}

// customLine is a custom role with how many have it.
type customLine struct {
	role.Role
	Members, Others int
	Summary         string
}

func rolesPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	on := account.Resource(a.ID.String())
	d := rolesView{Account: a, MayCreate: v.may("role:create", on), MayAsk: v.may("role:inquire", on)}
	if d.BuiltIn, err = v.Roles.BuiltIns(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	custom, err := v.Roles.List(v.ctx(), v.by, a.ID)
	if err != nil {
		return err
	}
	for _, r := range custom {
		people, things, err := v.Roles.Holders(v.ctx(), v.by, role.Path{Account: a.ID, Role: r.ID})
		if err != nil {
			return err
		}
		d.Custom = append(d.Custom, customLine{Role: r, Members: len(people), Others: len(things), Summary: v.roleSummary(r)})
	}
	return v.inAccount(a, sheet{title: "Roles", trail: []page.Link{{Text: "Roles"}}, body: roleList(v, d)})
}

// roleSummary is one line about a role: what its author wrote, or else its policy.
func (v *visit) roleSummary(r role.Role) string {
	if r.Description != "" {
		return r.Description
	}
	said := v.Roles.Say(r.Policy).Statements
	switch {
	case len(said) == 0 && r.Base == role.BaseReader:
		return "Looks at everything."
	case len(said) == 0:
		return "Gives nothing in the product."
	case len(said) == 1:
		return said[0].Text
	}
	return said[0].Text + " And " + plural(len(said)-1, "further statement") + "."
}

// roleView is one role as it is read.
type roleView struct {
	Account   account.Account
	BuiltIn   bool
	ID        string // or the key of a built-in one
	Role      role.Role
	Reading   role.Reading
	Rights    []role.Right
	Members   []role.Affected
	Others    []role.Hold
	Own       bool // the reader has it
	MayUpdate bool
	MayDelete bool
	MayAsk    bool
	MayGive   bool
}

func rolePage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	d := roleView{Account: a, ID: v.r.PathValue("role"), MayAsk: v.may("role:inquire", account.Resource(a.ID.String())), MayGive: v.may("role:give", account.Resource(a.ID.String()))}
	if role.IsBuiltIn(d.ID) {
		all, err := v.Roles.BuiltIns(v.ctx(), v.by, a.ID)
		if err != nil {
			return err
		}
		b := all[slices.IndexFunc(all, func(b role.BuiltIn) bool { return b.Key == d.ID })]
		d.BuiltIn, d.Role = true, role.Role{Key: b.Key, Name: b.Name, Description: b.Description, Policy: b.Policy}
	} else {
		at, r, err := v.roleOf(a)
		if err != nil {
			return err
		}
		d.Role = r
		if d.Members, d.Others, err = v.Roles.Holders(v.ctx(), v.by, at); err != nil {
			return err
		}
		d.Own = slices.ContainsFunc(d.Members, func(m role.Affected) bool { return m.User == v.by.User })
		d.MayUpdate, d.MayDelete = v.may("role:update", r.Resource()), v.may("role:delete", r.Resource())
	}
	d.Reading = v.Roles.Say(d.Role.Policy)
	for _, key := range d.Role.Manage {
		if r, ok := role.RightOf(key); ok {
			d.Rights = append(d.Rights, r)
		}
	}
	return v.inAccount(a, sheet{title: d.Role.Name, current: rolesPath(a.ID.String()), trail: []page.Link{{Text: "Roles", URL: rolesPath(a.ID.String())}, {Text: d.Role.Name}}, body: roleSheet(v, d)})
}

// roleOf loads the custom role that the address names.
func (v *visit) roleOf(a account.Account) (role.Path, role.Role, error) {
	id, err := ident.Parse[role.Role](v.r.PathValue("role"))
	if err != nil {
		return role.Path{}, role.Role{}, err
	}
	at := role.Path{Account: a.ID, Role: id}
	r, err := v.Roles.Get(v.ctx(), v.by, at)
	return at, r, err
}

func deleteRolePage(v *visit) error { return showDeleteRole(v, faults{}) }

func showDeleteRole(v *visit, f faults) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	at, r, err := v.roleOf(a)
	if err != nil {
		return err
	}
	people, things, err := v.Roles.Holders(v.ctx(), v.by, at)
	if err != nil {
		return err
	}
	here := roleAt(a.ID.String(), r.ID.String())
	c := page.Confirm{Title: "Delete " + r.Name + "?", Text: "It ends for good. Its history stays in the activity.", Action: here + "/delete", Token: v.token(here + "/delete"), Button: "Delete the role", Cancel: here}
	for _, p := range people {
		c.Consequences = append(c.Consequences, p.Name+" has this role.")
	}
	for _, h := range things {
		c.Consequences = append(c.Consequences, h.Name+" uses this role and has to end first.")
	}
	if len(people)+len(things) == 0 {
		c.Remains = []string{"Nobody has it."}
	}
	instead, err := v.otherRoles(a, r.ID.String())
	if err != nil {
		return err
	}
	trail := []page.Link{{Text: "Roles", URL: rolesPath(a.ID.String())}, {Text: r.Name, URL: here}, {Text: "Delete"}}
	return v.inAccount(a, sheet{title: c.Title, status: f.status(), current: rolesPath(a.ID.String()), trail: trail, body: roleEnd(f, c, len(people) > 0, instead)})
}

// otherRoles offers the roles that may stand in place of one that ends.
func (v *visit) otherRoles(a account.Account, id string) ([]page.Option, error) {
	out := []page.Option{{Text: "Choose one"}}
	custom, err := v.Roles.List(v.ctx(), v.by, a.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range custom {
		if r.ID.String() != id {
			out = append(out, page.Option{Value: r.ID.String(), Text: r.Name})
		}
	}
	for _, b := range role.BuiltIns(v.Catalog.Get()) {
		out = append(out, page.Option{Value: b.Key, Text: b.Name})
	}
	return out, nil
}

func deleteRole(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	at, r, err := v.roleOf(a)
	if err != nil {
		return err
	}
	if err := v.Roles.Delete(v.ctx(), v.by, at, v.field("instead")); err != nil {
		if f, ok := roleFaults(err); ok {
			return showDeleteRole(v, f)
		}
		return err
	}
	return v.leave(rolesPath(a.ID.String()), "The role "+r.Name+" is gone.")
}

// vocable is a type of thing with the actions on it, for whoever writes a policy.
type vocable struct {
	Path     string // proj:env:flag
	Noun     string
	Resource string // proj/*:env/*:flag/*
	Actions  []page.Pick
}

// vocabulary lists the words that policies are made of. An action stands with the longest path of types
// that it acts on, since that is where people look for it.
func (v *visit) vocabulary(chosen []string) []vocable {
	c := v.Catalog.Get()
	if c == nil {
		return nil
	}
	words := c.Words()
	found := map[string]*vocable{}
	var order []string
	for _, a := range c.Actions() {
		kind := "acct"
		if len(a.Kinds) > 0 {
			kind = slices.MaxFunc(a.Kinds, func(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(y, x)) })
		}
		k := found[kind]
		if k == nil {
			k = &vocable{Path: kind, Noun: kindNoun(words, kind), Resource: anyOf(kind)}
			found[kind] = k
			order = append(order, kind)
		}
		p := page.Pick{Value: a.Name, Label: a.Label, Code: a.Name, Text: a.Explanation, Checked: slices.Contains(chosen, a.Name)}
		if p.Text == "" {
			p.Text = "On " + anyOf(kind)
		}
		if a.Administrator {
			p.Badge = page.Badge{Text: "Gives rights", Tone: page.ToneWarn}
		}
		k.Actions = append(k.Actions, p)
	}
	slices.SortFunc(order, func(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)) })
	out := make([]vocable, len(order))
	for i, kind := range order {
		out[i] = *found[kind]
	}
	return out
}

func kindNoun(w access.Words, path string) string {
	last := path
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == ':' {
			last = path[i+1:]
			break
		}
	}
	if n, ok := w.Kinds[last]; ok {
		return n
	}
	return last
}

// anyOf is the specifier for everything of a path of types.
func anyOf(path string) string {
	if path == "acct" {
		return "acct"
	}
	out := ""
	for i, kind := range splitKinds(path) {
		if i > 0 {
			out += ":"
		}
		out += kind + "/*"
	}
	return out
}

package console

import (
	"maps"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/insight"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/role"
)

// memberView is one person of an account with their roles.
type memberView struct {
	Account account.Account
	Member  account.Member
	Self    bool
	MayGive bool
	MayAsk  bool
	Product []account.Role // that the product has told
	Given   []role.Assignment
	Options []roleOption
	MayTry  bool
	Tried   *insight.Outcome // what the roles in the form would have refused
	TryDays int
	Here    string
	Token   string
	Faults  faults
}

// roleOption is a role that the person may be given, with the attributes that it asks values for.
type roleOption struct {
	ID, Name, Key, Text string
	Checked             bool
	Keys                []string
	Values              map[string]string // one value a line, by key
}

func memberRolesPage(v *visit) error { return showMemberRoles(v, nil, faults{}) }

// showMemberRoles shows the roles of a member; want is what was sent, nil for what is.
func showMemberRoles(v *visit, want []role.Given, f faults) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	m, err := v.accountMember(a)
	if err != nil {
		return err
	}
	on := account.Resource(a.ID.String())
	d := memberView{Account: a, Member: m, Self: m.User == v.by.User, MayGive: v.may("role:give", on.Child("member", m.User)), MayAsk: v.may("role:inquire", on), Here: memberAt(a.ID.String(), m.User), Faults: f}
	if d.Given, err = v.Roles.OfMember(v.ctx(), v.by, role.Place{Account: a.ID, User: m.User}); err != nil {
		return err
	}
	told, err := v.Accounts.ListRoles(v.ctx(), v.by, a.ID)
	if err != nil {
		return err
	}
	for _, r := range told {
		if slices.Contains(m.Roles, r.ID.String()) {
			d.Product = append(d.Product, r)
		}
	}
	if want == nil {
		for _, g := range d.Given {
			want = append(want, role.Given{Role: g.Role, Attributes: g.Attributes})
		}
	}
	if d.Options, err = v.roleOptions(a, want); err != nil {
		return err
	}
	d.Token, d.MayTry, d.TryDays = v.token(d.Here), v.mayUse(a.ID.String()), 7
	if v.field("days") == "30" {
		d.TryDays = 30
	}
	if v.field("do") == "dry" && d.MayTry && !f.any() {
		got, err := v.Insight.DryRun(v.ctx(), v.by, a.ID, insight.Change{Days: d.TryDays, Member: &insight.MemberChange{Member: m.User, Roles: want}})
		if err != nil {
			return err
		}
		d.Tried = &got
	}
	people := accountPath(a.ID.String()) + "/people"
	return v.inAccount(a, sheet{title: m.Name, status: f.status(), current: people, trail: []page.Link{{Text: "People", URL: people}, {Text: m.Name}}, body: memberRoles(v, d)})
}

// accountMember finds the member that the address names.
func (v *visit) accountMember(a account.Account) (account.Member, error) {
	all, err := v.Accounts.Members(v.ctx(), v.by, a.ID)
	if err != nil {
		return account.Member{}, err
	}
	at := slices.IndexFunc(all, func(m account.Member) bool { return m.User == v.r.PathValue("member") })
	if at < 0 {
		return account.Member{}, problem.NotFound("member")
	}
	return all[at], nil
}

func (v *visit) roleOptions(a account.Account, want []role.Given) ([]roleOption, error) {
	var out []roleOption
	add := func(o roleOption, p access.Policy) {
		at := slices.IndexFunc(want, func(g role.Given) bool { return g.Role == o.ID })
		o.Keys, o.Values = p.Attributes(), map[string]string{}
		if at >= 0 {
			o.Checked = true
			for k, values := range want[at].Attributes {
				o.Values[k] = strings.Join(values, "\n")
				if !slices.Contains(o.Keys, k) { // the policy asked for it once; it is kept
					o.Keys = append(o.Keys, k)
				}
			}
		}
		out = append(out, o)
	}
	custom, err := v.Roles.List(v.ctx(), v.by, a.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range custom {
		add(roleOption{ID: r.ID.String(), Name: r.Name, Key: r.Key, Text: v.roleSummary(r)}, r.Policy)
	}
	builtIn, err := v.Roles.BuiltIns(v.ctx(), v.by, a.ID)
	if err != nil {
		return nil, err
	}
	for _, b := range builtIn {
		add(roleOption{ID: b.Key, Name: b.Name, Key: b.Key, Text: b.Description}, nil)
	}
	return out, nil
}

// givenIn reads the roles and the values of their attributes out of the form.
func (v *visit) givenIn() []role.Given {
	out := []role.Given{}
	for _, id := range v.r.PostForm["role"] {
		g := role.Given{Role: id, Attributes: access.Attributes{}}
		for _, name := range slices.Sorted(maps.Keys(v.r.PostForm)) {
			key, ok := strings.CutPrefix(name, "value."+id+".")
			if !ok {
				continue
			}
			for line := range strings.Lines(v.r.PostForm.Get(name)) {
				if line = strings.TrimSpace(line); line != "" && !slices.Contains(g.Attributes[key], line) {
					g.Attributes[key] = append(g.Attributes[key], line)
				}
			}
		}
		out = append(out, g)
	}
	return out
}

func setMemberRoles(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	m, err := v.accountMember(a)
	if err != nil {
		return err
	}
	want := v.givenIn()
	if v.field("do") == "dry" {
		return showMemberRoles(v, want, faults{})
	}
	got, err := v.Roles.Assign(v.ctx(), v.by, role.Place{Account: a.ID, User: m.User}, want)
	if err != nil {
		if f, ok := roleFaults(err); ok {
			return showMemberRoles(v, want, f)
		}
		return err
	}
	names := make([]string, len(got))
	for i, g := range got {
		names[i] = g.Name
	}
	words := m.Name + " has " + listed(names) + " from the next call on."
	if len(got) == 0 {
		words = m.Name + " has no role from here any more."
	}
	return v.leave(memberAt(a.ID.String(), m.User), words)
}

// attributeWords says the values of role attributes in one line.
func attributeWords(a access.Attributes) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(a)) {
		out = append(out, k+": "+strings.Join(a[k], ", "))
	}
	if len(out) == 0 {
		return "–"
	}
	return strings.Join(out, "; ")
}

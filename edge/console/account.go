package console

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/usage"
)

func (c *Console) accountRoutes() []route {
	return []route{
		{"GET /accounts", c.page(accountsPage)},
		{"GET /accounts/{account}", c.page(accountPage)},
		{"GET /accounts/{account}/people", c.page(accountPeoplePage)},
		{"GET /accounts/{account}/activity", c.page(accountActivityPage)},
	}
}

func accountPath(id string) string { return "/accounts/" + id }

// accountOf loads the account that the address names.
func (v *visit) accountOf() (account.Account, error) {
	id, err := ident.Parse[account.Account](v.r.PathValue("account"))
	if err != nil {
		return account.Account{}, err
	}
	return v.Accounts.Get(v.ctx(), v.by, id)
}

// inAccount is a page of an account.
func (v *visit) inAccount(a account.Account, s sheet) error {
	s.area, s.account = areaAccount, a.ID.String()
	s.trail = append([]page.Link{{Text: a.Name, URL: accountPath(a.ID.String())}}, s.trail...)
	if s.title != a.Name {
		s.title += " · " + a.Name
	}
	return v.show(s)
}

func accountsPage(v *visit) error {
	m, err := v.memberships()
	if err != nil {
		return err
	}
	lines := make([]accountLine, 0, len(m.accounts))
	for _, a := range m.accounts {
		all, err := v.Integrations.ListAccount(v.ctx(), v.by, a.ID)
		if err != nil {
			return err
		}
		line := accountLine{Account: a}
		for _, i := range all {
			if i.State != integration.Removed {
				line.Installed++
			}
		}
		lines = append(lines, line)
	}
	return v.show(sheet{title: "Accounts", area: areaAccount, current: "/accounts", trail: []page.Link{{Text: "Accounts"}}, body: accountList(lines)})
}

// accountLine is an account as lists show it.
type accountLine struct {
	account.Account
	Installed int
	Parent    string // name of the parent account
}

// accountView is the home of an account.
type accountView struct {
	Account    account.Account
	Here       []installationLine
	Removed    []installationLine // that can be restored
	Children   []account.Account
	Members    []account.Member
	Roles      []account.Role
	Recent     page.Timeline
	MayInstall bool
	MayAudit   bool
}

// installationLine is an installation with what happened to it lately.
type installationLine struct {
	integration.Listed
	Calls   int64 // last 24 hours
	Refused int64
	Last    time.Time
}

func accountPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	d := accountView{Account: a}
	all, err := v.installationsOf(a)
	if err != nil {
		return err
	}
	for _, i := range all {
		switch {
		case i.State != integration.Removed:
			d.Here = append(d.Here, i)
		case v.now.Sub(i.RemovedAt) <= integration.RestoreWithin:
			d.Removed = append(d.Removed, i)
		}
	}
	if d.Children, err = v.Accounts.Children(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	if d.Members, err = v.Accounts.Members(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	if d.Roles, err = v.Accounts.ListRoles(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	on := account.Resource(a.ID.String())
	d.MayInstall, d.MayAudit = v.may("installation:create", on), v.may("audit:read", on)
	if d.MayAudit {
		if d.Recent, _, err = v.history(auditWanted{Account: a.ID.String(), Limit: 6}); err != nil {
			return err
		}
	}
	return v.inAccount(a, sheet{title: a.Name, body: accountHome(v, d)})
}

// installationsOf lists what is installed in an account, the latest first, with its calls.
func (v *visit) installationsOf(a account.Account) ([]installationLine, error) {
	all, err := v.Integrations.ListAccount(v.ctx(), v.by, a.ID)
	if err != nil {
		return nil, err
	}
	grants := make([]string, len(all))
	for i := range all {
		grants[i] = all[i].Grant
	}
	last, err := v.lastUses("grant", grants)
	if err != nil {
		return nil, err
	}
	calls, err := v.callsByGrant(usage.Filter{Account: a.ID.String()})
	if err != nil {
		return nil, err
	}
	out := make([]installationLine, len(all))
	for i, l := range all {
		p := calls[l.Grant]
		out[i] = installationLine{Listed: l, Calls: p.Total, Refused: p.Total - p.Outcomes[usage.OK], Last: last[l.Grant].At}
	}
	slices.SortStableFunc(out, func(x, y installationLine) int {
		return cmp.Compare(strings.ToLower(x.ApplicationName), strings.ToLower(y.ApplicationName))
	})
	return out, nil
}

// callsByGrant counts the last 24 hours; nothing where usage is not kept or not the caller's to see.
func (v *visit) callsByGrant(f usage.Filter) (map[string]usage.Part, error) {
	out := map[string]usage.Part{}
	on := access.On("account", f.Account)
	if v.Usage == nil || f.Account != "" && !v.may(usage.ActionView, on) {
		return out, nil
	}
	parts, err := v.Usage.Parts(v.ctx(), v.by, usage.Query{Filter: f, Step: usage.StepQuarter}, usage.ByGrant)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		out[p.Name] = p
	}
	return out, nil
}

// lastUses tells when grants, keys or tokens were last used; those that never were are absent. The
// caller has been allowed to see the things themselves.
func (v *visit) lastUses(kind string, ids []string) (map[string]usage.Last, error) {
	out := map[string]usage.Last{}
	if v.Usage == nil || len(ids) == 0 {
		return out, nil
	}
	err := v.Usage.DB.Read(v.ctx(), func(tx *store.Tx) error {
		got, err := v.Usage.LastUses(tx, kind, ids)
		out = got
		return err
	})
	return out, err
}

// peopleView is who belongs to an account and what roles the product has there.
type peopleView struct {
	Account  string
	Members  []account.Member
	Roles    []roleLine
	Names    map[string]string // of roles, by id
	Given    map[string][]role.Assignment
	MayRoles bool
}

// roleLine is a role with why no integration may have it, if so.
type roleLine struct {
	account.Role
	Barred string
	Allows []integration.OfferedPrivilege
}

func accountPeoplePage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	d := peopleView{Account: a.ID.String(), Names: map[string]string{}, Given: map[string][]role.Assignment{}, MayRoles: v.may("role:view", account.Resource(a.ID.String()))}
	if d.Members, err = v.Accounts.Members(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	if d.MayRoles {
		for _, m := range d.Members {
			if d.Given[m.User], err = v.Roles.OfMember(v.ctx(), v.by, role.Place{Account: a.ID, User: m.User}); err != nil {
				return err
			}
		}
	}
	roles, err := v.Accounts.ListRoles(v.ctx(), v.by, a.ID)
	if err != nil {
		return err
	}
	barred := map[string]string{}
	if v.may("installation:create", account.Resource(a.ID.String())) {
		choices, err := v.Integrations.Choices(v.ctx(), v.by, a.ID)
		if err != nil {
			return err
		}
		for _, c := range choices.Roles {
			barred[c.ID.String()] = c.Barred
		}
	}
	for _, r := range roles {
		d.Roles = append(d.Roles, roleLine{Role: r, Barred: barred[r.ID.String()], Allows: v.allows(r.Policy)})
		d.Names[r.ID.String()] = r.Name
	}
	return v.inAccount(a, sheet{title: "People", trail: []page.Link{{Text: "People"}}, body: accountPeople(v, d)})
}

// allows puts what a policy allows into the product's own words, as far as it names actions.
func (v *visit) allows(p access.Policy) []integration.OfferedPrivilege {
	var out []integration.OfferedPrivilege
	add := func(p integration.OfferedPrivilege) {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	cat := v.Catalog.Get()
	for _, s := range p {
		if s.Effect != access.Allow {
			continue
		}
		for _, action := range s.Actions {
			labels := cat.Privileges(action)
			switch {
			case action == "*":
				add(integration.OfferedPrivilege{Label: "Everything"})
			case len(labels) == 0:
				add(integration.OfferedPrivilege{Label: action})
			}
			for _, l := range labels {
				add(integration.OfferedPrivilege{Label: l.Label, Screen: l.Screen})
			}
		}
	}
	return out
}

func accountActivityPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	if err := v.by.Reach("account", "audit:read", account.Resource(a.ID.String())); err != nil {
		return err
	}
	d, err := v.auditPage(accountPath(a.ID.String())+"/activity", auditWanted{Account: a.ID.String(), Limit: 40})
	if err != nil {
		return err
	}
	d.Text = "What has changed in this account, by whom, newest first. Both sides of an integration see the entries between them."
	return v.inAccount(a, sheet{title: "Activity", trail: []page.Link{{Text: "Activity"}}, body: auditList(v, d)})
}

package console

import (
	"slices"
	"time"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/admission"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

func (c *Console) installationRoutes() []route {
	const at = "/installations/{installation}"
	return []route{
		{"GET " + at, c.page(installationPage)},
		{"POST " + at + "/availability", c.page(setAvailability)},
		{"POST " + at + "/delegation", c.page(setDelegation)},
		{"POST " + at + "/tokens/{token}/revoke", c.page(revokeToken)},
		{"GET " + at + "/remove", c.page(removeInstallationPage)},
		{"POST " + at + "/remove", c.page(removeInstallation)},
		{"POST " + at + "/restore", c.page(restoreInstallation)},
		{"POST " + at + "/retry", c.page(retryInstallation)},
		{"POST " + at + "/stop", c.page(stopInstallation)},
		{"POST " + at + "/resume", c.page(resumeInstallation)},
	}
}

func installationPath(id string) string { return "/installations/" + id }

// installationOf loads the installation that the address names.
func (v *visit) installationOf() (integration.Listed, error) {
	id, err := ident.Parse[integration.Installation](v.r.PathValue("installation"))
	if err != nil {
		return integration.Listed{}, err
	}
	return v.Integrations.Get(v.ctx(), v.by, id)
}

// installationView is one installation, as far as the reader may see it.
type installationView struct {
	integration.Listed
	Application application.Application // zero for those outside the developer's group
	Scopes      []scopeLine
	Role        account.Role // zero where the reader may not see the account's roles
	Allows      []integration.OfferedPrivilege
	User        account.IntegrationUser
	Installer   string
	Tokens      []tokenLine
	Chart       page.Chart
	Calls       int64
	Operations  []usage.Part
	Unused      []string // labels of scopes that nothing used in thirty days
	Last        usage.Last
	History     page.Timeline
	More        bool               // of the history
	Newer       integration.Update // without To: there is none

	Stay admission.Stay // when it ends

	Customer  bool // the reader belongs to the account, or runs the platform
	Developer bool // the reader belongs to the developer's group, or runs the platform
	Manages   bool // the customer's administrator
	Develops  bool // may withhold and uninstall
	Operates  bool // runs the platform
	SetUp     bool // its version has a package, which has a form and capabilities

	Form   func(action string) string // address of a form of this page
	Token  func(action string) string // its token
	Typed  availability
	Faults faults
}

// scopeLine is a granted scope in words.
type scopeLine struct{ Name, Label, Explanation, Risk string }

type tokenLine struct {
	token.Token
	Used usage.Last
}

// availability is what was typed into the form of the switch.
type availability struct{ Reason, Until string }

func installationPage(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	return showInstallation(v, i, availability{}, faults{})
}

func showInstallation(v *visit, i integration.Listed, typed availability, f faults) error {
	d := installationView{Listed: i, Typed: typed, Faults: f}
	base := installationPath(i.ID.String())
	d.Form = func(action string) string { return base + "/" + action }
	d.Token = func(action string) string { return v.token(base + "/" + action) }
	if err := d.sides(v); err != nil {
		return err
	}
	for _, name := range i.Scopes {
		sc, _ := v.Catalog.Get().Scope(name)
		line := scopeLine{Name: name, Label: sc.Label, Explanation: sc.Explanation, Risk: sc.Risk}
		if line.Label == "" {
			line.Label = name
		}
		d.Scopes = append(d.Scopes, line)
	}
	for _, read := range []func(*visit) error{d.inside, d.tokens, d.calls, d.past, d.update, d.term} {
		if err := read(v); err != nil {
			return err
		}
	}
	s := sheet{title: i.ApplicationName + " in " + i.AccountName, status: f.status(), body: installationDetail(v, d)}
	if d.Customer {
		s.area, s.account, s.current = areaAccount, i.Account, accountPath(i.Account)
		s.trail = []page.Link{{Text: i.AccountName, URL: accountPath(i.Account)}, {Text: i.ApplicationName}}
	} else {
		s.area, s.group, s.current = areaDeveloper, d.Application.Group, "/groups/"+d.Application.Group
		s.trail = []page.Link{{Text: i.GroupName, URL: "/groups/" + d.Application.Group}, {Text: i.ApplicationName, URL: "/applications/" + i.Application}, {Text: i.AccountName}}
	}
	return v.show(s)
}

// sides finds out from which side the reader looks, and what they may do.
func (d *installationView) sides(v *visit) error {
	on := integration.Resource(d.Installation)
	d.Customer, d.Manages = v.by.CanSee(on), v.may("installation:update", on)
	d.Operates = v.may("installation:block", on)
	if v.Configurations != nil && d.Customer && d.State != integration.Removed {
		_, err := v.Configurations.Offer(v.ctx(), v.by, d.ID)
		if d.SetUp = err == nil; err != nil && problem.CodeOf(err) != "package_missing" {
			return err
		}
	}
	id, err := ident.Parse[application.Application](d.Listed.Application)
	if err != nil {
		return err
	}
	a, err := v.Applications.Get(v.ctx(), v.by, id)
	if err == nil {
		d.Application, d.Developer = a, true
		d.Develops = v.may("installation:withhold", application.Resource(a.Group, a.ID))
	}
	return nil
}

// inside reads what only the account's side may see: the user, the role, who installed it.
func (d *installationView) inside(v *visit) error {
	if !d.Customer {
		return nil
	}
	id, err := ident.Parse[account.Account](d.Account)
	if err != nil {
		return err
	}
	roles, err := v.Accounts.ListRoles(v.ctx(), v.by, id)
	if err != nil {
		return err
	}
	for _, r := range roles {
		if r.ID.String() == d.Installation.Role {
			d.Role, d.Allows = r, v.allows(r.Policy)
		}
	}
	users, err := v.Accounts.ListIntegrationUsers(v.ctx(), v.by, id)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.ID.String() == d.Installation.User {
			d.User = u
		}
	}
	members, err := v.Accounts.Members(v.ctx(), v.by, id)
	if err != nil {
		return err
	}
	d.Installer = "somebody who has left"
	for _, m := range members {
		if m.User == d.InstalledBy {
			d.Installer = m.Name
		}
	}
	if d.InstalledBy == v.by.User {
		d.Installer = "you"
	}
	return nil
}

const tokensShown = 20

// unusedFrom is how old an installation must be before it says anything that a scope was not used.
const unusedFrom = 7 * 24 * time.Hour

func (d *installationView) tokens(v *visit) error {
	if v.Tokens == nil {
		return nil
	}
	all, err := v.Tokens.ListHolder(v.ctx(), v.by, "installation/"+d.ID.String(), token.Query{Limit: 100})
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(t token.Token) bool { return !t.Usable(v.now) })
	ids := make([]string, len(all))
	for i, t := range all {
		ids[i] = t.ID.String()
	}
	used, err := v.lastUses("token", ids)
	if err != nil {
		return err
	}
	for _, t := range all[:min(len(all), tokensShown)] {
		d.Tokens = append(d.Tokens, tokenLine{Token: t, Used: used[t.ID.String()]})
	}
	return nil
}

// calls reads the last 24 hours, and what was used in the last thirty days.
func (d *installationView) calls(v *visit) error {
	if v.Usage == nil {
		return nil
	}
	f := usage.Filter{Grant: d.Grant, Account: d.Account}
	if !d.Customer {
		f = usage.Filter{Grant: d.Grant, Application: d.Listed.Application}
	}
	series, err := v.Usage.Series(v.ctx(), v.by, usage.Query{Filter: f, Step: usage.StepQuarter})
	if err != nil {
		return err
	}
	d.Chart, d.Calls = chartOf(series, periodOf("24h")), series.Total
	if d.Operations, err = v.Usage.Parts(v.ctx(), v.by, usage.Query{Filter: f, Step: usage.StepQuarter}, usage.ByOperation); err != nil {
		return err
	}
	used, err := v.Usage.Parts(v.ctx(), v.by, usage.Query{Filter: f, Step: usage.StepDay}, usage.ByOperation)
	if err != nil {
		return err
	}
	if v.now.Sub(d.Created) > unusedFrom {
		d.Unused = v.unused(d.Scopes, used)
	}
	last, err := v.lastUses("grant", []string{d.Grant})
	d.Last = last[d.Grant]
	return err
}

// unused lists the granted scopes that no call of a stretch of time could have needed; nothing when
// there were no calls at all, since that says more about the integration than about its scopes.
func (v *visit) unused(granted []scopeLine, used []usage.Part) []string {
	cat := v.Catalog.Get()
	needed := map[string]bool{}
	calls := int64(0)
	for _, p := range used {
		n := p.Outcomes[usage.OK] + p.Outcomes[usage.ProductError]
		if n == 0 {
			continue
		}
		calls += n
		shown, err := cat.ShowOperation(p.Name)
		if err != nil {
			return nil // counted together, or gone from the catalog: nothing sure can be said
		}
		for _, s := range shown.Scopes {
			needed[s.Name] = true
		}
	}
	if calls == 0 {
		return nil
	}
	var out []string
	for _, s := range granted {
		if !needed[s.Name] {
			out = append(out, s.Label)
		}
	}
	return out
}

func (d *installationView) past(v *visit) error {
	var err error
	d.History, d.More, err = v.history(auditWanted{Account: d.Account, Application: d.Listed.Application, Limit: 12})
	return err
}

func setAvailability(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	c := integration.Availability{Available: v.field("to") == "on", Reason: v.field("reason")}
	typed := availability{Reason: c.Reason, Until: v.field("until")}
	if typed.Until != "" {
		if c.Until, err = time.Parse("2006-01-02T15:04", typed.Until); err != nil {
			return showInstallation(v, i, typed, faults{text: "The end can't be read.", fields: fieldFault("/until", "Give a date and a time, such as 2026-05-12 17:00.")})
		}
	}
	if _, err := v.Integrations.SetAvailable(v.ctx(), v.by, i.ID, c); err != nil {
		if f, ok := faultsOf(err, "/reason", "/until"); ok {
			return showInstallation(v, i, typed, f)
		}
		return err
	}
	words := i.ApplicationName + " is switched off. Its calls are refused from now on."
	if c.Available {
		words = i.ApplicationName + " is switched on again."
	}
	return v.leave(installationPath(i.ID.String()), words)
}

func setDelegation(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	if _, err := v.Integrations.SetDelegation(v.ctx(), v.by, i.ID, v.field("delegation")); err != nil {
		if f, ok := faultsOf(err, "/delegation"); ok {
			return showInstallation(v, i, availability{}, f)
		}
		return err
	}
	return v.leave(installationPath(i.ID.String()), "End-user access is changed.")
}

func revokeToken(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	id, err := ident.Parse[token.Token](v.r.PathValue("token"))
	if err != nil {
		return err
	}
	if err := v.Tokens.RevokeID(v.ctx(), v.by, id); err != nil {
		return err
	}
	return v.leave(installationPath(i.ID.String()), "The token is revoked. The application can obtain a new one as long as it is installed.")
}

func removeInstallationPage(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	if err := v.by.Reach("installation", "installation:delete", integration.Resource(i.Installation)); err != nil {
		return err
	}
	return showRemove(v, i, "", faults{})
}

func showRemove(v *visit, i integration.Listed, reason string, f faults) error {
	base := installationPath(i.ID.String())
	return v.show(sheet{title: "Remove " + i.ApplicationName, area: areaAccount, account: i.Account, current: accountPath(i.Account), status: f.status(),
		trail: []page.Link{{Text: i.AccountName, URL: accountPath(i.Account)}, {Text: i.ApplicationName, URL: base}, {Text: "Remove"}},
		body:  installationRemove(i, v.token(base+"/remove"), reason, f)})
}

func removeInstallation(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	if v.field("phrase") != i.ApplicationName {
		return showRemove(v, i, v.field("reason"), faults{text: "Nothing was removed.", fields: fieldFault("/phrase", "That is not the name. Type it exactly as it is written.")})
	}
	if _, err := v.Integrations.Remove(v.ctx(), v.by, i.ID, v.field("reason")); err != nil {
		if f, ok := faultsOf(err, "/reason"); ok {
			return showRemove(v, i, v.field("reason"), f)
		}
		return err
	}
	return v.leave(accountPath(i.Account), i.ApplicationName+" is removed. You can restore it for 30 days.")
}

func restoreInstallation(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	if _, err := v.Integrations.Restore(v.ctx(), v.by, i.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return showInstallation(v, i, availability{}, f)
		}
		return err
	}
	return v.leave(installationPath(i.ID.String()), i.ApplicationName+" is restored. It obtains new tokens by itself.")
}

func retryInstallation(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	if _, err := v.Integrations.Retry(v.ctx(), v.by, i.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return showInstallation(v, i, availability{}, f)
		}
		return err
	}
	return v.leave(installationPath(i.ID.String()), "The product is asked again. This page says so when it is done.")
}

// stopInstallation is the operator's block; the developer's stands with the application.
func stopInstallation(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	if _, err := v.Integrations.Block(v.ctx(), v.by, i.ID, v.field("reason")); err != nil {
		if f, ok := faultsOf(err, "/reason"); ok {
			f.fields = append(f.fields, fieldFault("/stop", f.at("/reason"))...)
			return showInstallation(v, i, availability{}, f)
		}
		return err
	}
	return v.leave(installationPath(i.ID.String()), "It is blocked. Its calls are refused from now on, and both sides have been told why.")
}

func resumeInstallation(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	if _, err := v.Integrations.Unblock(v.ctx(), v.by, i.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return showInstallation(v, i, availability{}, f)
		}
		return err
	}
	return v.leave(installationPath(i.ID.String()), "The block is lifted.")
}

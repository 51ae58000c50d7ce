package console

import (
	"slices"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/insight"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/usage"
)

func (c *Console) useRoutes() []route {
	return []route{
		{"GET /accounts/{account}/use", c.page(accountUsePage)},
		{"GET /grants/{grant}/use", c.page(grantUsePage)},
		{"POST /grants/{grant}/narrow", c.page(narrowGrant)},
		{"POST /grants/{grant}/undo", c.page(undoNarrowing)},
	}
}

func grantUsePath(id string) string { return "/grants/" + id + "/use" }

// lookBack are the periods that reports are made for.
var lookBack = []int{7, 30, 90}

// daysAsked is the period that the address names.
func (v *visit) daysAsked() int {
	for _, d := range lookBack {
		if v.query("days") == page.Count(int64(d)) {
			return d
		}
	}
	return 30
}

// accountUseView compares every grant of an account with its use.
type accountUseView struct {
	Account account.Account
	Days    int
	Reports []insight.Report
}

func accountUsePage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	d := accountUseView{Account: a, Days: v.daysAsked()}
	if d.Reports, err = v.Insight.List(v.ctx(), v.by, a.ID, d.Days); err != nil {
		return err
	}
	return v.inAccount(a, sheet{title: "Granted and used", trail: []page.Link{{Text: "Granted and used"}}, body: accountUse(v, d)})
}

// grantUseView is one grant with its use, the proposal and what other scopes would refuse.
type grantUseView struct {
	insight.Report
	Days     int
	Customer bool // the reader belongs to the account; others develop the application
	Changes  bool // and may change the scopes
	Chosen   []string
	Tried    *insight.Outcome
	TryDays  int
	Narrow   string // tokens of the two forms
	Undo     string
	Faults   faults
}

func (v *visit) grantAsked() (grant.ID, error) {
	return ident.Parse[grant.Grant](v.r.PathValue("grant"))
}

func grantUsePage(v *visit) error { return showGrantUse(v, faults{}) }

func showGrantUse(v *visit, f faults) error {
	id, err := v.grantAsked()
	if err != nil {
		return err
	}
	d := grantUseView{Days: v.daysAsked(), TryDays: 7, Faults: f}
	if d.Report, err = v.Insight.Report(v.ctx(), v.by, id, d.Days); err != nil {
		return err
	}
	acc, err := ident.Parse[account.Account](d.Account)
	if err != nil {
		return err
	}
	d.Narrow, d.Undo = v.token("/grants/"+d.Grant+"/narrow"), v.token("/grants/"+d.Grant+"/undo")
	switch d.Kind {
	case grant.KindInstallation:
		d.Changes = v.may("installation:update", grantHolder(d.Report))
	case grant.KindPrivate:
		d.Changes = v.may("private_integration:manage_own", grantHolder(d.Report)) || v.may("private_integration:manage_own", account.Resource(d.Account))
	}
	a, err := v.Accounts.Get(v.ctx(), v.by, acc)
	switch {
	case err == nil:
		d.Customer = true
	case problem.Of(err).Kind == problem.KindNotFound: // for the people of the developer
		a = account.Account{ID: acc}
	default:
		return err
	}
	if err := d.try(v, a, id); err != nil {
		return err
	}
	s := sheet{title: "Granted and used: " + d.Name, status: f.status(), body: grantUse(v, d)}
	if !d.Customer {
		s.area = areaDeveloper
		return v.show(s)
	}
	here := accountPath(a.ID.String()) + "/use"
	s.current, s.trail = here, []page.Link{{Text: "Granted and used", URL: here}, {Text: d.Name}}
	return v.inAccount(a, s)
}

func grantHolder(r insight.Report) access.Resource {
	return grant.Grant{Account: r.Account, Holder: r.Holder}.Resource()
}

// try decides recorded calls anew under the scopes that the address names.
func (d *grantUseView) try(v *visit, a account.Account, id grant.ID) error {
	q := v.r.URL.Query()
	if !q.Has("try") {
		for _, s := range d.Scopes {
			d.Chosen = append(d.Chosen, s.Scope)
		}
		return nil
	}
	if q.Get("try") == "30" {
		d.TryDays = 30
	}
	for _, s := range d.Scopes {
		if slices.Contains(q["scope"], s.Scope) {
			d.Chosen = append(d.Chosen, s.Scope)
		}
	}
	got, err := v.Insight.DryRun(v.ctx(), v.by, a.ID, insight.Change{Days: d.TryDays, Grant: &insight.ScopeChange{Grant: id, Scopes: append([]string{}, d.Chosen...)}})
	if err != nil {
		f, ok := faultsOf(err)
		if !ok {
			return err
		}
		d.Faults = f
		return nil
	}
	d.Tried = &got
	return nil
}

func narrowGrant(v *visit) error {
	id, err := v.grantAsked()
	if err != nil {
		return err
	}
	got, err := v.Insight.Narrow(v.ctx(), v.by, id, v.daysAsked(), v.r.PostForm["keep"])
	if err != nil {
		if f, ok := faultsOf(err); ok {
			return showGrantUse(v, f)
		}
		return err
	}
	return v.leave(grantUsePath(id.String()), plural(len(got.Before)-len(got.After), "scope")+" taken away. You can take that back here.")
}

func undoNarrowing(v *visit) error {
	id, err := v.grantAsked()
	if err != nil {
		return err
	}
	if _, err := v.Insight.Undo(v.ctx(), v.by, id); err != nil {
		if f, ok := faultsOf(err); ok {
			return showGrantUse(v, f)
		}
		return err
	}
	return v.leave(grantUsePath(id.String()), "The scopes are as they were.")
}

// mayUse reports whether somebody may see who called what in an account.
func (v *visit) mayUse(id string) bool {
	return v.Insight != nil && v.may(usage.ActionView, account.Resource(id))
}

package console

import (
	"cmp"
	"slices"
	"time"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/usage"
)

// The developer's side of installations. The administrator's stands with the account pages.
func (c *Console) installedRoutes() []route {
	return []route{
		{"GET /applications/{application}/installations", c.page(customersPage)},
		{"GET /applications/{application}/installations/{installation}/block", c.page(withholdPage)},
		{"POST /applications/{application}/installations/{installation}/block", c.page(withhold)},
		{"POST /applications/{application}/installations/{installation}/unblock", c.page(releaseCustomer)},
		{"GET /applications/{application}/installations/{installation}/uninstall", c.page(uninstallPage)},
		{"POST /applications/{application}/installations/{installation}/uninstall", c.page(uninstall)},
	}
}

// customerLine is an installation as its developer sees it.
type customerLine struct {
	integration.Listed
	Last  usage.Last
	Calls int64  // in the last 24 hours
	Token string // of the form that unblocks
}

// customersView is everybody who has an application.
type customersView struct {
	subject
	Here, Gone   []customerLine
	Live         bool
	MayBlock     bool
	MayUninstall bool
	Holds        bool // authorizations are to be seen
}

func customersPage(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	d := customersView{subject: s, MayBlock: v.may("installation:withhold", s.resource()), MayUninstall: v.may("installation:uninstall", s.resource()),
		Holds: v.Authority != nil && v.may("key:view", s.resource())}
	all, err := v.Integrations.ListApplication(v.ctx(), v.by, s.ID)
	if err != nil {
		return err
	}
	lines, err := v.customerLines(s, all)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.State == integration.Removed {
			d.Gone = append(d.Gone, l)
		} else {
			d.Here = append(d.Here, l)
		}
	}
	slices.SortFunc(d.Here, func(a, b customerLine) int { return cmp.Compare(a.AccountName, b.AccountName) })
	slices.SortFunc(d.Gone, func(a, b customerLine) int { return b.RemovedAt.Compare(a.RemovedAt) })
	p, err := v.progress(s.Application)
	if err != nil {
		return err
	}
	d.Live = p.live != nil
	return v.about(s, "/installations", sheet{title: "Installations", trail: []page.Link{{Text: "Installations"}}, body: customerList(v, d)})
}

func (v *visit) customerLines(s subject, all []integration.Listed) ([]customerLine, error) {
	out := make([]customerLine, len(all))
	grants := make([]string, len(all))
	for i, one := range all {
		out[i].Listed, grants[i] = one, one.Grant
		out[i].Token = v.token(customerPath(one) + "/unblock")
	}
	if v.Usage == nil || len(all) == 0 {
		return out, nil
	}
	var last map[string]usage.Last
	err := v.Usage.DB.Read(v.ctx(), func(tx *store.Tx) error {
		var err error
		last, err = v.Usage.LastUses(tx, "grant", grants)
		return err
	})
	if err != nil {
		return nil, err
	}
	parts, err := v.Usage.Parts(v.ctx(), v.by, usage.Query{Step: usage.StepQuarter, From: v.now.Add(-24 * time.Hour), Filter: usage.Filter{Application: s.ID.String()}}, usage.ByAccount)
	if err != nil {
		return nil, err
	}
	calls := map[string]int64{}
	for _, p := range parts {
		calls[p.Name] = p.Total
	}
	for i := range out {
		out[i].Last, out[i].Calls = last[out[i].Grant], calls[out[i].Account]
	}
	return out, nil
}

func customerPath(i integration.Listed) string {
	return "/applications/" + i.Application + "/installations/" + i.ID.String()
}

// customerOf finds the installation that the address names, among those of the application.
func (v *visit) customerOf(s subject) (integration.Listed, error) {
	id, err := ident.Parse[integration.Installation](v.r.PathValue("installation"))
	if err != nil {
		return integration.Listed{}, err
	}
	all, err := v.Integrations.ListApplication(v.ctx(), v.by, s.ID)
	if err != nil {
		return integration.Listed{}, err
	}
	for _, i := range all {
		if i.ID == id {
			return i, nil
		}
	}
	return integration.Listed{}, problem.NotFound("installation")
}

func withholdPage(v *visit) error { return showStop(v, "block", faults{}) }

func uninstallPage(v *visit) error { return showStop(v, "uninstall", faults{}) }

// showStop asks for the reason of a block or a removal.
func showStop(v *visit, verb string, f faults) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	action := map[string]string{"block": "installation:withhold", "uninstall": "installation:uninstall"}[verb]
	if err := v.by.Reach("installation", action, s.resource()); err != nil {
		return err
	}
	i, err := v.customerOf(s)
	if err != nil {
		return err
	}
	c := page.Confirm{Title: "Block " + i.AccountName + "?", Text: s.Name + " stops working for this customer until you unblock it.",
		Consequences: []string{"Calls are refused at once and say that the developer has blocked the installation.", "The customer's administrators are told, with your reason.", "The installation still counts against your quota."},
		Button:       "Block this customer"}
	if verb == "uninstall" {
		c = page.Confirm{Title: "Uninstall " + s.Name + " from " + i.AccountName + "?", Text: "Every token ends at once. Only the customer can restore it, within 30 days.",
			Consequences: []string{"The customer's administrators are told, with your reason.", "The place in your quota is free again.", "The integration user and its role stay in the account; the customer decides about them."},
			Button:       "Uninstall"}
	}
	path := customerPath(i) + "/" + verb
	c.Action, c.Token, c.Cancel = path, v.token(path), s.path()+"/installations"
	return v.about(s, "/installations", sheet{title: c.Button, status: f.status(), trail: []page.Link{{Text: "Installations", URL: s.path() + "/installations"}, {Text: i.AccountName}}, body: reasonForm(f, c, v.field("reason"))})
}

func withhold(v *visit) error {
	return stop(v, "block", "%s is blocked. Its administrators have been told.", func(id integration.ID, reason string) error {
		_, err := v.Integrations.Withhold(v.ctx(), v.by, id, reason)
		return err
	})
}

func uninstall(v *visit) error {
	return stop(v, "uninstall", "The installation in %s is removed. Its administrators have been told.", func(id integration.ID, reason string) error {
		_, err := v.Integrations.Uninstall(v.ctx(), v.by, id, reason)
		return err
	})
}

func stop(v *visit, verb, words string, do func(integration.ID, string) error) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	i, err := v.customerOf(s)
	if err != nil {
		return err
	}
	if err := do(i.ID, v.field("reason")); err != nil {
		if f, ok := faultsOf(err, "/reason"); ok {
			return showStop(v, verb, f)
		}
		return err
	}
	return v.leave(s.path()+"/installations", named(words, i.AccountName))
}

func releaseCustomer(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	i, err := v.customerOf(s)
	if err != nil {
		return err
	}
	if _, err := v.Integrations.Release(v.ctx(), v.by, i.ID); err != nil {
		return err
	}
	return v.leave(s.path()+"/installations", i.AccountName+" is unblocked. Calls pass again.")
}

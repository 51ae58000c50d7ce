package console

import (
	"net/http"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/leak"
)

func (c *Console) leakRoutes() []route {
	if c.Leaks == nil {
		return nil
	}
	return []route{
		{"GET /report-a-leak", c.open(reportLeakPage)},
		{"POST /report-a-leak", c.open(reportLeak)},
		{"GET /leaks/{leak}", c.page(leakPage)},
		{"GET /accounts/{account}/leaks", c.page(accountLeaks)},
		{"GET /groups/{group}/leaks", c.page(groupLeaks)},
		{"GET /operator/leaks", c.operator(operatorLeaks)},
	}
}

// reportView is the form for anybody who found a credential.
type reportView struct {
	Where  string
	Token  string
	Faults faults
}

func reportLeakPage(v *visit) error { return showReportLeak(v, reportView{}) }

func showReportLeak(v *visit, d reportView) error {
	d.Token = v.token("/report-a-leak")
	return v.doorPage(sheet{title: "Report a leaked credential", status: d.Faults.status(), body: reportLeakForm(d)})
}

func reportLeak(v *visit) error {
	text := v.field("secret")
	d := reportView{Where: v.field("where")}
	switch {
	case text == "":
		d.Faults = faults{fields: fieldFault("/secret", "Paste what you found.")}
	case len(text) > leak.TextMost:
		d.Faults = faults{fields: fieldFault("/secret", "At most 16,000 characters. Send several reports.")}
	case len(d.Where) > leak.WhereMost:
		d.Faults = faults{fields: fieldFault("/where", "At most 500 characters.")}
	}
	if len(d.Faults.fields) > 0 {
		return showReportLeak(v, d) // what was found is not shown again
	}
	err := v.Leaks.Report(v.ctx(), leak.Report{Text: secret.New(text), Where: d.Where, Source: leak.Form})
	if p := problem.Of(err); p != nil && (p.Kind == problem.KindLimited || p.Kind == problem.KindUnavailable) {
		d.Faults = faults{text: p.Detail + " Please send the report again later."}
		return showReportLeak(v, d)
	}
	if err != nil {
		return err
	}
	return v.doorPage(sheet{title: "Thank you", status: http.StatusOK, body: leakReceived()})
}

// leaksView is the credentials of somebody that were reported.
type leaksView struct {
	Whose string
	All   []leak.Leak
	More  string // address of the next part
}

const leaksMost = 50

func (v *visit) leaks(q leak.Query, path string) (leaksView, error) {
	d := leaksView{}
	if at := v.query("before"); at != "" {
		id, err := ident.Parse[leak.Leak](at)
		if err != nil {
			return d, err
		}
		q.Before = id
	}
	q.Limit = leaksMost + 1
	all, err := v.Leaks.List(v.ctx(), v.by, q)
	if len(all) > leaksMost {
		all = all[:leaksMost]
		d.More = path + "?before=" + all[leaksMost-1].ID.String()
	}
	d.All = all
	return d, err
}

func accountLeaks(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	d, err := v.leaks(leak.Query{Account: a.ID.String()}, accountPath(a.ID.String())+"/leaks")
	if err != nil {
		return err
	}
	d.Whose = "tokens and keys that open this account"
	return v.inAccount(a, sheet{title: "Leaked credentials", trail: []page.Link{{Text: "Leaked credentials"}}, body: leakList(v, d)})
}

func groupLeaks(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	d, err := v.leaks(leak.Query{Group: g.ID.String()}, groupPath(g.ID.String())+"/leaks")
	if err != nil {
		return err
	}
	d.Whose = "secrets and tokens of your applications"
	return v.inGroup(g, sheet{title: "Leaked credentials", trail: []page.Link{{Text: "Leaked credentials"}}, body: leakList(v, d)})
}

func operatorLeaks(v *visit) error {
	d, err := v.leaks(leak.Query{}, "/operator/leaks")
	if err != nil {
		return err
	}
	d.Whose = "credentials of the whole platform"
	return v.byOperator(sheet{title: "Leaked credentials", trail: []page.Link{{Text: "Leaked credentials"}}, body: leakList(v, d)})
}

// leakPage tells what a credential did, in the part of the console from which its
// reader knows it.
func leakPage(v *visit) error {
	id, err := ident.Parse[leak.Leak](v.r.PathValue("leak"))
	if err != nil {
		return err
	}
	l, err := v.Leaks.Get(v.ctx(), v.by, id)
	if err != nil {
		return err
	}
	s := sheet{title: "A leaked " + l.Kind.Words(), body: leakDetail(v, l)}
	here := page.Link{Text: l.Name}
	if g, err := ident.Parse[group.Group](l.Group); err == nil && v.may("leak:view", access.On("group", l.Group)) {
		team, err := v.Groups.Get(v.ctx(), v.by, g)
		if err != nil {
			return err
		}
		s.current = groupPath(l.Group) + "/leaks"
		s.trail = []page.Link{{Text: "Leaked credentials", URL: s.current}, here}
		return v.inGroup(team, s)
	}
	if a, err := ident.Parse[account.Account](l.Account); err == nil && v.may("leak:view", account.Resource(l.Account)) {
		acc, err := v.Accounts.Get(v.ctx(), v.by, a)
		if err != nil {
			return err
		}
		s.current = accountPath(l.Account) + "/leaks"
		s.trail = []page.Link{{Text: "Leaked credentials", URL: s.current}, here}
		return v.inAccount(acc, s)
	}
	if v.may("leak:view", access.Platform()) {
		s.current = "/operator/leaks"
		s.trail = []page.Link{{Text: "Leaked credentials", URL: s.current}, here}
		return v.byOperator(s)
	}
	s.trail = []page.Link{{Text: "Leaked credential"}, here}
	return v.show(s)
}

// leakLink is the entry of a navigation, once there is something to see.
func (v *visit) leakLink(q leak.Query, path string) []page.Link {
	if v.Leaks == nil {
		return nil
	}
	q.Limit = 1
	if all, err := v.Leaks.List(v.ctx(), v.by, q); err != nil || len(all) == 0 {
		return nil
	}
	return []page.Link{{Text: "Leaked credentials", URL: path, Icon: page.IconShieldAlert}}
}

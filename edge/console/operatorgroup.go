package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/quota"
)

func (c *Console) operatorGroupRoutes() []route {
	const at = "/operator/groups/{group}"
	return []route{
		{"GET /operator/groups", c.operator(operatorGroups)},
		{"GET " + at, c.operator(operatorGroup)},
		{"POST " + at + "/plan", c.operator(assignPlan)},
		{"POST " + at + "/limit", c.operator(grantLimit)},
		{"POST " + at + "/limit/{limit}/withdraw", c.operator(withdrawLimit)},
	}
}

func operatorGroupPath(id string) string { return "/operator/groups/" + id }

// operatorGroupLine is a group as the operator's list shows it.
type operatorGroupLine struct {
	group.Group
	Applications int
	Plan         string
	Sites        quota.LimitView
}

// matching tells whether every word of a query stands in one of the texts.
func matching(query string, texts ...string) bool {
	all := strings.ToLower(strings.Join(texts, " "))
	for _, w := range strings.Fields(strings.ToLower(query)) {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}

func operatorGroups(v *visit) error {
	all, err := v.Groups.List(v.ctx(), v.by)
	if err != nil {
		return err
	}
	apps, err := v.Applications.List(v.ctx(), v.by, "")
	if err != nil {
		return err
	}
	owned := map[string]int{}
	for _, a := range apps {
		if a.State != application.Deleted {
			owned[a.Group]++
		}
	}
	q := v.query("q")
	all = slices.DeleteFunc(all, func(g group.Group) bool { return !matching(q, g.Name, g.ID.String(), string(g.State)) })
	shown, pager := stretch(v, "/operator/groups", "group", all, func(g group.Group) string { return g.ID.String() })
	var lines []operatorGroupLine
	for _, g := range shown {
		l, err := v.Quota.Limits(v.ctx(), v.by, g.ID.String())
		if err != nil {
			return err
		}
		line := operatorGroupLine{Group: g, Applications: owned[g.ID.String()], Plan: l.Label}
		if line.Plan == "" {
			line.Plan = l.Plan
		}
		for _, one := range l.Limits {
			if one.Name == quota.SitesLimit {
				line.Sites = one
			}
		}
		lines = append(lines, line)
	}
	return v.byOperator(sheet{title: "Groups", trail: []page.Link{{Text: "Groups"}}, body: operatorGroupList(v, lines, q, pager)})
}

// operatorGroupView is one group with its limits.
type operatorGroupView struct {
	group.Group
	Members      []group.Member
	Applications []application.Application
	Limits       quota.Limits
	Plans        []quota.Plan
	Typed        limitTyped
	Faults       faults
	Token        func(action string) string
	History      page.Timeline
}

// limitTyped is what was entered into the forms of the page.
type limitTyped struct{ Plan, Limit, Value, Reason, Ends, Form string }

func operatorGroup(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	return showOperatorGroup(v, g, limitTyped{}, faults{})
}

func showOperatorGroup(v *visit, g group.Group, typed limitTyped, f faults) error {
	d := operatorGroupView{Group: g, Typed: typed, Faults: f}
	path := operatorGroupPath(g.ID.String())
	d.Token = func(action string) string { return v.token(path + "/" + action) }
	var err error
	if d.Members, err = v.Groups.Members(v.ctx(), v.by, g.ID); err != nil {
		return err
	}
	if d.Applications, err = v.Applications.List(v.ctx(), v.by, g.ID.String()); err != nil {
		return err
	}
	if d.Limits, err = v.Quota.Limits(v.ctx(), v.by, g.ID.String()); err != nil {
		return err
	}
	plans := v.Quota.Plans()
	for _, name := range sortedKeys(plans) {
		d.Plans = append(d.Plans, plans[name])
	}
	if d.History, _, err = v.history(auditWanted{Group: g.ID.String(), Limit: 8}); err != nil {
		return err
	}
	return v.byOperator(sheet{title: g.Name, current: "/operator/groups", status: f.status(), trail: []page.Link{{Text: "Groups", URL: "/operator/groups"}, {Text: g.Name}}, body: operatorGroupDetail(v, d)})
}

// end reads a last day; the zero time when none was given.
func end(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(day, text)
	return t.AddDate(0, 0, 1), err == nil
}

// onGroup does something to the group that the address names, and shows the page again if it can't be done.
func onGroup(v *visit, form, words string, do func(g group.Group, t limitTyped, ends time.Time) error) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	t := limitTyped{Plan: v.field("plan"), Limit: v.field("limit"), Value: v.field("value"), Reason: v.field("reason"), Ends: v.field("ends"), Form: form}
	ends, ok := end(t.Ends)
	if !ok {
		return showOperatorGroup(v, g, t, faults{text: "The end can't be read.", fields: fieldFault("/ends", "Give a date such as 2026-12-31.")})
	}
	if err := do(g, t, ends); err != nil {
		if f, ok := faultsOf(err, "/plan", "/limit", "/value", "/reason", "/ends", "/starts"); ok {
			return showOperatorGroup(v, g, t, f)
		}
		return err
	}
	return v.leave(operatorGroupPath(g.ID.String()), named(words, g.Name))
}

func assignPlan(v *visit) error {
	return onGroup(v, "plan", "%s is on the new plan from now on.", func(g group.Group, t limitTyped, ends time.Time) error {
		return v.Quota.Assign(v.ctx(), v.by, quota.Assignment{Owner: g.ID.String(), Plan: t.Plan, Reason: t.Reason, Ends: ends})
	})
}

func grantLimit(v *visit) error {
	return onGroup(v, "limit", "%s has the new limit from now on.", func(g group.Group, t limitTyped, ends time.Time) error {
		n, err := strconv.ParseInt(t.Value, 10, 64)
		if err != nil {
			return problem.Invalid("value_invalid", "The limit can't be read.", fieldFault("/value", "Give a whole number.")...)
		}
		return v.Quota.Grant(v.ctx(), v.by, quota.Override{Owner: g.ID.String(), Limit: t.Limit, Value: n, Reason: t.Reason, Ends: ends})
	})
}

func withdrawLimit(v *visit) error {
	return onGroup(v, "withdraw", "%s has the limit of its plan again.", func(g group.Group, _ limitTyped, _ time.Time) error {
		return v.Quota.Withdraw(v.ctx(), v.by, g.ID.String(), v.r.PathValue("limit"))
	})
}

// applicationRef finds the application that the address names.
func (v *visit) applicationRef() (application.Application, error) {
	id, err := ident.Parse[application.Application](v.r.PathValue("application"))
	if err != nil {
		return application.Application{}, err
	}
	return v.Applications.Get(v.ctx(), v.by, id)
}

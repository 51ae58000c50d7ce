package console

import (
	"cmp"
	"slices"
	"strings"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
)

func (c *Console) operatorApplicationRoutes() []route {
	const at = "/operator/applications/{application}"
	return []route{
		{"GET /operator/applications", c.operator(operatorApplications)},
		{"GET " + at, c.operator(operatorApplication)},
	}
}

func operatorApplicationPath(id string) string { return "/operator/applications/" + id }

// operatorApplicationLine is an application as the operator's list shows it.
type operatorApplicationLine struct {
	application.Application
	GroupName string
	Installed int
}

func operatorApplications(v *visit) error {
	all, err := v.Applications.List(v.ctx(), v.by, "")
	if err != nil {
		return err
	}
	groups, err := v.Groups.List(v.ctx(), v.by)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, g := range groups {
		names[g.ID.String()] = g.Name
	}
	q := v.query("q")
	all = slices.DeleteFunc(all, func(a application.Application) bool {
		return a.State == application.Deleted || !matching(q, a.Name, a.PublicID, names[a.Group], string(a.State))
	})
	slices.SortStableFunc(all, func(a, b application.Application) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	shown, pager := stretch(v, "/operator/applications", "application", all, func(a application.Application) string { return a.ID.String() })
	var lines []operatorApplicationLine
	for _, a := range shown {
		line := operatorApplicationLine{Application: a, GroupName: names[a.Group]}
		list, err := v.Integrations.ListApplication(v.ctx(), v.by, a.ID)
		if err != nil {
			return err
		}
		for _, i := range list {
			if i.State != integration.Removed {
				line.Installed++
			}
		}
		lines = append(lines, line)
	}
	return v.byOperator(sheet{title: "Applications", trail: []page.Link{{Text: "Applications"}}, body: operatorApplicationList(v, lines, q, pager)})
}

// operatorApplicationView is one application and where it is installed.
type operatorApplicationView struct {
	application.Application
	GroupName     string
	Installations []integration.Listed
	History       page.Timeline
}

func operatorApplication(v *visit) error {
	a, err := v.applicationRef()
	if err != nil {
		return err
	}
	d := operatorApplicationView{Application: a}
	groups, err := v.Groups.List(v.ctx(), v.by)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if g.ID.String() == a.Group {
			d.GroupName = g.Name
		}
	}
	all, err := v.Integrations.ListApplication(v.ctx(), v.by, a.ID)
	if err != nil {
		return err
	}
	d.Installations = slices.DeleteFunc(all, func(i integration.Listed) bool { return i.State == integration.Removed })
	if d.History, _, err = v.history(auditWanted{Application: a.ID.String(), Limit: 8}); err != nil {
		return err
	}
	return v.byOperator(sheet{title: a.Name, current: "/operator/applications", trail: []page.Link{{Text: "Applications", URL: "/operator/applications"}, {Text: a.Name}}, body: operatorApplicationDetail(v, d)})
}

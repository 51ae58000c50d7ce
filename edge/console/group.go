package console

import (
	"net/http"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/quota"
)

func (c *Console) groupRoutes() []route {
	return []route{
		{"GET /groups", c.page(groupsPage)},
		{"GET /groups/new", c.page(newGroupPage)},
		{"POST /groups/new", c.page(newGroup)},
		{"GET /groups/{group}", c.page(groupPage)},
		{"GET /groups/{group}/activity", c.page(groupActivity)},
		{"GET /groups/{group}/members", c.page(membersPage)},
		{"POST /groups/{group}/members", c.page(addMember)},
		{"POST /groups/{group}/members/{user}/role", c.page(setRole)},
		{"GET /groups/{group}/members/{user}/remove", c.page(removeMemberPage)},
		{"POST /groups/{group}/members/{user}/remove", c.page(removeMember)},
		{"GET /groups/{group}/settings", c.page(groupSettings)},
		{"POST /groups/{group}/name", c.page(renameGroup)},
		{"POST /groups/{group}/second-person", c.page(setSecondPerson)},
		{"GET /groups/{group}/transfer", c.page(transferPage)},
		{"POST /groups/{group}/transfer", c.page(transferGroup)},
		{"GET /groups/{group}/archive", c.page(archivePage)},
		{"POST /groups/{group}/archive", c.page(archiveGroup)},
		{"POST /groups/{group}/restore", c.page(restoreGroup)},
	}
}

// groupLine is a group and what it owns.
type groupLine struct {
	group.Group
	Applications []applicationLine
}

// applicationLine is an application as lists show it.
type applicationLine struct {
	application.Application
	Installed int // accounts in which it is
}

// applicationsOf lists the applications of a group with their installations.
func (v *visit) applicationsOf(g group.Group) ([]applicationLine, error) {
	apps, err := v.Applications.List(v.ctx(), v.by, g.ID.String())
	if err != nil {
		return nil, err
	}
	out := make([]applicationLine, 0, len(apps))
	for _, a := range apps {
		line := applicationLine{Application: a}
		all, err := v.Integrations.ListApplication(v.ctx(), v.by, a.ID)
		if err != nil {
			return nil, err
		}
		for _, i := range all {
			if i.State != integration.Removed {
				line.Installed++
			}
		}
		out = append(out, line)
	}
	return out, nil
}

// groupLines lists a person's groups with what they own.
func (v *visit) groupLines(groups []group.Group) ([]groupLine, error) {
	var out []groupLine
	for _, g := range groups {
		apps, err := v.applicationsOf(g)
		if err != nil {
			return nil, err
		}
		out = append(out, groupLine{Group: g, Applications: apps})
	}
	return out, nil
}

func groupsPage(v *visit) error {
	m, err := v.memberships()
	if err != nil {
		return err
	}
	lines, err := v.groupLines(m.groups)
	if err != nil {
		return err
	}
	return v.show(sheet{title: "Groups", area: areaDeveloper, trail: []page.Link{{Text: "Groups"}}, body: groupList(v, lines)})
}

// newGroupView is the form for a new group.
type newGroupView struct {
	Name, Hint, Token string
	Faults            faults
}

func newGroupPage(v *visit) error { return showNewGroup(v, newGroupView{}) }

func showNewGroup(v *visit, d newGroupView) error {
	d.Token, d.Hint = v.token("/groups/new"), v.Groups.Naming.Hint
	if d.Hint == "" {
		d.Hint = "Customers see it as the developer when they install. Use your company's name, such as “Northwind Labs”."
	}
	return v.show(sheet{title: "New group", area: areaDeveloper, status: d.Faults.status(), current: "/groups/new",
		trail: []page.Link{{Text: "Groups", URL: "/groups"}, {Text: "New group"}}, body: newGroupForm(d)})
}

func newGroup(v *visit) error {
	d := newGroupView{Name: v.field("name")}
	g, err := v.Groups.Create(v.ctx(), v.by, d.Name)
	if err != nil {
		if f, ok := faultsOf(err, "/name"); ok {
			d.Faults = f
			return showNewGroup(v, d)
		}
		return err
	}
	return v.leave(groupPath(g.ID.String()), "The group is there. Now register its first application.")
}

func groupPath(id string) string { return "/groups/" + id }

// groupOf loads the group that the address names.
func (v *visit) groupOf() (group.Group, error) {
	id, err := ident.Parse[group.Group](v.r.PathValue("group"))
	if err != nil {
		return group.Group{}, err
	}
	return v.Groups.Get(v.ctx(), v.by, id)
}

// may says whether to offer something; the operation decides anew.
func (v *visit) may(action string, on access.Resource) bool { return v.by.May(action, on) == nil }

// inGroup is a page of a group.
func (v *visit) inGroup(g group.Group, s sheet) error {
	s.area, s.group = areaDeveloper, g.ID.String()
	waits, err := v.agreementWaits(g)
	if err != nil {
		return err
	}
	if waits && s.title != "Agreement" {
		s.body = agreementAsk(g.ID.String(), s.body)
	}
	trail := []page.Link{{Text: g.Name, URL: groupPath(g.ID.String())}}
	s.trail = append(trail, s.trail...)
	if len(s.trail) > 1 && s.title != "" && s.title != g.Name {
		s.title += " · " + g.Name
	}
	return v.show(s)
}

// groupView is what a group owns and may use.
type groupView struct {
	Group        group.Group
	Applications []applicationLine
	Limits       quota.Limits
	MayRegister  bool
	Restore      string // form token
	MayRestore   bool
}

func groupPage(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	d := groupView{Group: g}
	if d.Applications, err = v.applicationsOf(g); err != nil {
		return err
	}
	if d.Limits, err = v.Quota.Limits(v.ctx(), v.by, g.ID.String()); err != nil {
		return err
	}
	d.MayRegister = g.State == group.Active && v.may("application:create", access.On("group", g.ID.String()))
	d.MayRestore = g.State == group.Archived && v.may("group:restore", access.On("group", g.ID.String()))
	d.Restore = v.token(groupPath(g.ID.String()) + "/restore")
	return v.inGroup(g, sheet{title: g.Name, body: groupHome(v, d)})
}

func groupActivity(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	d, err := v.activity(groupPath(g.ID.String())+"/activity", before(v), auditOf(g.ID.String(), ""))
	if err != nil {
		return err
	}
	return v.inGroup(g, sheet{title: "Activity", trail: []page.Link{{Text: "Activity"}}, body: activityPage("What has changed in this group and its applications, by whom, newest first.", d)})
}

// status is 200 for a fresh form and 422 for one that was refused.
func (f faults) status() int {
	if f.any() {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

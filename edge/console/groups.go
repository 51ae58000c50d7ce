package console

import (
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
)

func (c *Console) groupRoutes() []route {
	return []route{
		{"GET /groups", c.page(groupsPage)},
		{"GET /groups/new", c.page(newGroupPage)},
		{"POST /groups/new", c.page(newGroup)},
		{"GET /groups/{group}", c.page(groupPage)},
	}
}

// groupsView is all groups of a person.
type groupsView struct {
	Groups []groupLine
	Now    func(group.Group) page.Moment
}

type groupLine struct {
	group.Group
	Applications []application.Application
}

// developerHome is the way in for developers: their groups and what to do next.
func developerHome(v *visit, m memberships) error {
	d := groupsView{Now: func(g group.Group) page.Moment { return v.moment(g.Created) }}
	for _, g := range m.groups {
		apps, err := v.Applications.List(v.ctx(), v.by, g.ID.String())
		if err != nil {
			return err
		}
		d.Groups = append(d.Groups, groupLine{Group: g, Applications: apps})
	}
	return v.show(sheet{title: "Home", area: areaDeveloper, body: developerHomePage(v.session, d)})
}

func groupsPage(v *visit) error {
	groups, err := v.memberships()
	if err != nil {
		return err
	}
	d := groupsView{Now: func(g group.Group) page.Moment { return v.moment(g.Created) }}
	for _, g := range groups.groups {
		apps, err := v.Applications.List(v.ctx(), v.by, g.ID.String())
		if err != nil {
			return err
		}
		d.Groups = append(d.Groups, groupLine{Group: g, Applications: apps})
	}
	return v.show(sheet{title: "Groups", area: areaDeveloper, trail: []page.Link{{Text: "Groups"}}, body: groupsList(d)})
}

// newGroupView is the form for a new group.
type newGroupView struct {
	Name, Hint, Token string
	Faults            faults
}

func newGroupPage(v *visit) error { return showNewGroup(v, newGroupView{}, 0) }

func showNewGroup(v *visit, d newGroupView, status int) error {
	d.Token, d.Hint = v.token("/groups/new"), v.Groups.Naming.Hint
	return v.show(sheet{title: "New group", area: areaDeveloper, status: status, trail: []page.Link{{Text: "Groups", URL: "/groups"}, {Text: "New group"}}, body: newGroupForm(d)})
}

func newGroup(v *visit) error {
	d := newGroupView{Name: v.field("name")}
	g, err := v.Groups.Create(v.ctx(), v.by, d.Name)
	if err != nil {
		var ok bool
		if d.Faults, ok = faultsOf(err, "/name"); ok {
			return showNewGroup(v, d, 422)
		}
		return err
	}
	return v.leave("/groups/"+g.ID.String(), "The group is there. Now register its first application.")
}

// groupOf loads the group that the address names.
func (v *visit) groupOf() (group.Group, error) {
	id, err := ident.Parse[group.Group](v.r.PathValue("group"))
	if err != nil {
		return group.Group{}, err
	}
	return v.Groups.Get(v.ctx(), v.by, id)
}

// groupView is what a group owns.
type groupView struct {
	Group        group.Group
	Applications []application.Application
	MayRegister  bool
}

func groupPage(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	apps, err := v.Applications.List(v.ctx(), v.by, g.ID.String())
	if err != nil {
		return err
	}
	return v.show(sheet{title: g.Name, area: areaDeveloper, group: g.ID.String(), trail: []page.Link{{Text: "Groups", URL: "/groups"}, {Text: g.Name}},
		body: groupApplications(groupView{Group: g, Applications: apps})})
}

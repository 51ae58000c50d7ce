package console

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/problem"
)

// membersView is who is in a group.
type membersView struct {
	Group     group.Group
	Members   []group.Member
	Self      string
	MayAdd    bool
	MayChange bool
	Email     string
	Admin     bool
	Token     string
	Tokens    map[string]string // of the role forms, by user
	Faults    faults
}

func membersPage(v *visit) error { return showMembers(v, membersView{}) }

func showMembers(v *visit, d membersView) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	d.Group = g
	if d.Members, err = v.Groups.Members(v.ctx(), v.by, g.ID); err != nil {
		return err
	}
	on := access.On("group", g.ID.String())
	path := groupPath(g.ID.String()) + "/members"
	d.Self, d.Token = v.by.User, v.token(path)
	d.MayAdd, d.MayChange = v.may("member:create", on), v.may("member:update", on)
	d.Tokens = map[string]string{}
	for _, m := range d.Members {
		d.Tokens[m.User] = v.token(path + "/" + m.User + "/role")
	}
	return v.inGroup(g, sheet{title: "Members", status: d.Faults.status(), trail: []page.Link{{Text: "Members"}}, body: memberList(v, d)})
}

func addMember(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	d := membersView{Email: v.field("email"), Admin: v.field("role") == string(group.RoleAdmin)}
	role := group.RoleMember
	if d.Admin {
		role = group.RoleAdmin
	}
	m, err := v.Groups.AddMember(v.ctx(), v.by, g.ID, d.Email, role)
	if err != nil {
		if f, ok := faultsOf(err, "/email", "/role"); ok {
			d.Faults = f
			return showMembers(v, d)
		}
		return err
	}
	return v.leave(groupPath(g.ID.String())+"/members", m.Name+" is in the group now.")
}

func setRole(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	m, err := v.Groups.SetRole(v.ctx(), v.by, g.ID, v.r.PathValue("user"), group.Role(v.field("role")))
	if err != nil {
		if f, ok := faultsOf(err); ok {
			return showMembers(v, membersView{Faults: f})
		}
		return err
	}
	words := m.Name + " is a member now and can look at everything without changing it."
	if m.Role == group.RoleAdmin {
		words = m.Name + " is an administrator now."
	}
	return v.leave(groupPath(g.ID.String())+"/members", words)
}

// memberOf finds the member that the address names.
func (v *visit) memberOf(g group.Group) (group.Member, error) {
	all, err := v.Groups.Members(v.ctx(), v.by, g.ID)
	if err != nil {
		return group.Member{}, err
	}
	for _, m := range all {
		if m.User == v.r.PathValue("user") {
			return m, nil
		}
	}
	return group.Member{}, problem.NotFound("member")
}

func removeMemberPage(v *visit) error { return showRemoveMember(v, faults{}) }

func showRemoveMember(v *visit, f faults) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	m, err := v.memberOf(g)
	if err != nil {
		return err
	}
	path := groupPath(g.ID.String()) + "/members"
	action := path + "/" + m.User + "/remove"
	c := page.Confirm{Title: "Remove " + m.Name + "?", Text: "They lose access to the group " + g.Name + " with their next click.",
		Consequences: []string{"Keys that they have seen keep working. If they may have copied a secret, rotate that key."},
		Action:       action, Token: v.token(action), Button: "Remove from the group", Cancel: path}
	if m.User == v.by.User {
		c.Title, c.Text, c.Button = "Leave "+g.Name+"?", "You lose access to the group and its applications with your next click.", "Leave the group"
		c.Consequences = []string{"Only an administrator of the group can take you in again."}
	}
	return v.inGroup(g, sheet{title: c.Title, status: f.status(), trail: []page.Link{{Text: "Members", URL: path}, {Text: m.Name}}, body: refusable(f, c)})
}

func removeMember(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	user := v.r.PathValue("user")
	if err := v.Groups.RemoveMember(v.ctx(), v.by, g.ID, user); err != nil {
		if f, ok := faultsOf(err); ok {
			return showRemoveMember(v, f)
		}
		return err
	}
	if user == v.by.User {
		if err := v.renew(); err != nil {
			return err
		}
		return v.leave("/groups", "You have left "+g.Name+".")
	}
	return v.leave(groupPath(g.ID.String())+"/members", "They are no longer in the group.")
}

package console

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/notice"
)

// home leads to the page where the person has most to do.
func home(v *visit) error {
	m, err := v.memberships()
	if err != nil {
		return err
	}
	switch m.usual(v.by.Operator) {
	case areaOperator:
		return v.leave("/operator", "")
	case areaAccount:
		if len(m.accounts) == 1 {
			return v.leave("/accounts/"+m.accounts[0].ID.String(), "")
		}
		return v.leave("/accounts", "")
	}
	return developerHome(v, m)
}

// homeView is a developer's way in.
type homeView struct {
	Text     string
	Groups   []groupLine
	First    *groupView // nothing is registered yet: teach it here
	Next     page.Steps // of the application that is not installed anywhere yet
	NextName string
	Inbox    []notice.Item
}

func developerHome(v *visit, m memberships) error {
	d := homeView{Text: "Your applications and what has happened lately."}
	var err error
	if d.Groups, err = v.groupLines(m.groups); err != nil {
		return err
	}
	if len(d.Groups) > 1 {
		d.Groups = slices.DeleteFunc(d.Groups, func(g groupLine) bool { return g.Personal && len(g.Applications) == 0 })
	}
	registered := 0
	for _, g := range d.Groups {
		registered += len(g.Applications)
		for _, a := range g.Applications {
			if a.Installed > 0 || d.Next != nil {
				continue
			}
			if d.Next, err = v.nextSteps(a.Application); err != nil {
				return err
			}
			d.NextName = a.Name
		}
	}
	if registered == 0 && len(d.Groups) > 0 {
		d.Text = "From here to your first call takes about five minutes."
		g := d.Groups[0].Group
		d.First = &groupView{Group: g, MayRegister: g.State == group.Active && v.may("application:create", access.On("group", g.ID.String()))}
	}
	if v.Notices != nil {
		box, err := v.Notices.List(v.ctx(), v.by, notice.Query{Limit: 4})
		if err != nil {
			return err
		}
		d.Inbox = box.Items
	}
	return v.show(sheet{title: "Home", area: areaDeveloper, body: developerWelcome(v, d)})
}

func firstName(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return first
}

// clipped shortens a text for a list.
func clipped(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return strings.TrimSpace(string(r[:most])) + "…"
}

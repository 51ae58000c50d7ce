package console

import (
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/quota"
)

func settingsPage(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	return showSettings(v, s, applicationForm{Name: s.Name, Description: s.Description, Domains: strings.Join(s.Domains, "\n"), Homepage: s.Homepage, Support: s.Support})
}

func showSettings(v *visit, s subject, d applicationForm) error {
	d.Group, d.Action, d.Button = s.Owner, s.path()+"/settings", "Save changes"
	d.Token = v.token(d.Action)
	d.Locked = !v.may("application:update", s.resource())
	return v.about(s, "/settings", sheet{title: "Settings", status: d.Faults.status(), trail: []page.Link{{Text: "Settings"}},
		body: settingsForm(s, d, v.Connections != nil, v.may("application:move", s.resource()), v.may("application:delete", s.resource()))})
}

func editApplication(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	d := v.enteredApplication()
	if _, err := v.Applications.Edit(v.ctx(), v.by, s.ID, d.draft()); err != nil {
		if f, ok := faultsOf(err, applicationFields...); ok {
			d.Faults = f
			return showSettings(v, s, d)
		}
		return err
	}
	return v.leave(s.path()+"/settings", "Saved. Customers see the new words from now on.")
}

// moveView is the choice of another group and what would change with it.
type moveView struct {
	subject
	Groups  []group.Group
	Chosen  string
	Changes []limitChange
	Token   string
	Faults  faults
}

// limitChange is one limit before and after a move.
type limitChange struct {
	Label     string
	Here      string
	There     string
	Different bool
}

func movePage(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	d := moveView{subject: s, Chosen: v.query("to")}
	if d.Chosen != "" {
		if _, err := v.Applications.CheckMove(v.ctx(), v.by, s.ID, d.Chosen); err != nil {
			f, ok := faultsOf(err)
			if !ok {
				return err
			}
			d.Faults, d.Chosen = f, ""
		}
	}
	return showMove(v, d)
}

func showMove(v *visit, d moveView) error {
	if err := v.by.Reach("application", "application:move", d.resource()); err != nil {
		return err
	}
	m, err := v.memberships()
	if err != nil {
		return err
	}
	for _, g := range m.groups {
		if g.ID.String() != d.Group && g.State == group.Active && v.may("application:create", access.On("group", g.ID.String())) {
			d.Groups = append(d.Groups, g)
		}
	}
	if d.Chosen != "" {
		if d.Changes, err = v.limitChanges(d.Group, d.Chosen); err != nil {
			return err
		}
	}
	d.Token = v.token(d.path() + "/move")
	return v.about(d.subject, "/settings", sheet{title: "Move", status: d.Faults.status(), trail: []page.Link{{Text: "Settings", URL: d.path() + "/settings"}, {Text: "Move"}}, body: moveForm(d)})
}

// limitChanges compares what two groups may use.
func (v *visit) limitChanges(from, to string) ([]limitChange, error) {
	here, err := v.Quota.Limits(v.ctx(), v.by, from)
	if err != nil {
		return nil, err
	}
	there, err := v.Quota.Limits(v.ctx(), v.by, to)
	if err != nil {
		return nil, err
	}
	value := func(l quota.Limits, label string) string {
		for _, one := range l.Limits {
			if limitLabel(one) == label {
				return page.Count(one.Value)
			}
		}
		return "no limit"
	}
	var out []limitChange
	seen := map[string]bool{}
	for _, l := range []quota.Limits{here, there} {
		for _, one := range l.Limits {
			label := limitLabel(one)
			if seen[label] {
				continue
			}
			seen[label] = true
			c := limitChange{Label: label, Here: value(here, label), There: value(there, label)}
			c.Different = c.Here != c.There
			out = append(out, c)
		}
	}
	return out, nil
}

func moveApplication(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	to := v.field("to")
	if _, err := v.Applications.Move(v.ctx(), v.by, s.ID, to); err != nil {
		if f, ok := faultsOf(err); ok {
			return showMove(v, moveView{subject: s, Chosen: to, Faults: f})
		}
		return err
	}
	return v.leave(s.path(), s.Name+" belongs to its new group now. The limits of that group apply from this moment.")
}

func deletePage(v *visit) error { return showDelete(v, faults{}) }

func showDelete(v *visit, f faults) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	if err := v.by.Reach("application", "application:delete", s.resource()); err != nil {
		return err
	}
	p, err := v.progress(s.Application)
	if err != nil {
		return err
	}
	c := page.Confirm{Title: "Delete " + s.Name + "?", Text: "For seven days you can take it back. After that it is gone for good.",
		Consequences: []string{"Its keys stop working at once, so nothing gets a token with them any more.", "Nobody can install it, and its application ID is never used again."},
		Action:       s.path() + "/delete", Token: v.token(s.path() + "/delete"), Phrase: s.Name, Name: "confirm", Error: f.at("/confirm"),
		Button: "Delete the application", Cancel: s.path() + "/settings"}
	if p.accounts > 0 {
		c.Consequences = append([]string{"It is installed in " + accounts(p.accounts) + ". Deleting is refused until it is installed nowhere."}, c.Consequences...)
	}
	if f.at("/confirm") != "" {
		f = faults{}
	}
	return v.about(s, "/settings", sheet{title: "Delete", status: f.status(), trail: []page.Link{{Text: "Settings", URL: s.path() + "/settings"}, {Text: "Delete"}}, body: refusable(f, c)})
}

func deleteApplication(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	a, err := v.Applications.Delete(v.ctx(), v.by, s.ID, v.field("confirm"))
	if err != nil {
		if f, ok := faultsOf(err, "/confirm"); ok {
			return showDelete(v, f)
		}
		return err
	}
	return v.leave(s.path(), s.Name+" will be deleted on "+a.Due.UTC().Format("2 January 2006, 15:04 UTC")+". Until then you can take it back.")
}

func undeleteApplication(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	if _, err := v.Applications.Undelete(v.ctx(), v.by, s.ID); err != nil {
		return err
	}
	return v.leave(s.path(), s.Name+" is back, and its keys work again.")
}

// pendingText says when a deletion becomes final.
func pendingText(v *visit, a application.Application) string {
	return "It is gone for good " + page.Ago(a.Due, v.now) + ", on " + a.Due.UTC().Format("2 January 2006 at 15:04 UTC") + ". Its keys do not work meanwhile."
}

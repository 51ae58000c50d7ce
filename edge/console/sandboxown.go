package console

import (
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/sandbox"
)

// sandboxesView is the sandboxes of a group, and the form for another.
type sandboxesView struct {
	Group  group.Group
	All    []sandbox.Sandbox
	Room   sandbox.Room
	May    bool
	Name   string
	Empty  bool // without sample data
	Token  string
	Faults faults
}

func (d sandboxesView) full() bool { return d.Room.Open >= d.Room.Most }

func sandboxesPage(v *visit) error { return v.showSandboxes(sandboxesView{}) }

func (v *visit) showSandboxes(d sandboxesView) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	d.Group = g
	if d.All, err = v.Sandboxes.List(v.ctx(), v.by, g.ID); err != nil {
		return err
	}
	if d.Room, err = v.Sandboxes.Room(v.ctx(), v.by, g.ID); err != nil {
		return err
	}
	d.May = g.State == group.Active && v.may(sandbox.ActionCreate, sandbox.Resource(g.ID.String(), "new"))
	d.Token = v.token(sandboxesPath(g.ID.String()))
	return v.inGroup(g, sheet{title: "Sandboxes", status: d.Faults.status(), trail: []page.Link{{Text: "Sandboxes"}}, body: sandboxList(v, d)})
}

func makeSandbox(v *visit) error {
	id, err := ident.Parse[group.Group](v.r.PathValue("group"))
	if err != nil {
		return err
	}
	o := sandbox.Opening{Name: v.field("name")}
	if v.field("offered") != "" {
		seed := v.field("seed") == "on"
		o.Seed = &seed
	}
	b, err := v.Sandboxes.Open(v.ctx(), v.by, id, o)
	if err != nil {
		if f, ok := faultsOf(err, "/name"); ok {
			return v.showSandboxes(sandboxesView{Name: o.Name, Empty: o.Seed != nil && !*o.Seed, Faults: f})
		}
		return err
	}
	words := "The sandbox is made."
	if b.Asked != nil {
		words = "The sandbox is made, and " + v.product() + " is asked to open it."
	}
	return v.leave(sandboxPath(b.ID), words)
}

// resetStays is what a reset leaves, in the same words wherever it is offered.
var resetStays = []string{
	"Installations, grants, tokens, webhooks and the log of events stay as they are here.",
	"What changes by it is told as events, like any other change; webhooks of this sandbox receive them.",
	"It cannot be undone.",
}

func resetSandboxPage(v *visit) error { return v.confirmSandbox("reset", faults{}) }
func closeSandboxPage(v *visit) error { return v.confirmSandbox("close", faults{}) }

func (v *visit) confirmSandbox(what string, f faults) error {
	id, err := v.sandboxID()
	if err != nil {
		return err
	}
	b, err := v.Sandboxes.Get(v.ctx(), v.by, id)
	if err != nil {
		return err
	}
	owner, err := ident.Parse[group.Group](b.Group)
	if err != nil {
		return err
	}
	g, err := v.Groups.Get(v.ctx(), v.by, owner)
	if err != nil {
		return err
	}
	room, err := v.Sandboxes.Room(v.ctx(), v.by, owner)
	if err != nil {
		return err
	}
	action := sandboxPath(id) + "/" + what
	c := page.Confirm{Action: action, Token: v.token(action), Cancel: sandboxPath(id)}
	switch {
	case what == "close" && b.OpenedBy == "", what == "reset" && room.Reset == "":
		return problem.NotFound("page")
	case what == "close":
		c.Title, c.Text, c.Button = "Close "+b.Name+"?", "It is closed for good. Every token in it stops with the next call.", "Close the sandbox"
		c.Consequences = []string{"Your group may make another instead."}
		if room.Opens {
			c.Consequences = append(c.Consequences, v.product()+" is asked to remove its data in this account.")
		}
	default:
		c.Title, c.Text, c.Button = "Reset "+b.Name+"?", v.product()+" makes its data in this account anew. "+room.Reset, "Reset the sandbox"
		c.Consequences = resetStays
	}
	return v.inGroup(g, sheet{title: c.Title, status: f.status(), current: sandboxesPath(b.Group),
		trail: []page.Link{{Text: "Sandboxes", URL: sandboxesPath(b.Group)}, {Text: b.Name, URL: sandboxPath(id)}}, body: refusable(f, c)})
}

func resetSandbox(v *visit) error {
	id, err := v.sandboxID()
	if err != nil {
		return err
	}
	b, err := v.Sandboxes.Reset(v.ctx(), v.by, id)
	if err != nil {
		if f, ok := faultsOf(err); ok {
			return v.showSandbox(sandboxView{Faults: f})
		}
		return err
	}
	if b.Asked != nil && b.Asked.What == sandbox.Create {
		return v.leave(sandboxPath(id), v.product()+" is asked to open the sandbox.")
	}
	return v.leave(sandboxPath(id), v.product()+" is asked to reset the sandbox. Below you see when it is done.")
}

func closeSandbox(v *visit) error {
	id, err := v.sandboxID()
	if err != nil {
		return err
	}
	b, err := v.Sandboxes.Get(v.ctx(), v.by, id)
	if err != nil {
		return err
	}
	if err := v.Sandboxes.Close(v.ctx(), v.by, id); err != nil {
		if f, ok := faultsOf(err); ok {
			return v.showSandbox(sandboxView{Faults: f})
		}
		return err
	}
	return v.leave(sandboxesPath(b.Group), b.Name+" is closed.")
}

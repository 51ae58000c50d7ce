package console

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/group"
)

// groupSettingsView is what can be changed about a group.
type groupSettingsView struct {
	Group       group.Group
	Name, Hint  string
	Token       string
	Second      string // form token
	MayRename   bool
	MayTransfer bool
	MayArchive  bool
	Others      bool // there is somebody to transfer to
	Faults      faults
}

func groupSettings(v *visit) error { return showGroupSettings(v, groupSettingsView{}) }

func showGroupSettings(v *visit, d groupSettingsView) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	members, err := v.Groups.Members(v.ctx(), v.by, g.ID)
	if err != nil {
		return err
	}
	on := access.On("group", g.ID.String())
	d.Group, d.Hint, d.Token, d.Others = g, v.Groups.Naming.Hint, v.token(groupPath(g.ID.String())+"/name"), len(members) > 1
	d.Second = v.token(groupPath(g.ID.String()) + "/second-person")
	if !d.Faults.any() {
		d.Name = g.Name
	}
	d.MayRename, d.MayTransfer, d.MayArchive = v.may("group:update", on), v.may("group:transfer", on), v.may("group:archive", on)
	return v.inGroup(g, sheet{title: "Settings", status: d.Faults.status(), trail: []page.Link{{Text: "Settings"}}, body: groupSettingsPage(d)})
}

// setSecondPerson turns the rule on or off that a second member confirms releases.
func setSecondPerson(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	on, said := v.field("second_person") == "on", "Whoever releases a version to customers does it alone again."
	if on {
		said = "From now on a second member confirms each version before it goes to customers."
	}
	if _, err := v.Groups.SetSecondPerson(v.ctx(), v.by, g.ID, on); err != nil {
		if f, ok := faultsOf(err); ok {
			return showGroupSettings(v, groupSettingsView{Name: g.Name, Faults: f})
		}
		return err
	}
	return v.leave(groupPath(g.ID.String())+"/settings", said)
}

func renameGroup(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	d := groupSettingsView{Name: v.field("name")}
	if _, err := v.Groups.Rename(v.ctx(), v.by, g.ID, d.Name); err != nil {
		if f, ok := faultsOf(err, "/name"); ok {
			d.Faults = f
			return showGroupSettings(v, d)
		}
		return err
	}
	return v.leave(groupPath(g.ID.String())+"/settings", "The group has its new name.")
}

// transferView is the choice of a new owner.
type transferView struct {
	Group   group.Group
	Members []group.Member // without the owner
	Chosen  string
	Confirm page.Confirm
	Faults  faults
}

func transferPage(v *visit) error { return showTransfer(v, faults{}) }

func showTransfer(v *visit, f faults) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	if err := v.by.Reach("group", "group:transfer", access.On("group", g.ID.String())); err != nil {
		return err
	}
	d := transferView{Group: g, Chosen: v.field("user"), Faults: f}
	members, err := v.Groups.Members(v.ctx(), v.by, g.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Role != group.RoleOwner {
			d.Members = append(d.Members, m)
		}
	}
	base := groupPath(g.ID.String())
	d.Confirm = page.Confirm{Title: "Transfer " + g.Name, Text: "The group gets a new owner. You stay as an administrator and can leave afterwards.",
		Consequences: []string{"Only the new owner can transfer the group again or archive it.", "Applications, keys and installations stay as they are."},
		Action:       base + "/transfer", Token: v.token(base + "/transfer"), Button: "Transfer the group", Cancel: base + "/settings", Mild: true}
	return v.inGroup(g, sheet{title: "Transfer", status: f.status(), trail: []page.Link{{Text: "Settings", URL: base + "/settings"}, {Text: "Transfer"}}, body: transferForm(d)})
}

func transferGroup(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	if _, err := v.Groups.Transfer(v.ctx(), v.by, g.ID, v.field("user")); err != nil {
		if f, ok := faultsOf(err, "/user"); ok {
			return showTransfer(v, f)
		}
		return err
	}
	if err := v.renew(); err != nil {
		return err
	}
	return v.leave(groupPath(g.ID.String())+"/members", "The group has a new owner. You are an administrator of it now.")
}

func archivePage(v *visit) error { return showArchive(v, faults{}) }

func showArchive(v *visit, f faults) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	if err := v.by.Reach("group", "group:archive", access.On("group", g.ID.String())); err != nil {
		return err
	}
	base := groupPath(g.ID.String())
	c := page.Confirm{Title: "Archive " + g.Name + "?", Text: "An archived group owns nothing and nothing can be registered in it.",
		Consequences: []string{"It works only when the group has no application left: move or delete them first.", "The owner can restore the group at any time."},
		Action:       base + "/archive", Token: v.token(base + "/archive"), Button: "Archive the group", Cancel: base + "/settings"}
	return v.inGroup(g, sheet{title: "Archive", status: f.status(), trail: []page.Link{{Text: "Settings", URL: base + "/settings"}, {Text: "Archive"}}, body: refusable(f, c)})
}

func archiveGroup(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	if _, err := v.Groups.Archive(v.ctx(), v.by, g.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return showArchive(v, f)
		}
		return err
	}
	return v.leave(groupPath(g.ID.String()), g.Name+" is archived.")
}

func restoreGroup(v *visit) error {
	g, err := v.groupOf()
	if err != nil {
		return err
	}
	if _, err := v.Groups.Restore(v.ctx(), v.by, g.ID); err != nil {
		return err
	}
	return v.leave(groupPath(g.ID.String()), g.Name+" is open again.")
}

package console

import (
	"slices"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
)

func (c *Console) updateRoutes() []route {
	const at = "/installations/{installation}/update"
	return []route{
		{"GET " + at, c.page(updatePage)},
		{"POST " + at, c.page(takeUpdate)},
		{"POST /installations/{installation}/updates", c.page(setUpdates)},
	}
}

// updateView is a newer version of what is installed (row H25).
type updateView struct {
	Here integration.Listed
	integration.Update
	Chosen []string
	Token  string
	Faults faults
}

func updatePage(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	u, err := v.Integrations.Update(v.ctx(), v.by, i.ID)
	if problem.CodeOf(err) == "nothing_newer" {
		return v.leave(installationPath(i.ID.String()), "The newest version is installed.")
	}
	if err != nil {
		return err
	}
	d := updateView{Here: i, Update: u}
	for _, s := range u.Asked { // what was approved stays approved; nothing else by not looking
		if s.Required || slices.Contains(i.Scopes, s.Scope) {
			d.Chosen = append(d.Chosen, s.Scope)
		}
	}
	return v.showUpdate(d)
}

func (v *visit) showUpdate(d updateView) error {
	path := installationPath(d.Here.ID.String())
	if err := v.by.Reach("installation", "installation:update", integration.Resource(d.Here.Installation)); err != nil {
		return err
	}
	d.Token = v.token(path + "/update")
	return v.show(sheet{title: "New version of " + d.Here.ApplicationName, area: areaAccount, account: d.Here.Account, current: accountPath(d.Here.Account), status: d.Faults.status(),
		trail: []page.Link{{Text: d.Here.AccountName, URL: accountPath(d.Here.Account)}, {Text: d.Here.ApplicationName, URL: path}, {Text: "New version"}}, body: updateForm(v, d)})
}

func takeUpdate(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	t := integration.Taking{Version: v.field("version"), Scopes: v.r.PostForm["scope"]}
	if _, err = v.Integrations.Take(v.ctx(), v.by, i.ID, t); err == nil {
		return v.leave(installationPath(i.ID.String()), i.ApplicationName+" has the new version. What you approved holds from its next call.")
	}
	f, ok := faultsOf(err, "/scopes")
	if p := problem.Of(err); p.Code == "application_unverified" || p.Code == "verification_suspended" {
		f, ok = faults{text: p.Detail}, true
	}
	if !ok {
		return err
	}
	u, err := v.Integrations.Update(v.ctx(), v.by, i.ID)
	if err != nil {
		return err
	}
	return v.showUpdate(updateView{Here: i, Update: u, Chosen: t.Scopes, Faults: f})
}

// picks lists what the version asks for: new things first.
func (d updateView) picks() []page.PickGroup {
	groups := []page.PickGroup{{Title: "New, and needed by the new version"}, {Title: "New: your choice"}, {Title: "You approved these before"}}
	for _, s := range d.Asked {
		p := page.Pick{Value: s.Scope, Label: s.Label, Code: s.Scope, Text: s.Explanation, Badge: riskBadge(s.Risk), Locked: s.Required, Checked: slices.Contains(d.Chosen, s.Scope), More: scopeMore(s)}
		at := 2
		if slices.Contains(d.New, s.Scope) {
			at = 1
			if s.Required {
				at = 0
			}
		}
		groups[at].Picks = append(groups[at].Picks, p)
	}
	return slices.DeleteFunc(groups, func(g page.PickGroup) bool { return len(g.Picks) == 0 })
}

// update finds whether there is a newer version for the page of an installation.
func (d *installationView) update(v *visit) error {
	if !d.Customer || d.State == integration.Removed {
		return nil
	}
	u, err := v.Integrations.Update(v.ctx(), v.by, d.ID)
	switch problem.CodeOf(err) {
	case "nothing_newer", "not_found":
		return nil
	}
	d.Newer = u
	return err
}

// setUpdates sets the rule for new versions to come.
func setUpdates(v *visit) error {
	i, err := v.installationOf()
	if err != nil {
		return err
	}
	to := integration.Updates(v.field("updates"))
	if _, err := v.Integrations.Amend(v.ctx(), v.by, i.ID, integration.Patch{Updates: &to}); err != nil {
		if f, ok := faultsOf(err, "/updates"); ok {
			return showInstallation(v, i, availability{}, f)
		}
		return err
	}
	words := "From now on, every version that asks for other permissions waits for you."
	if to == integration.UpdatesLowRisk {
		words = "From the next version on, those that add nothing but low risk are taken by themselves. You are told what they added."
	}
	return v.leave(installationPath(i.ID.String()), words)
}

// updatePicks are the rules for new versions.
func updatePicks(chosen integration.Updates) []page.Pick {
	return []page.Pick{
		{Value: string(integration.UpdatesAsk), Label: "Ask me", Text: "What you approved goes on working. The new version waits until you have looked at what is new.", Checked: chosen != integration.UpdatesLowRisk},
		{Value: string(integration.UpdatesLowRisk), Label: "Take it when it adds nothing but low risk", Text: "Only when the operator has reviewed it, and every permission that it adds is of low risk. What is optional is not given. You are told what was added; anything else waits for you.",
			Checked: chosen == integration.UpdatesLowRisk},
	}
}

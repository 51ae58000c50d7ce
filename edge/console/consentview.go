package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/problem"
)

// consentView is what an application asks of the person who is signed in.
type consentView struct {
	authorization.Asking
	ID      string
	Product string
	Picked  map[string]bool // optional scopes that are switched on
	Account string          // that is chosen; empty: none yet
	Token   string
	SignOut string // token of the form with which another person signs in
	Faults  faults
	Stop    *problem.Error // why nothing can be approved; nil: see the accounts
}

// Host is where the person is sent afterwards; a device is sent nowhere.
func (d consentView) Host() string {
	u, err := url.Parse(d.Request.Params.RedirectURI)
	switch {
	case err != nil || d.Request.Params.RedirectURI == "":
		return ""
	case u.Scheme != "https" && u.Scheme != "http":
		return "the application on this device (" + u.Scheme + ")"
	case u.Scheme == "http":
		return "the application on this device (" + u.Host + ")"
	}
	return u.Host
}

// chosen is the account that is chosen; the zero one when none is.
func (d consentView) chosen() consent.Choices {
	for _, c := range d.Offer.Choices {
		if d.Account != "" && c.Account == d.Account {
			return c
		}
	}
	return consent.Choices{}
}

// usable lists the accounts that can be chosen, others those that can't.
func (d consentView) usable() (yes, no []consent.Choices) {
	for _, c := range d.Offer.Choices {
		if c.Usable() {
			yes = append(yes, c)
		} else {
			no = append(no, c)
		}
	}
	return yes, no
}

// settingUp reports whether a moment's patience may be all that is missing.
func (d consentView) settingUp() bool {
	yes, no := d.usable()
	return len(yes) == 0 && slices.ContainsFunc(no, func(c consent.Choices) bool { return c.Code == "installation_pending" })
}

func (d consentView) accountPicks() []page.PickGroup {
	yes, no := d.usable()
	g := page.PickGroup{}
	for _, c := range append(yes, no...) {
		p := page.Pick{Value: c.Account, Label: c.Name, Code: c.Key, Checked: c.Account == d.Account, Barred: !c.Usable(), Text: c.Detail}
		if c.Usable() {
			p.Text = d.accountText(c)
		} else {
			p.More = consentWayOut(d, c)
		}
		g.Picks = append(g.Picks, p)
	}
	return []page.PickGroup{g}
}

// accountText says what is particular about an account that can be chosen.
func (d consentView) accountText(c consent.Choices) string {
	var out []string
	if len(c.Consented) > 0 {
		out = append(out, "It acts as you here already.")
	}
	if len(c.Refused) > 0 {
		out = append(out, "Its administrators have not approved, so it is not given here: "+listed(d.labels(c.Refused))+".")
	}
	if len(out) == 0 {
		return "Never more than your own role here allows."
	}
	return strings.Join(out, " ")
}

func (d consentView) labels(scopes []string) []string {
	var out []string
	for _, s := range scopes {
		label := s
		for _, i := range d.Offer.Items {
			if i.Scope == s {
				label = i.Label
			}
		}
		out = append(out, label)
	}
	return out
}

// scopePicks lists what is asked for. Where the person agreed before, what is new
// stands first and by itself (row H17).
func (d consentView) scopePicks() []page.PickGroup {
	c := d.chosen()
	again := len(c.Consented) > 0
	groups := []page.PickGroup{{Title: "New: you have not been asked for these before"}, {Title: "It does not work without these"}, {Title: "Your choice"}}
	if again {
		groups[1].Title, groups[2].Title = "You agreed to these before", "You agreed to these before, and may take them back"
	}
	for _, i := range d.Offer.Items {
		p := page.Pick{Value: i.Scope, Label: i.Label, Code: i.Scope, Text: i.Explanation, Badge: riskBadge(i.Risk), Locked: i.Required, Checked: d.Picked[i.Scope], More: consentPurpose(d.Offer.Developer, i.Purpose)}
		if c.Account != "" && slices.Contains(c.Refused, i.Scope) {
			p.Barred, p.Locked, p.Checked, p.Text = true, false, false, "Not given: the administrators of "+c.Name+" have not approved it."
		}
		at := 2
		if i.Required {
			at = 1
		}
		if again && !slices.Contains(c.Consented, i.Scope) {
			at = 0
		}
		groups[at].Picks = append(groups[at].Picks, p)
	}
	return slices.DeleteFunc(groups, func(g page.PickGroup) bool { return len(g.Picks) == 0 })
}

// kept are labels of what the person agreed to before and is not asked now: it stays.
func (d consentView) kept() []string {
	var out []string
	for _, s := range d.chosen().Consented {
		if !slices.ContainsFunc(d.Offer.Items, func(i consent.Item) bool { return i.Scope == s }) {
			out = append(out, s)
		}
	}
	return out
}

// risky reports whether something of high risk is asked for.
func (d consentView) risky() bool {
	return slices.ContainsFunc(d.Offer.Items, func(i consent.Item) bool { return i.Risk == "high" })
}

// identity lists what else the application learns about the person.
func (d consentView) identity() []string {
	var out []string
	for _, s := range d.Request.Params.Identity {
		switch s {
		case authorization.Profile:
			out = append(out, "your name")
		case authorization.Email:
			out = append(out, "your e-mail address")
		}
	}
	return out
}

// stopTitle and stopText say why nothing can be approved.
func (d consentView) stopTitle() string {
	switch {
	case d.Stop == nil:
		return "It can't act as you yet"
	case d.Stop.Code == "not_found":
		return "You do not belong to the account that it asks for"
	case d.Stop.Code == "scope_too_small" || d.Stop.Code == "scope_not_requested":
		return "The application asks for the wrong permissions"
	}
	return "Access can't be given"
}

func (d consentView) stopText() string {
	switch {
	case d.Stop == nil && len(d.Offer.Choices) == 0:
		return "You do not belong to any account of " + d.Product + ". Ask an administrator of your organisation to add you, or sign in as somebody else."
	case d.Stop == nil:
		return "These are your accounts, and what is missing in each."
	case d.Stop.Code == "not_found":
		return "You may be signed in as the wrong person. If not, ask an administrator of the account to add you."
	}
	return d.Stop.Detail
}

package console

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/usage"
)

const authorisedPath = "/me/applications"

// authorisedRoutes are the pages about applications that act as people: everybody's
// own, and for administrators those of all members of an account.
func (c *Console) authorisedRoutes() []route {
	if c.Authority == nil {
		return nil
	}
	const mine, all = authorisedPath + "/{consent}/revoke", "/accounts/{account}/consents/{consent}/revoke"
	return []route{
		{"GET " + authorisedPath, c.page(authorisedPage)},
		{"GET " + mine, c.page(revokeMinePage)},
		{"POST " + mine, c.page(revokeMine)},
		{"GET /accounts/{account}/consents", c.page(accountConsentsPage)},
		{"GET " + all, c.page(revokeMembersPage)},
		{"POST " + all, c.page(revokeMembers)},
	}
}

func accountConsentsPath(id string) string { return accountPath(id) + "/consents" }

// authorisedLine is a consent as lists show it.
type authorisedLine struct {
	consent.Listed
	Labels []string // of its scopes
	Used   usage.Last
}

// authorisedView is a list of consents.
type authorisedView struct {
	Account account.Account // the zero one: a person's own
	Live    []authorisedLine
	Over    []authorisedLine
}

// base is the address of the list.
func (d authorisedView) base() string {
	if d.Account.ID.IsZero() {
		return authorisedPath
	}
	return accountConsentsPath(d.Account.ID.String())
}

func (d authorisedView) own() bool { return d.Account.ID.IsZero() }

// overShown bounds how many consents that are over are listed.
const overShown = 50

func (v *visit) authorised(d authorisedView, all []consent.Listed) (authorisedView, error) {
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.Grant
	}
	used, err := v.lastUses("grant", ids)
	if err != nil {
		return d, err
	}
	for _, c := range all {
		line := authorisedLine{Listed: c, Used: used[c.Grant], Labels: v.scopeLabels(c.Scopes)}
		if c.State == consent.Active {
			d.Live = append(d.Live, line)
		} else if len(d.Over) < overShown {
			d.Over = append(d.Over, line)
		}
	}
	return d, nil
}

// scopeLabels puts scopes into the words of the catalog.
func (v *visit) scopeLabels(scopes []string) []string {
	out := make([]string, 0, len(scopes))
	for _, name := range scopes {
		if sc, ok := v.Catalog.Get().Scope(name); ok && sc.Label != "" {
			name = sc.Label
		}
		out = append(out, name)
	}
	return out
}

func authorisedPage(v *visit) error {
	all, err := v.Authority.Consents.ListMine(v.ctx(), v.by)
	if err != nil {
		return err
	}
	d, err := v.authorised(authorisedView{}, all)
	if err != nil {
		return err
	}
	return v.mine(sheet{title: "Applications that act as you", trail: []page.Link{{Text: "Applications"}}, body: authorisedList(v, d)})
}

func accountConsentsPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	all, err := v.Authority.Consents.ListOfAccount(v.ctx(), v.by, a.ID)
	if err != nil {
		return err
	}
	d, err := v.authorised(authorisedView{Account: a}, all)
	if err != nil {
		return err
	}
	return v.inAccount(a, sheet{title: "Acting for people", trail: []page.Link{{Text: "Acting for people"}}, body: authorisedList(v, d)})
}

// consentOf loads the consent that the address names; in an account only one of
// that account.
func (v *visit) consentOf(in account.Account) (consent.Listed, error) {
	id, err := ident.Parse[consent.Consent](v.r.PathValue("consent"))
	if err != nil {
		return consent.Listed{}, err
	}
	c, err := v.Authority.Consents.Get(v.ctx(), v.by, id)
	if err == nil && (in.ID.IsZero() && c.User != v.by.User || !in.ID.IsZero() && c.Account != in.ID.String()) {
		err = problem.NotFound("consent")
	}
	return c, err
}

func revokeMinePage(v *visit) error {
	c, err := v.consentOf(account.Account{})
	if err != nil {
		return err
	}
	return v.mine(sheet{title: "Take access back", trail: []page.Link{{Text: "Applications", URL: authorisedPath}, {Text: "Take access back"}},
		body: v.revocation(c, authorisedPath, "you")})
}

func revokeMembersPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	c, err := v.consentOf(a)
	if err != nil {
		return err
	}
	base := accountConsentsPath(a.ID.String())
	return v.inAccount(a, sheet{title: "Take access away", trail: []page.Link{{Text: "Acting for people", URL: base}, {Text: "Take access away"}},
		body: v.revocation(c, base, c.UserName)})
}

// revocation asks before a consent is taken back, and says exactly what stops.
func (v *visit) revocation(c consent.Listed, base, whom string) page.Confirm {
	action := base + "/" + c.ID.String() + "/revoke"
	ask := page.Confirm{Title: "Stop " + c.ApplicationName + " from acting as " + whom + "?", Text: "In " + c.AccountName + ". Everything else goes on as before.",
		Consequences: []string{"Its tokens for this are refused from now on: its next call fails.", "What it copied before stays with its developers, " + c.Developer + "." + asking(c.Support)},
		Action:       action, Token: v.token(action), Button: "Take access back", Cancel: base}
	if whom != "you" {
		ask.Button = "Take access away"
		ask.Consequences = append(ask.Consequences, whom+" is told, and may approve the application again as long as its end-user access is on.")
	} else {
		ask.Consequences = append(ask.Consequences, "When you sign in with it again, you are asked again.")
	}
	return ask
}

func asking(support string) string {
	if support == "" {
		return ""
	}
	return " Ask them to delete it: " + support + "."
}

func revokeMine(v *visit) error {
	return v.revoke(account.Account{}, authorisedPath)
}

func revokeMembers(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	return v.revoke(a, accountConsentsPath(a.ID.String()))
}

func (v *visit) revoke(in account.Account, base string) error {
	c, err := v.consentOf(in)
	if err != nil {
		return err
	}
	if _, err := v.Authority.Consents.Revoke(v.ctx(), v.by, c.ID); err != nil && problem.CodeOf(err) != "consent_over" {
		return err
	}
	return v.leave(base, c.ApplicationName+" can't act as "+c.UserName+" in "+c.AccountName+" any more.")
}

// authorisedState says whether a consent opens anything now, and why not.
func authorisedState(c consent.Listed) page.Badge {
	switch {
	case c.State == consent.Revoked:
		return page.Badge{Text: "Taken back", Tone: page.ToneNeutral}
	case c.State == consent.Ended:
		return page.Badge{Text: "Ended", Tone: page.ToneNeutral}
	case c.GrantState == "active":
		return page.Badge{Text: "Active", Tone: page.ToneGood, Dot: true}
	}
	return page.Badge{Text: "Stopped for now", Tone: page.ToneWarn, Dot: true}
}

// authorisedWhy says in a line what is behind the state.
func authorisedWhy(c consent.Listed) string {
	switch {
	case c.State != consent.Active:
		return c.Reason
	case c.GrantState == "active" && c.Trusted:
		return "Trusted by an administrator: nobody was asked"
	case c.GrantReason == "delegation_off":
		return "End-user access is off in the account"
	case c.GrantState != "active":
		return strings.ReplaceAll(c.GrantReason, "_", " ")
	}
	return ""
}

func authorisedScopes(l authorisedLine) string {
	if len(l.Labels) == 0 {
		return "No permission"
	}
	out := slices.Clone(l.Labels)
	const most = 4
	if len(out) > most {
		out = append(out[:most-1], plural(len(l.Labels)-most+1, "more permission"))
	}
	return listed(out)
}

package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
)

func (c *Console) installRoutes() []route {
	return []route{
		{"GET /install/{application}", c.page(installLink)},
		{"GET /accounts/{account}/install", c.page(installPage)},
		{"POST /accounts/{account}/install", c.page(install)},
	}
}

func installURL(account, publicID string) string {
	return accountPath(account) + "/install?application_id=" + url.QueryEscape(publicID)
}

// installLink is where a developer's link leads: it asks for the account when there are several.
func installLink(v *visit) error {
	id := v.r.PathValue("application")
	m, err := v.memberships()
	if err != nil {
		return err
	}
	m.accounts = slices.DeleteFunc(m.accounts, func(a account.Account) bool {
		return a.State != account.Active || !v.may("installation:create", account.Resource(a.ID.String())) && !v.mayAsk(a.ID.String())
	})
	if len(m.accounts) == 1 {
		return v.leave(installURL(m.accounts[0].ID.String(), id), "")
	}
	d := installLinkView{ID: id}
	for _, a := range m.accounts {
		o, ask, err := v.lookAt(a, id)
		line := installTarget{Account: a, Ask: ask}
		switch {
		case err == nil:
			d.Name, d.Developer, line.Installed = o.Application.Name, o.Developer, o.Installed
		case problem.Of(err).Kind == problem.KindInternal:
			return err
		}
		d.Targets = append(d.Targets, line)
	}
	return v.show(sheet{title: "Install an application", area: areaAccount, current: "/accounts", trail: []page.Link{{Text: "Install an application"}}, body: installChoice(d)})
}

// installLinkView asks where to install.
type installLinkView struct {
	ID        string
	Name      string // empty: could not be read for any account
	Developer string
	Targets   []installTarget
}

type installTarget struct {
	account.Account
	Installed string // the installation that is there already
	Ask       bool   // it needs somebody's approval there
}

// lookAt reads an offer for somebody who may install it or may ask for it.
func (v *visit) lookAt(a account.Account, id string) (integration.Offer, bool, error) {
	if v.Admission == nil {
		o, err := v.Integrations.Preview(v.ctx(), v.by, a.ID, id)
		return o, false, err
	}
	l, err := v.Admission.Look(v.ctx(), v.by, a.ID, id)
	return l.Offer, !l.Install, err
}

// installView is the consent page.
type installView struct {
	Account account.Account
	Offer   integration.Offer
	Choices integration.Choices
	Chosen  installChosen
	Rights  []installRight
	Product string
	Token   string
	Faults  faults
	Reload  string // address that draws the summary anew
	Next    string // where to go after it is installed; "/": to the installation
}

// installChosen is what the administrator has chosen so far.
type installChosen struct {
	Scopes     []string
	Keep       []string // entitlements that stay in the role
	User       string   // "" makes one
	UserName   string
	Role       string // "" makes one
	RoleName   string
	Delegation string
	Override   string
}

func (c installChosen) has(scope string) bool { return slices.Contains(c.Scopes, scope) }

// installRight is one entitlement in the product's words.
type installRight struct {
	Entitlement   string
	Labels        []string
	Screen        string
	Explanation   string
	Administrator bool
	Scopes        []string // labels of the scopes that give it
	Optional      bool     // only optional scopes give it
	Needs         []string // those scopes
}

func installPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	id := strings.ToLower(v.query("application_id"))
	if err := v.by.Reach("account", "installation:create", account.Resource(a.ID.String())); err != nil {
		if v.mayAsk(a.ID.String()) {
			return askPage(v)
		}
		return err
	}
	if id == "" {
		return v.inAccount(a, installSheet(enterPage(a, "", ""), http.StatusOK))
	}
	o, err := v.Integrations.Preview(v.ctx(), v.by, a.ID, id)
	if err != nil {
		return installRefused(v, a, id, err)
	}
	d := installView{Account: a, Offer: o, Next: page.LocalPath(v.query("next"))}
	if v.r.URL.Query().Has("part") { // the summary is drawn anew as choices change
		d.Chosen = chosenIn(v.r.URL.Query())
		d.fill(v)
		return v.fragment(installSummary(d))
	}
	d.Chosen = d.proposal(v)
	return showInstall(v, d)
}

// proposal is what the page shows first: exactly what is asked for, no more.
func (d installView) proposal(v *visit) installChosen {
	c := installChosen{UserName: d.Offer.Version.UserName, RoleName: d.Offer.Version.RoleName, Delegation: d.Offer.Version.Delegation}
	if c.Delegation == "trusted" || c.Delegation == "" {
		c.Delegation = "off" // nobody becomes trusted by not looking
	}
	if c.Delegation == "off" && strings.HasPrefix(d.Next, consentPath+"?") {
		c.Delegation = "consent" // the administrator comes from a page that needs it
	}
	for _, s := range d.Offer.Asked {
		if s.Required {
			c.Scopes = append(c.Scopes, s.Scope)
		}
		c.Keep = append(c.Keep, s.Entitlements...)
	}
	return c
}

func installSheet(body templ.Component, status int) sheet {
	return sheet{title: "Install an application", status: status, trail: []page.Link{{Text: "Install an application"}}, body: body}
}

func showInstall(v *visit, d installView) error {
	var err error
	if d.Choices, err = v.Integrations.Choices(v.ctx(), v.by, d.Account.ID); err != nil {
		return err
	}
	d.fill(v)
	d.Token = v.token(accountPath(d.Account.ID.String()) + "/install")
	d.Reload = installURL(d.Account.ID.String(), d.Offer.Application.PublicID) + "&part=summary"
	return v.inAccount(d.Account, sheet{title: "Install " + d.Offer.Application.Name, status: d.Faults.status(),
		trail: []page.Link{{Text: "Install " + d.Offer.Application.Name}}, body: installForm(v, d)})
}

// fill puts the entitlements that the offer leads to into the product's words.
func (d *installView) fill(v *visit) {
	cat := v.Catalog.Get()
	d.Product = cat.File().Product.Name
	at := map[string]int{}
	for _, s := range d.Offer.Asked {
		for _, e := range s.Entitlements {
			i, there := at[e]
			if !there {
				i = len(d.Rights)
				at[e] = i
				about := cat.File().Entitlements[e]
				r := installRight{Entitlement: e, Explanation: about.Explanation, Administrator: about.Administrator, Optional: true}
				for _, p := range cat.Privileges(e) {
					r.Labels = append(r.Labels, p.Label)
					if r.Screen == "" {
						r.Screen = p.Screen
					}
					r.Administrator = r.Administrator || p.Administrator
				}
				if len(r.Labels) == 0 {
					r.Labels = []string{about.Label}
					if about.Label == "" {
						r.Labels[0] = e
					}
				}
				d.Rights = append(d.Rights, r)
			}
			d.Rights[i].Scopes = append(d.Rights[i].Scopes, s.Label)
			d.Rights[i].Needs = append(d.Rights[i].Needs, s.Scope)
			d.Rights[i].Optional = d.Rights[i].Optional && !s.Required
		}
	}
}

// granted lists the privileges that the choices lead to, and those left out.
func (d installView) granted() (can, without []installRight) {
	for _, r := range d.Rights {
		wanted := slices.ContainsFunc(r.Needs, d.Chosen.has)
		switch {
		case wanted && (d.Chosen.Role != "" || slices.Contains(d.Chosen.Keep, r.Entitlement)):
			can = append(can, r)
		case wanted:
			without = append(without, r)
		}
	}
	return can, without
}

func chosenIn(q url.Values) installChosen {
	c := installChosen{Scopes: q["scope"], Keep: q["keep"], UserName: strings.TrimSpace(q.Get("user_name")), RoleName: strings.TrimSpace(q.Get("role_name")),
		User: q.Get("user"), Role: q.Get("role"), Delegation: q.Get("delegation"), Override: strings.TrimSpace(q.Get("override"))}
	return c
}

func install(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	id := v.field("application_id")
	d := installView{Account: a, Chosen: chosenIn(v.r.PostForm), Next: page.LocalPath(v.field("next"))}
	if d.Offer, err = v.Integrations.Preview(v.ctx(), v.by, a.ID, id); err != nil {
		return installRefused(v, a, id, err)
	}
	o := integration.Order{ApplicationID: id, Scopes: d.Chosen.Scopes, User: d.Chosen.User, Role: d.Chosen.Role, Delegation: d.Chosen.Delegation, Override: d.Chosen.Override}
	if o.Scopes == nil {
		o.Scopes = []string{} // nothing was approved, which is not the same as not asked
	}
	if o.User == "" {
		o.UserName = d.Chosen.UserName
	}
	if o.Role == "" {
		o.RoleName = d.Chosen.RoleName
		for _, s := range d.Offer.Asked {
			for _, e := range s.Entitlements {
				if !slices.Contains(d.Chosen.Keep, e) && !slices.Contains(o.Without, e) {
					o.Without = append(o.Without, e)
				}
			}
		}
	}
	i, err := v.Integrations.Install(v.ctx(), v.by, a.ID, o)
	if err == nil {
		words := d.Offer.Application.Name + " is installed. It can begin at once; you need not send the developer anything."
		if i.State == integration.Pending {
			words = d.Offer.Application.Name + " is installed. It can begin as soon as the product has created its integration user, in a moment."
		}
		if d.Next != "/" {
			return v.leave(d.Next, words)
		}
		return v.leave(installationPath(i.ID.String()), words)
	}
	p := problem.Of(err)
	switch p.Code {
	case "already_installed", "installation_quota_exceeded", "application_unverified_many", "nothing_released":
		return installRefused(v, a, id, err)
	}
	if f, ok := faultsOf(err, "/scopes", "/user_name", "/role", "/delegation"); ok {
		d.Faults = f
		return showInstall(v, d)
	}
	return installRefused(v, a, id, err)
}

// installRefused explains why an application can't be installed here, and whom to ask.
func installRefused(v *visit, a account.Account, id string, err error) error {
	p := problem.Of(err)
	d := installNo{Account: a, Tone: page.ToneWarn}
	status := http.StatusConflict
	switch p.Code {
	case "not_found":
		return v.inAccount(a, installSheet(enterPage(a, id, "There is no application with this ID. Compare it with what your vendor sent: it has 36 characters, such as 6f1c2e9a-4b0d-4f7e-9a51-0c3b7d2e8f64."), http.StatusNotFound))
	case "already_installed":
		there, _ := p.Extra["installation"].(string)
		return v.leave(installationPath(there), "It is installed already. Here it is.")
	case "nothing_released":
		d.Title, d.Text = "There is nothing to install yet", "The developer has registered the application, but has not released a version of it."
		d.Steps = []string{"Ask the developer to release a version, then open this page again."}
	case "installation_quota_exceeded":
		contact, _ := p.Extra["contact"].(string)
		d.Title = "The developer has no room for another customer"
		d.Text = "Each developer may be installed in a certain number of accounts, and this one has used them all. It is nothing that you did wrong."
		d.Contact = contact
		d.Steps = []string{"Write to the developer and ask for room for “" + a.Name + "”. We have told them already that you tried.", "When they have answered, open this page again. Nothing was installed."}
	case "application_suspended", "group_suspended":
		d.Title, d.Tone = "This application is stopped", page.ToneBad
		d.Text = "The operator of this platform has suspended it. Until that is lifted, nobody can install it and it can do nothing anywhere."
		d.Steps = []string{"Ask the developer what happened and when they expect it to be lifted."}
	case "application_unverified":
		d.Title, d.Text = "This application is not verified yet", "On this platform an application is reviewed before customers can install it, and this one, or something that it asks for, has not been."
		d.Steps = []string{"Ask the developer when it will be verified, then open this page again. Nothing was installed."}
	case "application_unverified_many":
		d.Title, d.Text = "Nobody has reviewed this application yet", "Without a review only a few customers can have an application, and this one is with as many as the operator of this platform allows. It is nothing that you did wrong."
		d.Steps = []string{"Ask the developer when it will be verified. We have told them already that you tried.", "When it is, open this page again. Nothing was installed."}
	case "verification_suspended":
		d.Title, d.Tone = "The review of this application is suspended", page.ToneBad
		d.Text = "The operator of this platform has doubts about it. Until they are settled, only its developers can use it, in their own sandboxes."
		d.Steps = []string{"Ask the developer what happened and when they expect it to be settled."}
	case "approval_needed":
		d.Title, d.Text = "An approval is needed", p.Detail
		d.Steps = []string{"Ask for it: say what it is for, and which permissions it needs.", "The administrators of " + ruleOf(p) + " decide. An approval installs it at once."}
		d.Ask = askURL(a.ID.String(), id)
	case "application_not_allowed":
		d.Title, d.Text = "This application is not on the list", p.Detail
		d.Steps = []string{"Ask an administrator of " + ruleOf(p) + " to put it on the list, then open this page again. Nothing was installed."}
	case "application_blocked":
		d.Title, d.Text, d.Tone = "This application is blocked", p.Detail, page.ToneBad
		if reason, ok := p.Extra["reason"].(string); ok {
			d.Text += " The reason: " + reason
		}
		d.Steps = []string{"Ask an administrator of " + ruleOf(p) + " if you think that the reason does not hold any more. Nothing was installed."}
	case "application_deleted", "group_archived":
		d.Title, d.Text = "This application is no longer offered", "Its developer has withdrawn it."
		d.Steps = []string{"Ask the developer whether there is a successor, and for its application ID."}
	default:
		return err
	}
	d.Code = p.Code
	return v.inAccount(a, installSheet(installImpossible(d), status))
}

// installNo is why an application can't be installed.
type installNo struct {
	Account account.Account
	Title   string
	Text    string
	Contact string
	Steps   []string
	Code    string
	Tone    page.Tone
	Ask     string // where to ask for it; empty: nobody could approve it
}

// ruleOf names the account whose rules keep an application out.
func ruleOf(p *problem.Error) string {
	name, _ := p.Extra["rule_of_name"].(string)
	return name
}

package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

const consentPath = "/consent"

func (c *Console) consentRoutes() []route {
	if c.Authority == nil {
		return nil
	}
	return []route{{"GET " + consentPath, c.page(consentPage)}, {"POST " + consentPath, c.page(decideConsent)}}
}

// consentView is what an application asks of the person who is signed in.
type consentView struct {
	authorization.Asking
	ID      string
	Product string
	Picked  map[string]bool // optional scopes that are switched on
	Account string
	Token   string
	Faults  faults
	Stop    error // why nothing can be approved
}

// Host is where the person is sent afterwards; a device is sent nowhere.
func (d consentView) Host() string {
	u, err := url.Parse(d.Request.Params.RedirectURI)
	if err != nil || d.Request.Params.RedirectURI == "" {
		return ""
	}
	if u.Host == "" {
		return u.Scheme + ": (an application on this device)"
	}
	return u.Host
}

func (v *visit) asking(id authorization.ID) (authorization.Asking, error) {
	return v.Authority.Ask(v.ctx(), v.by, id, v.session.At.Authenticated)
}

func consentPage(v *visit) error {
	id, err := ident.Parse[authorization.Request](v.query("request"))
	if err != nil {
		return err
	}
	a, err := v.asking(id)
	if err != nil {
		return v.consentImpossible(a, id, err)
	}
	if a.Confirm {
		http.Redirect(v.w, v.r, withNext("/confirm", consentPath+"?request="+id.String()), http.StatusSeeOther)
		return nil
	}
	if a.Skip {
		scopes := make([]string, 0, len(a.Offer.Items))
		for _, i := range a.Offer.Items {
			scopes = append(scopes, i.Scope)
		}
		to, err := v.Authority.Decide(v.ctx(), v.by, id, authorization.Decision{Approve: true, Account: a.Account, Scopes: scopes, Authenticated: v.session.At.Authenticated})
		if err != nil {
			return v.consentImpossible(a, id, err)
		}
		return v.onward(a, to)
	}
	d := consentView{Asking: a, Account: a.Account, Picked: map[string]bool{}}
	for _, c := range a.Offer.Choices {
		for _, s := range c.Consented {
			d.Picked[s] = true
		}
	}
	return v.showConsent(id, d)
}

func (v *visit) showConsent(id authorization.ID, d consentView) error {
	d.ID, d.Product, d.Token = id.String(), v.product(), v.token(consentPath)
	return v.show(sheet{title: d.Offer.Application.Name + " asks for access", bare: true, quiet: true, status: d.Faults.status(),
		targets: targetOf(d.Request.Params.RedirectURI), body: consentForm(v, d)})
}

// consentImpossible says why nothing can be approved, and still lets the person
// go back to the application with a no.
func (v *visit) consentImpossible(a authorization.Asking, id authorization.ID, why error) error {
	p := problem.Of(why)
	if a.Request.ID.IsZero() || p.Kind == problem.KindInternal || p.Kind == problem.KindUnavailable || p.Kind == problem.KindNotFound && a.Offer.Application.ID.IsZero() && a.Request.ID.IsZero() {
		return why
	}
	d := consentView{Asking: a, ID: id.String(), Product: v.product(), Token: v.token(consentPath), Stop: why}
	return v.show(sheet{title: "Access can't be given", bare: true, quiet: true, status: http.StatusForbidden,
		targets: targetOf(a.Request.Params.RedirectURI), body: consentStopped(d)})
}

// targetOf is the origin to which the answer of the form leads: browsers apply
// form-action to redirects too.
func targetOf(redirect string) []string {
	u, err := url.Parse(redirect)
	switch {
	case err != nil || u.Scheme == "":
		return nil
	case u.Scheme == "https" || u.Scheme == "http":
		return []string{u.Scheme + "://" + u.Host}
	}
	return []string{u.Scheme + ":"}
}

func decideConsent(v *visit) error {
	id, err := ident.Parse[authorization.Request](v.field("request"))
	if err != nil {
		return err
	}
	d := authorization.Decision{Approve: v.field("answer") == "approve", Account: v.field("account"), Scopes: v.r.PostForm["scope"], Authenticated: v.session.At.Authenticated}
	a, lookErr := v.asking(id)
	if lookErr != nil && d.Approve {
		return v.consentImpossible(a, id, lookErr)
	}
	if d.Approve && d.Account == "" && a.Account == "" {
		return v.again(id, a, d, faults{text: "Choose the account first.", fields: fieldFault("/account", "In which account may it act as you?")})
	}
	if d.Account == "" {
		d.Account = a.Account
	}
	to, err := v.Authority.Decide(v.ctx(), v.by, id, d)
	if err != nil {
		if p := problem.Of(err); p.Kind == problem.KindForbidden || p.Kind == problem.KindInvalid {
			return v.again(id, a, d, faults{text: p.Detail})
		}
		return err
	}
	if to == "" {
		return v.show(sheet{title: "Return to your device", bare: true, quiet: true, body: consentDevice(d.Approve)})
	}
	v.w.Header().Set("Cache-Control", "no-store")
	v.w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// again shows the page once more with what was chosen.
func (v *visit) again(id authorization.ID, a authorization.Asking, d authorization.Decision, f faults) error {
	view := consentView{Asking: a, Account: d.Account, Picked: map[string]bool{}, Faults: f}
	for _, s := range d.Scopes {
		view.Picked[s] = true
	}
	return v.showConsent(id, view)
}

// onward goes back to the application without a question. It is a page of its
// own, not a redirect: somebody who has just signed in comes by a form of ours,
// and browsers would stop the redirect to a foreign origin.
func (v *visit) onward(a authorization.Asking, to string) error {
	v.w.Header().Set("Refresh", "0; url="+to)
	return v.show(sheet{title: "Going back to " + a.Offer.Application.Name, bare: true, quiet: true, body: consentOnward(a.Offer.Application.Name, to)})
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

func (d consentView) accountPicks() []page.PickGroup {
	yes, no := d.usable()
	g := page.PickGroup{}
	for _, c := range append(yes, no...) {
		p := page.Pick{Value: c.Account, Label: c.Name, Code: c.Key, Checked: c.Account == d.Account, Barred: !c.Usable(), Text: c.Detail}
		if c.Usable() && len(c.Refused) > 0 {
			p.Text = "Not approved by this account's administrators, so not given: " + strings.Join(d.labels(c.Refused), ", ") + "."
		}
		g.Picks = append(g.Picks, p)
	}
	return []page.PickGroup{g}
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

func (d consentView) scopePicks() []page.PickGroup {
	need, may := page.PickGroup{Title: "It does not work without these"}, page.PickGroup{Title: "Your choice"}
	for _, i := range d.Offer.Items {
		p := page.Pick{Value: i.Scope, Label: i.Label, Code: i.Scope, Text: i.Explanation, Badge: riskBadge(i.Risk), Locked: i.Required, Checked: d.Picked[i.Scope], More: consentPurpose(d.Offer.Developer, i.Purpose)}
		if i.Required {
			need.Picks = append(need.Picks, p)
		} else {
			may.Picks = append(may.Picks, p)
		}
	}
	var out []page.PickGroup
	for _, g := range []page.PickGroup{need, may} {
		if len(g.Picks) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// installHere leads an administrator to the installation and back.
func (d consentView) installHere() []page.Link {
	var out []page.Link
	for _, c := range d.Offer.Choices {
		if c.Install {
			out = append(out, page.Link{Text: "Install it in " + c.Name, URL: installURL(c.Account, d.Offer.Application.PublicID)})
		}
	}
	return out
}

// contact is somebody whom the person can ask.
func (d consentView) contact() string {
	for _, c := range d.Offer.Choices {
		if !c.Usable() && c.Contact != "" {
			return c.Contact
		}
	}
	return ""
}

func (d consentView) stopText() string {
	if d.Stop == nil {
		return "The application can't act as you in any of your accounts at the moment."
	}
	return problem.Of(d.Stop).Detail
}

func (d consentView) stopCode() string {
	if d.Stop == nil {
		return ""
	}
	return problem.Of(d.Stop).Code
}

func (d consentView) identity() []string {
	var out []string
	for _, s := range d.Request.Params.Identity {
		switch s {
		case "profile":
			out = append(out, "your name")
		case "email":
			out = append(out, "your e-mail address")
		}
	}
	return out
}

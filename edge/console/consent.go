package console

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/guestright/guestright/authorization"
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

// consentURL is where a person decides on a request, and to which every detour
// (sign-in, proof of who they are, installation) comes back.
func consentURL(id authorization.ID) string { return consentPath + "?request=" + id.String() }

func (v *visit) asking(id authorization.ID) (authorization.Asking, error) {
	return v.Authority.Ask(v.ctx(), v.by, id, v.session.At.Authenticated)
}

func consentPage(v *visit) error {
	id, err := ident.Parse[authorization.Request](v.query("request"))
	if err != nil {
		return v.consentLost()
	}
	a, err := v.asking(id)
	if err != nil {
		return v.consentImpossible(a, id, err)
	}
	if a.Confirm {
		return v.confirmFirst(id)
	}
	if a.Skip {
		return v.consentUnasked(a, id)
	}
	d := consentView{Asking: a, Account: a.Account, Picked: map[string]bool{}}
	for _, s := range d.chosen().Consented {
		d.Picked[s] = true
	}
	return v.showConsent(id, d)
}

func (v *visit) confirmFirst(id authorization.ID) error {
	v.w.Header().Set("Cache-Control", "no-store")
	http.Redirect(v.w, v.r, withNext("/confirm", consentURL(id)), http.StatusSeeOther)
	return nil
}

// consentUnasked approves again what the person approved before, or what the
// account's administrator trusts. Its answer is a page of its own, not a redirect:
// somebody who has just signed in comes by a form of ours, and browsers stop the
// redirect of a form to a foreign origin.
func (v *visit) consentUnasked(a authorization.Asking, id authorization.ID) error {
	scopes := make([]string, 0, len(a.Offer.Items))
	for _, i := range a.Offer.Items {
		scopes = append(scopes, i.Scope)
	}
	to, err := v.Authority.Decide(v.ctx(), v.by, id, authorization.Decision{Approve: true, Account: a.Account, Scopes: scopes, Authenticated: v.session.At.Authenticated})
	if err != nil {
		return v.consentImpossible(a, id, err)
	}
	v.w.Header().Set("Refresh", "0; url="+to)
	name := a.Offer.Application.Name
	return v.show(sheet{title: "Going back to " + name, bare: true, quiet: true, body: consentOnward(name, to)})
}

func (v *visit) showConsent(id authorization.ID, d consentView) error {
	d.ID, d.Product, d.Token, d.SignOut = id.String(), v.product(), v.token(consentPath), v.token("/sign-out")
	if d.settingUp() {
		v.w.Header().Set("Refresh", "3") // the product answers in a moment as a rule
	}
	return v.show(sheet{title: d.Offer.Application.Name + " asks for access", bare: true, quiet: true, status: d.Faults.status(),
		targets: targetOf(d.Request.Params.RedirectURI), body: consentForm(v, d)})
}

// consentImpossible says why nothing can be approved, and still lets the person
// go back to the application with a no.
func (v *visit) consentImpossible(a authorization.Asking, id authorization.ID, why error) error {
	p := problem.Of(why)
	switch {
	case p.Code == "fresh_sign_in_required":
		return v.confirmFirst(id)
	case p.Code == "authorization_decided" || p.Code == "authorization_expired":
		return v.consentOver(p)
	case a.Request.ID.IsZero() && p.Kind == problem.KindNotFound:
		return v.consentLost()
	case a.Request.ID.IsZero() || p.Kind == problem.KindInternal || p.Kind == problem.KindUnavailable:
		return why
	}
	d := consentView{Asking: a, ID: id.String(), Product: v.product(), Token: v.token(consentPath), SignOut: v.token("/sign-out"), Stop: p}
	status := http.StatusForbidden
	if p.Kind == problem.KindConflict {
		status = http.StatusConflict
	}
	return v.show(sheet{title: "Access can't be given", bare: true, quiet: true, status: status,
		targets: targetOf(a.Request.Params.RedirectURI), body: consentStopped(v, d)})
}

// consentOver is the page for a request that was answered or has waited too long.
func (v *visit) consentOver(p *problem.Error) error {
	show := page.Problem{Title: "This question is answered already", Text: "Nothing was changed by opening it again.", Code: p.Code,
		Steps: []string{"Go back to the application. If it is not signed in, start again there."}}
	if p.Code == "authorization_expired" {
		show.Title, show.Text = "This question has waited too long", "For your safety it can't be answered any more. Nothing was given."
		show.Steps = []string{"Go back to the application and start again."}
	}
	return v.show(sheet{title: show.Title, status: http.StatusConflict, body: show, bare: true, quiet: true})
}

// consentLost is the page for an address that names no request.
func (v *visit) consentLost() error {
	show := page.Problem{Title: "There is no question to answer", Text: "The address is incomplete, or what it belonged to is long over.",
		Steps: []string{"Go back to the application and start again."}}
	return v.show(sheet{title: show.Title, status: http.StatusNotFound, body: show, bare: true, quiet: true})
}

// targetOf is the origin to which the answer of the form leads: browsers apply
// form-action to redirects too. Registered addresses have only letters, digits,
// hyphens, dots and brackets in their host; anything else could end the directive.
func targetOf(redirect string) []string {
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme == "" || strings.Trim(u.Host, "abcdefghijklmnopqrstuvwxyz0123456789-.:[]") != "" {
		return nil
	}
	if u.Scheme == "https" || u.Scheme == "http" {
		return []string{u.Scheme + "://" + u.Host}
	}
	return []string{u.Scheme + ":"}
}

func decideConsent(v *visit) error {
	id, err := ident.Parse[authorization.Request](v.field("request"))
	if err != nil {
		return v.consentLost()
	}
	d := authorization.Decision{Approve: v.field("answer") == "approve", Account: v.field("account"), Scopes: v.r.PostForm["scope"], Authenticated: v.session.At.Authenticated}
	a, err := v.asking(id)
	if err != nil && d.Approve {
		return v.consentImpossible(a, id, err)
	}
	if d.Account == "" {
		d.Account = a.Account
	}
	if d.Approve && d.Account == "" {
		return v.consentAgain(id, a, d, faults{text: "Choose the account first.", fields: fieldFault("/account", "In which account may it act as you?")})
	}
	to, err := v.Authority.Decide(v.ctx(), v.by, id, d)
	if err != nil {
		p := problem.Of(err)
		if p.Code != "fresh_sign_in_required" && d.Approve && (p.Kind == problem.KindForbidden || p.Kind == problem.KindInvalid) {
			return v.consentAgain(id, a, d, faults{text: p.Detail})
		}
		return v.consentImpossible(a, id, err)
	}
	if to == "" {
		return v.show(sheet{title: "Return to your device", bare: true, quiet: true, body: consentDevice(d.Approve)})
	}
	v.w.Header().Set("Cache-Control", "no-store")
	v.w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// consentAgain shows the page once more with what was chosen.
func (v *visit) consentAgain(id authorization.ID, a authorization.Asking, d authorization.Decision, f faults) error {
	view := consentView{Asking: a, Account: d.Account, Picked: map[string]bool{}, Faults: f}
	for _, s := range d.Scopes {
		view.Picked[s] = true
	}
	return v.showConsent(id, view)
}

package console

import (
	"slices"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// authorizationRoutes are what developers do with the lines of refresh tokens of
// one customer: end one, or get back what was lost (row H20).
func (c *Console) authorizationRoutes() []route {
	if c.Authority == nil {
		return nil
	}
	const at = "/applications/{application}/installations/{installation}/authorizations"
	return []route{
		{"GET " + at, c.page(authorizationsPage)},
		{"GET " + at + "/recover", c.page(recoverPage)},
		{"POST " + at + "/recover", c.page(recoverTokens)},
		{"GET " + at + "/{family}/end", c.page(endFamilyPage)},
		{"POST " + at + "/{family}/end", c.page(endFamily)},
	}
}

func authorizationsPath(i integration.Listed) string { return customerPath(i) + "/authorizations" }

// authorizationsView is what an application holds of one customer.
type authorizationsView struct {
	subject
	Customer integration.Listed
	Live     []authorization.Family
	Recovers bool // may ask for a recovery code
	Ends     bool // may end a line
	Public   bool // the client has no secret, and so cannot recover anything
}

// held loads the application, the customer and the lines of the two that live.
func (v *visit) held() (authorizationsView, error) {
	s, err := v.subject()
	if err != nil {
		return authorizationsView{}, err
	}
	d := authorizationsView{subject: s, Recovers: v.may("key:create", s.resource()), Ends: v.may("key:revoke", s.resource())}
	if d.Customer, err = v.customerOf(s); err != nil {
		return d, err
	}
	all, err := v.Authority.Families(v.ctx(), v.by, s.ID)
	if err != nil {
		return d, err
	}
	d.Live = slices.DeleteFunc(all, func(f authorization.Family) bool { return f.Account != d.Customer.Account })
	c, err := v.Applications.GetClient(v.ctx(), v.by, s.ID)
	d.Public = c.Public
	d.Recovers = d.Recovers && !d.Public && d.Customer.State != integration.Removed
	return d, err
}

func (v *visit) ofCustomer(d authorizationsView, p sheet) error {
	trail := []page.Link{{Text: "Installations", URL: d.path() + "/installations"}, {Text: d.Customer.AccountName}}
	if len(p.trail) > 0 {
		trail[1].URL = authorizationsPath(d.Customer)
	}
	p.trail = append(trail, p.trail...)
	return v.about(d.subject, "/installations", p)
}

func authorizationsPage(v *visit) error {
	d, err := v.held()
	if err != nil {
		return err
	}
	return v.ofCustomer(d, sheet{title: "Authorizations in " + d.Customer.AccountName, body: authorizationList(v, d)})
}

func recoverPage(v *visit) error { return showRecover(v, v.query("user"), faults{}) }

func showRecover(v *visit, user string, f faults) error {
	d, err := v.held()
	if err != nil {
		return err
	}
	if err := v.by.Reach("application", "key:create", d.resource()); err != nil {
		return err
	}
	action := authorizationsPath(d.Customer) + "/recover"
	c := page.Confirm{Title: "Recover lost tokens of " + d.Customer.AccountName, Text: "You get a code in place of the tokens that were lost. Nobody is asked again, and what " + d.Name + " may do stays what was approved.",
		Consequences: []string{"The code is shown once, is good for ten minutes and for one use. A newer code for the same takes its place.", "When it is redeemed, every earlier authorization of the same ends. Until then nothing changes.",
			"The customer reads in the audit log that you asked, and is told when the code is redeemed."},
		Action: action, Token: v.token(action), Button: "Make a recovery code", Cancel: authorizationsPath(d.Customer), Mild: true}
	return v.ofCustomer(d, sheet{title: "Recover lost tokens", status: f.status(), trail: []page.Link{{Text: "Recover lost tokens"}}, body: recoverForm(f, c, user)})
}

func recoverTokens(v *visit) error {
	d, err := v.held()
	if err != nil {
		return err
	}
	user := v.field("user_id")
	got, err := v.Authority.RecoverFor(v.ctx(), v.by, d.ID, authorization.Lost{Account: d.Customer.Account, User: user})
	if err == nil {
		return v.ofCustomer(d, sheet{title: "Recovery code", trail: []page.Link{{Text: "Recovery code"}}, body: recoveryCode(v, d, got)})
	}
	p := problem.Of(err)
	switch {
	case p.Kind == problem.KindNotFound && user != "":
		return showRecover(v, user, faults{text: "There is nothing to recover.", fields: fieldFault("/user_id", "This person has approved nothing in the account that still stands. Send them through the sign-in again.")})
	case p.Kind == problem.KindForbidden && p.Code != "forbidden": // it stands still, or nobody has it
		return showRecover(v, user, faults{text: p.Detail})
	}
	if f, ok := faultsOf(err, "/user_id"); ok {
		return showRecover(v, user, f)
	}
	return err
}

// redeemCurl is the line that redeems a recovery code.
func redeemCurl(issuer, code string) string {
	return "curl -sS -u \"${CLIENT_ID}:${CLIENT_SECRET}\" \\\n  -d grant_type=authorization_code \\\n  --data-urlencode 'code=" + shellQuoted(code) + "' \\\n  '" + shellQuoted(issuer) + "/oauth/token'"
}

// familyOf finds the line that the address names, among those of the customer.
func (v *visit) familyOf(d authorizationsView) (authorization.Family, error) {
	id, err := ident.Parse[authorization.Family](v.r.PathValue("family"))
	if err != nil {
		return authorization.Family{}, err
	}
	for _, f := range d.Live {
		if f.ID == id {
			return f, nil
		}
	}
	return authorization.Family{}, problem.NotFound("authorization")
}

func endFamilyPage(v *visit) error { return showEndFamily(v, faults{}) }

func showEndFamily(v *visit, f faults) error {
	d, err := v.held()
	if err != nil {
		return err
	}
	if err := v.by.Reach("application", "key:revoke", d.resource()); err != nil {
		return err
	}
	line, err := v.familyOf(d)
	if err != nil {
		return err
	}
	path := authorizationsPath(d.Customer) + "/" + line.ID.String() + "/end"
	c := page.Confirm{Title: "End this authorization?", Text: d.Name + " acting as " + actsAs(line) + " in " + d.Customer.AccountName + ". This cannot be undone.",
		Consequences: []string{"Its refresh token and every access token that came of it are refused from now on: the next call fails.", endedNote(line), "Other authorizations, also those of the same customer, go on."},
		Action:       path, Token: v.token(path), Button: "End it", Cancel: authorizationsPath(d.Customer)}
	return v.ofCustomer(d, sheet{title: "End an authorization", status: f.status(), trail: []page.Link{{Text: "End"}}, body: refusable(f, c)})
}

// actsAs says for whom a line was given.
func actsAs(f authorization.Family) string {
	if f.User == "" {
		return "itself"
	}
	return "the person " + f.User
}

func endedNote(f authorization.Family) string {
	if f.User == "" {
		return "The installation stays. New tokens can be had with a key at any time."
	}
	return "What the person approved stays: when they sign in again, they are not asked for it again."
}

func endFamily(v *visit) error {
	d, err := v.held()
	if err != nil {
		return err
	}
	line, err := v.familyOf(d)
	if problem.CodeOf(err) == "not_found" { // somebody else was first
		return v.leave(authorizationsPath(d.Customer), "This authorization has ended already.")
	}
	if err != nil {
		return err
	}
	if _, err := v.Authority.EndFamily(v.ctx(), v.by, line.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return showEndFamily(v, f)
		}
		return err
	}
	return v.leave(authorizationsPath(d.Customer), "The authorization has ended. Its tokens are refused from now on.")
}

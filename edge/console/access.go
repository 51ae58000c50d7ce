package console

import (
	"strings"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/consent"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/role"
)

// accessView asks whether somebody may do something, and shows the answer with its reasons.
type accessView struct {
	Account  account.Account
	Who      []page.Option
	Name     string // of whoever was asked about
	Asked    bool
	Action   string
	Method   string
	Path     string
	Resource string
	Kinds    []vocable
	Found    role.Finding
	Scopes   []page.Pick // lacking, in words
	Faults   faults
}

// accessPage is the test bench. It asks by address, so that an answer can be sent to a colleague.
func accessPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	if err := v.by.Reach("account", "role:inquire", account.Resource(a.ID.String())); err != nil {
		return err
	}
	d := accessView{Account: a, Action: v.query("action"), Method: strings.ToUpper(v.query("method")), Path: v.query("path"), Resource: v.query("resource"), Kinds: v.vocabulary(nil)}
	who := v.query("who")
	if d.Who, err = v.subjects(a, who); err != nil {
		return err
	}
	for _, o := range d.Who {
		if o.Selected {
			d.Name = o.Text
		}
	}
	d.Asked = v.r.URL.Query().Has("action")
	if d.Asked {
		d.Found, err = v.Roles.Inquire(v.ctx(), v.by, a.ID, d.inquiry(who))
	}
	if err != nil {
		f, ok := faultsOf(err, "/path", "/resource", "/action")
		if problem.Of(err).Kind == problem.KindNotFound {
			f, ok = faults{text: "Choose who it is about from the list."}, true
		}
		if !ok {
			return err
		}
		d.Faults = f
	}
	for _, name := range d.Found.Scopes {
		s, _ := v.Catalog.Get().Scope(name)
		d.Scopes = append(d.Scopes, page.Pick{Label: s.Label, Code: name, Text: s.Explanation})
	}
	people := accountPath(a.ID.String()) + "/roles"
	return v.inAccount(a, sheet{title: "Test access", status: d.Faults.status(), current: people, trail: []page.Link{{Text: "Roles", URL: people}, {Text: "Test access"}}, body: accessBench(d)})
}

// inquiry is the question of the form; a path goes before an action.
func (d accessView) inquiry(who string) role.Inquiry {
	q := role.Inquiry{Resource: d.Resource}
	kind, id, _ := strings.Cut(who, ":")
	switch kind {
	case "member":
		q.Member = id
	case "role":
		q.Role = id
	case "grant":
		q.Grant = id
	}
	if d.Path != "" {
		q.Method, q.Path = d.Method, d.Path
	} else {
		q.Action = d.Action
	}
	return q
}

// subjects are all that can be asked about: people, what is installed, programs of
// the account's own, tokens, consents, roles.
func (v *visit) subjects(a account.Account, chosen string) ([]page.Option, error) {
	var out []page.Option
	add := func(value, text string) {
		out = append(out, page.Option{Value: value, Text: text, Selected: value == chosen})
	}
	members, err := v.Accounts.Members(v.ctx(), v.by, a.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		add("member:"+m.User, "Person: "+m.Name)
	}
	for _, list := range []func(account.Account, func(grant, text string)) error{v.installedSubjects, v.privateSubjects, v.tokenSubjects, v.consentSubjects} {
		if err := list(a, func(grant, text string) { add("grant:"+grant, text) }); err != nil {
			return nil, err
		}
	}
	roles, err := v.otherRoles(a, "")
	if err != nil {
		return nil, err
	}
	for _, r := range roles[1:] {
		add("role:"+r.Value, "Role: "+r.Text)
	}
	return out, nil
}

func (v *visit) installedSubjects(a account.Account, add func(grant, text string)) error {
	if !v.may("installation:view", account.Resource(a.ID.String())) {
		return nil
	}
	all, err := v.Integrations.ListAccount(v.ctx(), v.by, a.ID)
	for _, i := range all {
		if i.State != integration.Removed {
			add(i.Grant, "Application: "+i.ApplicationName)
		}
	}
	return err
}

func (v *visit) privateSubjects(a account.Account, add func(grant, text string)) error {
	if v.Private == nil {
		return nil
	}
	all, err := v.Private.List(v.ctx(), v.by, a.ID, private.FromOwn)
	if unseen(err) {
		return nil
	}
	for _, i := range all {
		if i.State != private.Deleted {
			add(i.Grant, "Private integration: "+i.Name)
		}
	}
	return err
}

func (v *visit) tokenSubjects(a account.Account, add func(grant, text string)) error {
	if v.APITokens == nil {
		return nil
	}
	all, err := v.APITokens.List(v.ctx(), v.by, a.ID, v.may("token:list_all", account.Resource(a.ID.String())))
	if unseen(err) {
		return nil
	}
	for _, t := range all {
		if t.Kind == apitoken.Personal {
			add(t.Grant, "Personal token: "+t.Name)
		} else {
			add(t.Grant, "Service token: "+t.Name)
		}
	}
	return err
}

func (v *visit) consentSubjects(a account.Account, add func(grant, text string)) error {
	if v.Authority == nil {
		return nil
	}
	all, err := v.Authority.Consents.ListOfAccount(v.ctx(), v.by, a.ID)
	if unseen(err) {
		return nil
	}
	for _, c := range all {
		if c.State == consent.Active {
			add(c.Grant, "Application as a person: "+c.ApplicationName+" as "+c.UserName)
		}
	}
	return err
}

// unseen tells that the reader may not see a list, which is then left out.
func unseen(err error) bool {
	p := problem.Of(err)
	return p != nil && (p.Kind == problem.KindForbidden || p.Kind == problem.KindNotFound)
}

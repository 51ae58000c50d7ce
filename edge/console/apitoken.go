package console

import (
	"slices"
	"strconv"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/apitoken"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/usage"
)

func (c *Console) apiTokenRoutes() []route {
	if c.APITokens == nil {
		return nil
	}
	const list, one = "/accounts/{account}/tokens", "/api-tokens/{api_token}"
	return []route{
		{"GET " + list, c.page(apiTokensPage)},
		{"GET " + list + "/new", c.sure(newAPITokenPage)},
		{"POST " + list + "/new", c.sure(newAPIToken)},
		{"GET " + one, c.page(apiTokenPage)},
		{"GET " + one + "/edit", c.page(editAPITokenPage)},
		{"POST " + one + "/edit", c.page(editAPIToken)},
		{"GET " + one + "/delete", c.page(deleteAPITokenPage)},
		{"POST " + one + "/delete", c.page(deleteAPIToken)},
	}
}

func apiTokensPath(account string) string { return accountPath(account) + "/tokens" }

// apiTokenLine is a token as lists show it.
type apiTokenLine struct {
	apitoken.APIToken
	Last  usage.Last
	Owner string // the member's name, of a personal one
	May   string // its roles or its policy, in words
}

// apiTokensView is the personal tokens of whoever looks, and the account's own.
type apiTokensView struct {
	Account    account.Account
	Mine       []apiTokenLine
	Service    []apiTokenLine
	Others     []apiTokenLine
	All        bool // others' are shown
	MaySeeAll  bool
	MayMine    bool
	MayService bool
}

func apiTokensPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	id := a.ID.String()
	on := account.Resource(id)
	d := apiTokensView{Account: a, MaySeeAll: v.may("token:list_all", on), MayService: v.may("service_token:create", on) && a.State == account.Active,
		MayMine: v.may("token:create", access.On("account", id, "member", v.by.User)) && a.State == account.Active}
	d.All = d.MaySeeAll && v.query("all") != ""
	tokens, err := v.APITokens.List(v.ctx(), v.by, a.ID, d.All)
	if err != nil {
		return err
	}
	lines, err := v.apiTokenLines(a.ID, tokens)
	if err != nil {
		return err
	}
	for _, l := range lines {
		switch {
		case l.Kind == apitoken.Service:
			d.Service = append(d.Service, l)
		case l.APIToken.Owner == v.by.User:
			d.Mine = append(d.Mine, l)
		default:
			d.Others = append(d.Others, l)
		}
	}
	return v.inAccount(a, sheet{title: "Access tokens", trail: []page.Link{{Text: "Access tokens"}}, body: apiTokenList(v, d)})
}

func (v *visit) apiTokenLines(acc account.ID, all []apitoken.APIToken) ([]apiTokenLine, error) {
	members, err := v.Accounts.Members(v.ctx(), v.by, acc)
	if err != nil {
		return nil, err
	}
	roles, err := v.roleNames(acc)
	if err != nil {
		return nil, err
	}
	grants := make([]string, len(all))
	for i, t := range all {
		grants[i] = t.Grant
	}
	last := map[string]usage.Last{}
	if v.Usage != nil && len(all) > 0 {
		err := v.Usage.DB.Read(v.ctx(), func(tx *store.Tx) error {
			var err error
			last, err = v.Usage.LastUses(tx, "grant", grants)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]apiTokenLine, len(all))
	for i, t := range all {
		out[i] = apiTokenLine{APIToken: t, Last: last[t.Grant], May: mayWords(t, roles, v.Catalog.Get().Words())}
		for _, m := range members {
			if m.User == t.Owner {
				out[i].Owner = m.Name
			}
		}
	}
	return out, nil
}

// roleNames are the built-in and custom roles of an account, by the name that tokens give them.
func (v *visit) roleNames(acc account.ID) (map[string]string, error) {
	out := map[string]string{}
	for _, b := range role.BuiltIns(v.Catalog.Get()) {
		out[b.Key] = b.Name
	}
	own, err := v.Roles.List(v.ctx(), v.by, acc)
	for _, r := range own {
		out[r.ID.String()] = r.Name
	}
	return out, err
}

// mayWords says what narrows a token.
func mayWords(t apitoken.APIToken, roles map[string]string, words access.Words) string {
	if len(t.Policy) > 0 {
		return words.Summary(t.Policy)
	}
	var names []string
	for _, r := range t.Roles {
		name := roles[r]
		if name == "" {
			name = "a role that is gone"
		}
		names = append(names, name)
	}
	return listed(names)
}

// apiTokenForm is what somebody enters about a new token.
type apiTokenForm struct {
	Account    account.Account
	Kind       apitoken.Kind
	Is         apitoken.Draft
	Policy     string // as it was typed
	Roles      []page.Pick
	Scopes     []page.PickGroup
	MayService bool
	Action     string
	Token      string
	Faults     faults
}

func newAPITokenPage(v *visit) error {
	d := apiTokenForm{Kind: apitoken.Personal}
	if v.query("kind") == string(apitoken.Service) {
		d.Kind = apitoken.Service
	}
	return showNewAPIToken(v, d)
}

func showNewAPIToken(v *visit, d apiTokenForm) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	d.Account, d.MayService = a, v.may("service_token:create", account.Resource(a.ID.String()))
	if d.Kind == apitoken.Service && !d.MayService {
		return v.by.May("service_token:create", account.Resource(a.ID.String()))
	}
	for _, b := range role.BuiltIns(v.Catalog.Get()) {
		if b.Key != role.NoAccess {
			d.Roles = append(d.Roles, page.Pick{Value: b.Key, Label: b.Name, Text: b.Description, Checked: slices.Contains(d.Is.Roles, b.Key)})
		}
	}
	own, err := v.Roles.List(v.ctx(), v.by, a.ID)
	if err != nil {
		return err
	}
	for _, r := range own {
		d.Roles = append(d.Roles, page.Pick{Value: r.ID.String(), Label: r.Name, Code: r.Key, Text: r.Description, Checked: slices.Contains(d.Is.Roles, r.ID.String())})
	}
	d.Scopes = v.privateScopePicks(d.Is.Scopes)
	d.Action = apiTokensPath(a.ID.String()) + "/new"
	d.Token = v.token(d.Action)
	title := newTokenTitle(d.Kind)
	return v.inAccount(a, sheet{title: title, status: d.Faults.status(), current: apiTokensPath(a.ID.String()),
		trail: []page.Link{{Text: "Access tokens", URL: apiTokensPath(a.ID.String())}, {Text: title}}, body: apiTokenEditor(d)})
}

func newTokenTitle(k apitoken.Kind) string {
	if k == apitoken.Service {
		return "New service token"
	}
	return "New personal token"
}

func newAPIToken(v *visit) error {
	id, err := ident.Parse[account.Account](v.r.PathValue("account"))
	if err != nil {
		return err
	}
	d := apiTokenForm{Kind: apitoken.Kind(v.field("kind")), Policy: v.field("policy")}
	if d.Kind != apitoken.Service {
		d.Kind = apitoken.Personal
	}
	d.Is = apitoken.Draft{Name: v.field("name"), Description: v.field("description"), Roles: v.r.PostForm["role"], Scopes: v.r.PostForm["scope"]}
	if d.Is.Days, err = strconv.Atoi(v.field("days")); err != nil {
		d.Is.Days = -1 // refused as out of range
	}
	if d.Policy != "" {
		if d.Is.Policy, err = access.ParsePolicy([]byte(d.Policy)); err != nil {
			d.Faults = faults{text: "The policy can't be read.", fields: fieldFault("/policy", policyFault(err))}
			return showNewAPIToken(v, d)
		}
	}
	made, err := v.APITokens.Create(v.ctx(), v.by, id, d.Kind, d.Is)
	if err != nil {
		if f, ok := apiTokenFaults(err); ok {
			d.Faults = f
			return showNewAPIToken(v, d)
		}
		return err
	}
	h, err := v.apiHolder(made.APIToken)
	if err != nil {
		return err
	}
	return h.issued(made.Token, "“"+made.Name+"” is created", "")
}

// policyFault is what is wrong with a policy, as far as one sentence tells.
func policyFault(err error) string {
	p := problem.Of(err)
	if p == nil {
		return "Write a list of statements in JSON."
	}
	if len(p.Fields) > 0 {
		return p.Fields[0].Pointer + ": " + p.Fields[0].Detail
	}
	return p.Detail
}

// apiTokenFaults are the findings that the form shows; also that the giver has not got what they give.
func apiTokenFaults(err error) (faults, bool) {
	if p := problem.Of(err); p != nil && p.Code == "role_exceeds_giver" {
		return faults{text: p.Detail, fields: fieldFault("/roles", "You can't give more than you may do yourself. Choose less, or ask somebody who has these rights.")}, true
	}
	return faultsOf(err, "/name", "/description", "/roles", "/policy", "/scopes", "/expires_in_days")
}

func (v *visit) apiTokenOf() (apitoken.APIToken, error) {
	id, err := ident.Parse[apitoken.APIToken](v.r.PathValue("api_token"))
	if err != nil {
		return apitoken.APIToken{}, err
	}
	return v.APITokens.Get(v.ctx(), v.by, id)
}

// accountOfToken loads the account of a token, whose pages stand in it.
func (v *visit) accountOfToken(t apitoken.APIToken) (account.Account, error) {
	id, err := ident.Parse[account.Account](t.Account)
	if err != nil {
		return account.Account{}, err
	}
	return v.Accounts.Get(v.ctx(), v.by, id)
}

// aboutAPIToken is a page about one token.
func (v *visit) aboutAPIToken(a account.Account, t apitoken.APIToken, s sheet) error {
	s.current = apiTokensPath(t.Account)
	s.trail = append([]page.Link{{Text: "Access tokens", URL: s.current}, {Text: t.Name, URL: t.Page()}}, s.trail...)
	s.body = apiTokenFrame(t, s.body)
	if s.title != t.Name {
		s.title += " · " + t.Name
	}
	return v.inAccount(a, s)
}

// apiHolder is a personal or service token as the pages about its secrets need it.
func (v *visit) apiHolder(t apitoken.APIToken) (tokenHolder, error) {
	a, err := v.accountOfToken(t)
	if err != nil {
		return tokenHolder{}, err
	}
	h := tokenHolder{Name: t.Name, Path: t.Page(), Prefix: secret.PersonalToken}
	if t.Kind == apitoken.Service {
		h.Prefix = secret.ServiceToken
	}
	h.Manages = t.State == apitoken.Active && v.mayAPIToken(t)
	h.show = func(s sheet) error { return v.aboutAPIToken(a, t, s) }
	h.issued = func(i token.Issued, title, note string) error {
		d := v.newIssued(i, note)
		d.Home = t.Page()
		if v.Catalog != nil && v.Catalog.Get() != nil {
			d.Try = v.tryScopes(v.Catalog.Get().Scopes(), a.Key)
		}
		return v.aboutAPIToken(a, t, sheet{title: title, trail: []page.Link{{Text: "New token"}}, body: newToken(d)})
	}
	return h, nil
}

// mayAPIToken reports whether the reader may change a token: their own, or one of the account's.
func (v *visit) mayAPIToken(t apitoken.APIToken) bool {
	verb := "token:update"
	if t.Kind == apitoken.Service {
		verb = "service_token:update"
	}
	return v.may(verb, t.Resource())
}

// apiTokenView is one personal or service token.
type apiTokenView struct {
	apiTokenLine
	Holder  tokenHolder
	Tokens  []token.Generation
	Mine    bool
	Creator string
	History page.Timeline
}

func apiTokenPage(v *visit) error {
	t, err := v.apiTokenOf()
	if err != nil {
		return err
	}
	a, err := v.accountOfToken(t)
	if err != nil {
		return err
	}
	d := apiTokenView{Mine: t.Owner != "" && t.Owner == v.by.User}
	lines, err := v.apiTokenLines(a.ID, []apitoken.APIToken{t})
	if err != nil {
		return err
	}
	d.apiTokenLine = lines[0]
	if d.Holder, err = v.apiHolder(t); err != nil {
		return err
	}
	if d.Tokens, err = v.generations(t.Grant); err != nil {
		return err
	}
	members, err := v.Accounts.Members(v.ctx(), v.by, a.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.User == t.Creator {
			d.Creator = m.Name
		}
	}
	if d.History, err = v.tokenHistory(audit.Filter{Account: t.Account, Target: t.Holder(), Limit: 12}, d.Tokens); err != nil {
		return err
	}
	return v.aboutAPIToken(a, t, sheet{title: t.Name, body: apiTokenDetail(v, d)})
}

// apiTokenWords is the form that renames a token.
type apiTokenWords struct {
	apitoken.APIToken
	Name, Description string
	Action, Token     string
	Faults            faults
}

func editAPITokenPage(v *visit) error {
	t, err := v.apiTokenOf()
	if err != nil {
		return err
	}
	return showEditAPIToken(v, apiTokenWords{APIToken: t, Name: t.Name, Description: t.Description})
}

func showEditAPIToken(v *visit, d apiTokenWords) error {
	h, err := v.apiHolder(d.APIToken)
	if err != nil {
		return err
	}
	d.Action = d.Page() + "/edit"
	d.Token = v.token(d.Action)
	return h.show(sheet{title: "Rename", status: d.Faults.status(), trail: []page.Link{{Text: "Rename"}}, body: apiTokenRename(d)})
}

func editAPIToken(v *visit) error {
	t, err := v.apiTokenOf()
	if err != nil {
		return err
	}
	d := apiTokenWords{APIToken: t, Name: v.field("name"), Description: v.field("description")}
	if _, err := v.APITokens.Rename(v.ctx(), v.by, t.ID, apitoken.Words{Name: &d.Name, Description: &d.Description}); err != nil {
		if f, ok := faultsOf(err, "/name", "/description"); ok {
			d.Faults = f
			return showEditAPIToken(v, d)
		}
		return err
	}
	return v.leave(t.Page(), "The words are changed. The token stays the same.")
}

func deleteAPITokenPage(v *visit) error {
	t, err := v.apiTokenOf()
	if err != nil {
		return err
	}
	return askDeleteAPIToken(v, t, faults{})
}

func askDeleteAPIToken(v *visit, t apitoken.APIToken, f faults) error {
	h, err := v.apiHolder(t)
	if err != nil {
		return err
	}
	all, err := v.generations(t.Grant)
	if err != nil {
		return err
	}
	var calls int64
	for _, g := range all {
		i, err := v.Tokens.Impact(v.ctx(), v.by, g.ID)
		if err != nil {
			return err
		}
		calls += i.Passed
	}
	stops := "It made no call in the last 7 days."
	if calls > 0 {
		stops = "In the last 7 days it made " + plural(int(calls), "call") + ". Whatever makes them fails from now on."
	}
	c := page.Confirm{Title: "Delete “" + t.Name + "”?", Text: "Its calls are refused from this moment.", Consequences: []string{stops, "This can't be undone: make another token instead."},
		Action: t.Page() + "/delete", Cancel: t.Page(), Button: "Delete", Phrase: t.Name, Error: f.at("/confirm")}
	c.Token = v.token(c.Action)
	return h.show(sheet{title: "Delete", status: f.status(), trail: []page.Link{{Text: "Delete"}}, body: refusable(f, c)})
}

func deleteAPIToken(v *visit) error {
	t, err := v.apiTokenOf()
	if err != nil {
		return err
	}
	if v.field("phrase") != t.Name {
		return askDeleteAPIToken(v, t, faults{text: "Nothing was deleted.", fields: fieldFault("/confirm", "Type the name exactly as it is written.")})
	}
	if _, err := v.APITokens.Delete(v.ctx(), v.by, t.ID); err != nil {
		if f, ok := faultsOf(err); ok {
			return askDeleteAPIToken(v, t, f)
		}
		return err
	}
	return v.leave(apiTokensPath(t.Account), "“"+t.Name+"” is deleted. Its calls are refused from now on.")
}

package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/private"
	"github.com/guestright/guestright/token"
)

func (c *Console) privateRoutes() []route {
	const list, one = "/accounts/{account}/private", "/private-integrations/{integration}"
	if c.Private == nil {
		return nil
	}
	return []route{
		{"GET " + list, c.page(privateListPage)},
		{"GET " + list + "/new", c.sure(newPrivatePage)},
		{"POST " + list + "/new", c.sure(newPrivate)},
		{"GET " + list + "/permissions", c.sure(permitPage)},
		{"POST " + list + "/permissions/{user}", c.sure(permit)},
		{"GET " + one, c.page(privatePage)},
		{"GET " + one + "/edit", c.page(editPrivatePage)},
		{"POST " + one + "/edit", c.page(editPrivate)},
		{"POST " + one + "/pause", c.page(pausePrivate)},
		{"POST " + one + "/resume", c.page(resumePrivate)},
		{"POST " + one + "/stop", c.page(stopPrivate)},
		{"POST " + one + "/lift", c.page(liftPrivate)},
		{"GET " + one + "/delete", c.page(deletePrivatePage)},
		{"POST " + one + "/delete", c.page(deletePrivate)},
		{"POST " + one + "/restore", c.page(restorePrivate)},
		{"GET " + one + "/token", c.sure(newPrivateTokenPage)},
		{"POST " + one + "/token", c.sure(newPrivateToken)},
		{"GET " + one + "/test", c.page(testPrivatePage)},
		{"POST " + one + "/test", c.page(testPrivate)},
	}
}

func privateListPath(account string) string { return accountPath(account) + "/private" }

func privatePath(id private.ID) string { return "/private-integrations/" + id.String() }

// privateListView is the private integrations of an account.
type privateListView struct {
	Account  account.Account
	Here     []private.Listed
	Deleted  []private.Listed
	Above    []private.Listed // of the parent account
	Below    []private.Listed // of the child accounts
	Children []account.Account
	MayMake  bool
	MaySee   bool // what the child accounts have
	MayBelow bool // make them in child accounts
	MayGive  bool // say who manages them
}

func privateListPage(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	d := privateListView{Account: a, MayGive: v.may(private.ActionPermit, account.Resource(a.ID.String()))}
	all, err := v.Private.List(v.ctx(), v.by, a.ID, private.FromOwn)
	if err != nil {
		return err
	}
	for _, l := range all {
		if l.State == private.Deleted {
			d.Deleted = append(d.Deleted, l)
			continue
		}
		d.Here = append(d.Here, l)
	}
	if a.Parent != "" {
		if d.Above, err = v.Private.List(v.ctx(), v.by, a.ID, private.FromParent); err != nil {
			return err
		}
	}
	choices, err := v.Private.Choices(v.ctx(), v.by, a.ID)
	switch problem.CodeOf(err) {
	case "":
		d.MayMake = a.State == account.Active
		d.MayBelow = choices.Wide && d.MayMake
	case "forbidden":
	default:
		return err
	}
	if a.Parent == "" {
		if err := d.below(v); err != nil {
			return err
		}
	}
	return v.inAccount(a, sheet{title: "Private integrations", trail: []page.Link{{Text: "Private integrations"}}, body: privateList(v, d)})
}

// below reads what the child accounts have, as far as there are any and the reader may see that.
func (d *privateListView) below(v *visit) error {
	children, err := v.Accounts.Children(v.ctx(), v.by, d.Account.ID)
	if err != nil || len(children) == 0 {
		return err
	}
	d.Children = slices.DeleteFunc(children, func(c account.Account) bool { return c.State != account.Active })
	all, err := v.Private.List(v.ctx(), v.by, d.Account.ID, private.FromChildren)
	if problem.CodeOf(err) == "forbidden" {
		return nil
	}
	d.MaySee = err == nil
	d.Below = slices.DeleteFunc(all, func(l private.Listed) bool { return l.State == private.Deleted })
	return err
}

// privateForm is what somebody enters about a private integration.
type privateForm struct {
	Account account.Account
	Choices private.Choices
	Is      private.Draft
	Lines   string // networks as they were typed, one on a line
	Groups  []page.PickGroup
	Faults  faults
	Action  string
	Token   string
	Cancel  string
	Title   string
	Fixed   bool // it is there already
	Owner   string
}

// enteredPrivate reads the form.
func (v *visit) enteredPrivate() privateForm {
	number := func(name string) int {
		n, err := strconv.Atoi(v.field(name))
		if err != nil {
			return -1 // refused as out of range
		}
		return n
	}
	f := privateForm{Lines: v.field("networks")}
	f.Is = private.Draft{Name: v.field("name"), Description: v.field("description"), Contact: v.field("contact"), Owner: v.field("owner"), Scopes: v.r.PostForm["scope"],
		Networks: strings.FieldsFunc(f.Lines, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' || r == '\t' }),
		Expiry:   private.Expiry{LifeDays: number("life_days"), IdleDays: number("idle_days"), RotateDays: number("rotate_days")}}
	switch rule := grant.Rule(v.field("reach")); rule {
	case grant.RuleList:
		f.Is.Reach = grant.Reach{Rule: rule, Accounts: v.r.PostForm["child"], Future: v.field("future") != ""}
	default:
		f.Is.Reach = grant.Reach{Rule: rule}
	}
	return f
}

var privateFields = []string{"/name", "/description", "/contact", "/owner", "/scopes", "/networks", "/reach", "/expiry/life_days", "/expiry/idle_days", "/expiry/rotate_days"}

// targetAccount is the account that the address names, which somebody of the parent account need not
// be a member of.
func (v *visit) targetAccount() (private.Choices, error) {
	id, err := ident.Parse[account.Account](v.r.PathValue("account"))
	if err != nil {
		return private.Choices{}, err
	}
	return v.Private.Choices(v.ctx(), v.by, id)
}

func newPrivatePage(v *visit) error {
	return showNewPrivate(v, privateForm{Is: private.Draft{Owner: v.by.User, Scopes: v.r.URL.Query()["scope"]}})
}

func showNewPrivate(v *visit, d privateForm) error {
	choices, err := v.targetAccount()
	if err != nil {
		return err
	}
	d.Choices, d.Account = choices, choices.Account
	d.Action = privateListPath(d.Account.ID.String()) + "/new"
	d.Cancel, d.Title, d.Token = v.privateHome(d.Account), "New private integration", v.token(d.Action)
	d.Groups = v.privateScopePicks(d.Is.Scopes)
	return v.inPrivate(d.Account, sheet{title: d.Title, status: d.Faults.status(), trail: []page.Link{{Text: d.Title}}, body: privateEditor(d)})
}

// privateHome is the list to which somebody goes back: that of the account, or that of its parent for
// those who are not in the account itself.
func (v *visit) privateHome(a account.Account) string {
	if a.Parent != "" && !v.may("account:view", account.Resource(a.ID.String())) {
		return privateListPath(a.Parent)
	}
	return privateListPath(a.ID.String())
}

// inPrivate is a page about private integrations of an account.
func (v *visit) inPrivate(a account.Account, s sheet) error {
	s.area, s.account, s.current = areaAccount, a.ID.String(), v.privateHome(a)
	up := page.Link{Text: a.Name, URL: accountPath(a.ID.String())}
	if a.Parent != "" && !v.may("account:view", account.Resource(a.ID.String())) {
		s.account, up.URL = a.Parent, ""
	}
	s.trail = append([]page.Link{up, {Text: "Private integrations", URL: s.current}}, s.trail...)
	return v.show(s)
}

func newPrivate(v *visit) error {
	id, err := ident.Parse[account.Account](v.r.PathValue("account"))
	if err != nil {
		return err
	}
	d := v.enteredPrivate()
	made, err := v.Private.Create(v.ctx(), v.by, id, d.Is)
	if err != nil {
		if f, ok := privateFaults(err); ok {
			d.Faults = f
			return showNewPrivate(v, d)
		}
		return err
	}
	return v.showPrivateToken(made.ID, made.Token, "“"+made.Name+"” is created", "")
}

// privateFaults are the findings that the form shows; also that the giver has not got what they give.
func privateFaults(err error) (faults, bool) {
	if p := problem.Of(err); p != nil && p.Code == "role_exceeds_giver" {
		return faults{text: p.Detail, fields: fieldFault("/scopes", "You can't give more than you may do yourself. Leave the scope out, or ask somebody who has these rights.")}, true
	}
	return faultsOf(err, privateFields...)
}

// issuedToken is a new token, which no other page can show.
type issuedToken struct {
	Note   string // what becomes of the one before it
	Secret secret.Text
	Keep   string // puts it into a variable of the shell
	Try    tryView
	Home   string // page of what it belongs to
	Test   string // where it can be tried; empty: nowhere
	Token  string // of the form that does
}

// showPrivateToken answers the POST itself: the token is nowhere to be shown again.
func (v *visit) showPrivateToken(id private.ID, t token.Issued, title, note string) error {
	l, err := v.Private.Get(v.ctx(), v.by, id)
	if err != nil {
		return err
	}
	d := v.newIssued(t, note)
	d.Try, d.Home = v.tryScopes(l.Scopes, l.AccountKey), privatePath(id)
	if v.Calls != nil {
		d.Test = privatePath(id) + "/test"
		d.Token = v.token(d.Test)
	}
	return v.aboutPrivate(l, "", sheet{title: title, trail: []page.Link{{Text: "New token"}}, body: newToken(d)})
}

func (v *visit) newIssued(t token.Issued, note string) issuedToken {
	return issuedToken{Note: note, Secret: t.Secret, Keep: "TOKEN='" + shellQuoted(t.Secret.Reveal()) + "'"}
}

// tryScopes writes the line that calls the simplest operation which scopes allow.
func (v *visit) tryScopes(scopes []string, accountKey string) tryView {
	d := tryView{}
	if v.Catalog == nil || v.Catalog.Get() == nil {
		return d
	}
	t, ok := triable(v.Catalog.Get(), scopes)
	if !ok {
		return d
	}
	line := t.CurlWith(v.Gateway, sampleFor(t, accountKey))
	d.Call, d.Operation, d.Does, d.Gaps = "curl -sS --include"+strings.TrimPrefix(line, "curl"), t.ID, t.Summary, t.gaps > 0
	return d
}

// permitView is who may manage private integrations.
type permitView struct {
	Account account.Account
	People  []private.Permission
	Tokens  map[string]string // of the forms, by user
	Parent  bool              // the account has child accounts, or can have
	MayGive bool
	Self    string
	Faults  faults
}

func permitPage(v *visit) error { return showPermit(v, faults{}) }

func showPermit(v *visit, f faults) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	path := privateListPath(a.ID.String()) + "/permissions"
	d := permitView{Account: a, Tokens: map[string]string{}, Parent: a.Parent == "", Self: v.by.User, Faults: f,
		MayGive: v.may(private.ActionPermit, account.Resource(a.ID.String()))}
	if d.People, err = v.Private.Permissions(v.ctx(), v.by, a.ID); err != nil {
		return err
	}
	if d.MayGive {
		for _, p := range d.People {
			d.Tokens[p.User] = v.token(path + "/" + p.User)
		}
	}
	return v.inPrivate(a, sheet{title: "Who may manage them", status: f.status(), trail: []page.Link{{Text: "Who may manage them"}}, body: permitList(d)})
}

func permit(v *visit) error {
	a, err := v.accountOf()
	if err != nil {
		return err
	}
	on := v.field("to") == "on"
	change := private.Permit{Own: &on}
	if v.field("what") == "children" {
		change = private.Permit{Children: &on}
	}
	p, err := v.Private.SetPermission(v.ctx(), v.by, a.ID, v.r.PathValue("user"), change)
	if code := problem.CodeOf(err); code == "own_permission" || code == "permission_not_held" {
		return showPermit(v, faults{text: problem.Of(err).Detail})
	}
	if err != nil {
		if f, ok := faultsOf(err); ok {
			return showPermit(v, f)
		}
		return err
	}
	words := p.Name + " can no longer manage "
	if on {
		words = p.Name + " can manage "
	}
	if change.Children != nil {
		words += "the private integrations of child accounts."
	} else {
		words += "the private integrations of this account."
	}
	return v.leave(privateListPath(a.ID.String())+"/permissions", words)
}

package role

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Inquiry asks whether somebody may do something. One of Member, Role, Grant and
// Policy says who; Action, or Method and Path, says what.
type Inquiry struct {
	Member     string            `json:"member,omitempty" maxLength:"60" doc:"Id of a member of the account"`
	Role       string            `json:"role,omitempty" maxLength:"60" doc:"Id of a role, or reader, writer, admin, no_access"`
	Attributes access.Attributes `json:"attributes,omitempty" doc:"Values of role attributes, for a role or a policy"`
	Grant      string            `json:"grant,omitempty" maxLength:"60" doc:"Id of the grant of an integration or a token"`
	Policy     access.Policy     `json:"policy,omitempty" doc:"A policy that need not be stored anywhere"`
	Action     string            `json:"action,omitempty" maxLength:"200" example:"flag:update"`
	Method     string            `json:"method,omitempty" maxLength:"10"`
	Path       string            `json:"path,omitempty" maxLength:"2000"`
	Resource   string            `json:"resource,omitempty" maxLength:"2000" example:"proj/web:env/production:flag/new-checkout" doc:"What it is about, with the facts to assume; absent: what the path says, or the account as a whole"`
}

// Opinion is what one layer says to one action.
type Opinion struct {
	Layer     string `json:"layer" doc:"Where this authority comes from"`
	Action    string `json:"action"`
	Allowed   bool   `json:"allowed"`
	Policy    string `json:"policy,omitempty" doc:"Name of the policy whose statement decides"`
	Role      string `json:"role,omitempty" doc:"Role that the policy is: an id, or the key of a built-in one; absent where it is none"`
	Statement int    `json:"statement,omitempty" doc:"Number of the statement that decides, from 1; absent when none speaks"`
	Text      string `json:"text,omitempty" doc:"The statement in words"`
	Why       string `json:"why" doc:"The reason in a sentence"`
}

// Finding is the answer to an inquiry.
type Finding struct {
	Allowed   bool       `json:"allowed"`
	Operation string     `json:"operation,omitempty"`
	Resource  string     `json:"resource" doc:"With what is known about it"`
	State     string     `json:"state,omitempty" doc:"Code of the state that stops everything, such as a suspension"`
	Missing   [][]string `json:"missing" nullable:"false" doc:"Every smallest set of scopes and actions that is lacking"`
	Scopes    []string   `json:"scopes,omitempty" doc:"Scopes that the operation asks for and the grant lacks"`
	Opinions  []Opinion  `json:"opinions" nullable:"false"`
}

// Authority is what stands behind a grant, for Inquire.
type Authority struct {
	Account string
	Scopes  []string
	// Unscoped is set for people and roles, which have no scopes: theirs is only what policies say.
	Unscoped bool
	Layers   []NamedLayer
	State    error // why nothing is open at present; nil: it is
}

// NamedLayer is one layer with the names of its policies.
type NamedLayer struct {
	Name    string
	Sources []Source
}

// Inquire answers as the gateway would, and says why. Only who may manage roles
// of the account may ask. Errors: Invalid `inquiry_invalid`.
func (s *Service) Inquire(ctx context.Context, by access.Principal, acc account.ID, q Inquiry) (Finding, error) {
	var out Finding
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		a, err := s.open(tx, by, "role:inquire", acc.String())
		if err != nil {
			return err
		}
		c := s.Catalog.Get()
		if c == nil {
			return problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
		}
		if why := q.check(); why != "" {
			return errInquiry("", why)
		}
		who, err := s.authority(tx, a.ID.String(), q)
		if err != nil {
			return err
		}
		what, err := q.subject(c, tx.Now())
		if err != nil {
			return err
		}
		if s.Facts != nil {
			if what.on, err = s.Facts.Fill(ctx, a.ID.String(), what.on); err != nil {
				return err
			}
		}
		out, err = decide(who, what, c)
		return err
	})
	return out, err
}

func (q Inquiry) check() string {
	who := 0
	for _, set := range []bool{q.Member != "", q.Role != "", q.Grant != "", q.Policy != nil} {
		if set {
			who++
		}
	}
	switch {
	case who != 1:
		return "Say who: a member, a role, a grant or a policy, one of them."
	case (q.Action == "") == (q.Method == "" && q.Path == ""):
		return "Say what: an action, or method and path."
	case (q.Method == "") != (q.Path == ""):
		return "Method and path come together."
	}
	return ""
}

func errInquiry(at, why string) error {
	return problem.Invalid("inquiry_invalid", why, problem.Field{Pointer: at, Code: "inquiry_invalid", Detail: why})
}

// authority collects the layers of whoever the inquiry is about.
func (s *Service) authority(tx *store.Tx, acc string, q Inquiry) (Authority, error) {
	one := func(name string, sources ...Source) Authority {
		return Authority{Account: acc, Unscoped: true, Layers: []NamedLayer{{Name: name, Sources: sources}}}
	}
	switch {
	case q.Member != "":
		m, err := s.Accounts.Member(tx, acc, q.Member)
		if err != nil {
			return Authority{}, err
		}
		sources, err := s.Sources(tx, acc, q.Member)
		return one("Roles of "+m.Name, sources...), err
	case q.Role != "":
		name, policy, err := s.policyOf(tx, acc, q.Role)
		if err != nil {
			return Authority{}, err
		}
		return one("Role "+name, Source{Kind: FromCustom, Role: q.Role, Name: name, Attributes: q.Attributes, Policy: policy}), nil
	case q.Policy != nil:
		if f := q.Policy.Check("/policy"); len(f) > 0 {
			return Authority{}, problem.Invalid("policy.invalid", "The policy has faults.", f...)
		}
		return one("This policy", Source{Kind: FromCustom, Name: "This policy", Attributes: q.Attributes, Policy: q.Policy}), nil
	case s.Behind == nil:
		return Authority{}, problem.NotFound("grant")
	}
	who, err := s.Behind(tx, q.Grant)
	if err == nil && who.Account != acc {
		err = problem.NotFound("grant")
	}
	return who, err
}

// matter is what is to be done to what.
type matter struct {
	operation string
	needs     access.Needs
	public    bool
	byAction  bool
	on        access.Resource
}

func (q Inquiry) subject(c *catalog.Catalog, now time.Time) (matter, error) {
	m := matter{on: access.NewResource(access.Segment{Kind: "acct"}), byAction: q.Action != ""}
	if m.byAction {
		m.needs = access.Entitlement(q.Action)
	} else {
		var p catalog.Params
		var names catalog.Segments
		path, _, _ := strings.Cut(q.Path, "?")
		r, miss := c.Match(strings.ToUpper(q.Method), path, &p)
		if miss != catalog.Found || r.Internal {
			return m, errInquiry("/path", "The product has no such operation.")
		}
		needs, _ := r.At(now)
		m.operation, m.needs, m.public = r.Operation, *needs, r.Public
		if r.HasResource() {
			m.on = r.Fill(&p, &names)
		}
	}
	if q.Resource == "" {
		return m, nil
	}
	on, err := access.ParseResource(q.Resource)
	if err != nil {
		return m, errInquiry("/resource", "The resource cannot be read: "+detail(err)+".")
	}
	m.on = on
	return m, nil
}

// decide is the gateway's decision with its reasons.
func decide(who Authority, m matter, c *catalog.Catalog) (Finding, error) {
	out := Finding{Operation: m.operation, Resource: m.on.Text(), Missing: [][]string{}, Opinions: []Opinion{}}
	layers := make([]access.Layer, 0, len(who.Layers))
	for _, l := range who.Layers {
		var compiled access.Layer
		for _, src := range l.Sources {
			rules, err := src.Policy.Compile(src.Attributes)
			if err != nil {
				return out, problem.Internal("role.inquire "+src.Role, err)
			}
			compiled = append(compiled, rules)
		}
		layers = append(layers, compiled)
	}
	scopes := access.SortScopes(who.Scopes...)
	if who.Unscoped {
		scopes = asked(m.needs)
	}
	v := access.Decide(access.Question{Program: m.needs.Compile(nil), Scopes: scopes, Layers: layers, Resource: m.on})
	out.Allowed = (v.Allowed || m.public) && who.State == nil
	switch {
	case who.State != nil:
		out.State = problem.CodeOf(who.State)
	case v.Unmapped && !m.public:
		out.State = "operation_unmapped"
	}
	for _, set := range v.Missing {
		var names []string
		for _, a := range set {
			names = append(names, a.Name)
		}
		out.Missing = append(out.Missing, names)
	}
	words := c.Words()
	for _, atom := range m.needs.Atoms() {
		if atom.Kind == access.KindScope {
			if !scopes.Has(atom.Name) {
				out.Scopes = append(out.Scopes, atom.Name)
			}
			continue
		}
		for i, l := range who.Layers {
			out.Opinions = append(out.Opinions, l.opinion(layers[i], words, atom.Name, m.on))
		}
	}
	return out, nil
}

// asked are all scopes that the needs mention.
func asked(n access.Needs) access.Scopes {
	var names []string
	for _, a := range n.Atoms() {
		if a.Kind == access.KindScope {
			names = append(names, a.Name)
		}
	}
	return access.SortScopes(names...)
}

func (n NamedLayer) opinion(l access.Layer, w access.Words, action string, on access.Resource) Opinion {
	c := l.Explain(action, &on)
	out := Opinion{Layer: n.Name, Action: action, Allowed: c.Allowed}
	if c.By != access.Nowhere {
		src := n.Sources[c.By.Policy]
		out.Policy, out.Role, out.Statement = src.Name, src.Role, c.By.Statement+1
		out.Text = w.Sentence(src.Policy[c.By.Statement])
		switch {
		case c.Allowed:
			out.Why = "Statement " + strconv.Itoa(out.Statement) + " of “" + src.Name + "” allows it."
		case c.Doubt:
			out.Why = "Statement " + strconv.Itoa(out.Statement) + " of “" + src.Name + "” denies it in doubt: it asks for a tag or property, and nothing is known about the resource."
		default:
			out.Why = "Statement " + strconv.Itoa(out.Statement) + " of “" + src.Name + "” denies it, and a denial wins inside a role."
		}
		return out
	}
	switch {
	case len(n.Sources) == 0:
		out.Why = "There is no role at all, and nothing is allowed by default."
	case len(c.Possible) > 0:
		p := c.Possible[0]
		out.Why = "Statement " + strconv.Itoa(p.Statement+1) + " of “" + n.Sources[p.Policy].Name + "” would allow it if more were known: it asks for a tag or property, and nothing is known about the resource."
	default:
		out.Why = "No statement allows it. " + n.nearest(w, action, on)
	}
	return out
}

// hints say how the nearest statement misses.
var hints = map[access.Distance]string{
	access.OtherFacts:  "asks for other tags or properties",
	access.OtherName:   "is about others of this type: the names differ",
	access.OtherAction: "is about this resource, but not about this action",
	access.Excepted:    "excepts this resource",
	access.NoValue:     "depends on a role attribute that has no value here",
	access.OtherDepth:  "is about something above or below: what covers a parent does not cover what is in it",
}

func (n NamedLayer) nearest(w access.Words, action string, on access.Resource) string {
	best, name, number := access.OtherKind, "", 0
	for _, src := range n.Sources {
		for i, d := range src.Policy.Near(src.Attributes, action, &on) {
			if src.Policy[i].Effect == access.Allow && d < best {
				best, name, number = d, src.Name, i+1
			}
		}
	}
	if name == "" {
		return "None is about this."
	}
	return "The nearest, statement " + strconv.Itoa(number) + " of “" + name + "”, " + hints[best] + "."
}

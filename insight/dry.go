package insight

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/role"
	"github.com/guestright/guestright/usage"
)

// Change is what a dry run assumes: one of Role, Grant and Member.
type Change struct {
	Days   int           `json:"days,omitempty" enum:"7,30" doc:"How many days of calls; 7 when absent"`
	Role   *RoleChange   `json:"role,omitempty" doc:"A custom role would have another policy"`
	Grant  *ScopeChange  `json:"grant,omitempty" doc:"A grant would have other scopes"`
	Member *MemberChange `json:"member,omitempty" doc:"A member would have other roles"`
}

// RoleChange is another policy of a custom role; what is absent stays.
type RoleChange struct {
	Role   role.ID        `json:"role"`
	Policy *access.Policy `json:"policy,omitempty"`
	Base   *role.Base     `json:"base,omitempty" enum:"no_access,reader"`
}

// ScopeChange is other scopes of an installation or a private integration.
type ScopeChange struct {
	Grant  grant.ID `json:"grant"`
	Scopes []string `json:"scopes" maxItems:"500" nullable:"false"`
}

// MemberChange is other built-in and custom roles of a member.
type MemberChange struct {
	Member string       `json:"member" maxLength:"60"`
	Roles  []role.Given `json:"roles" maxItems:"50" nullable:"false"`
}

func (c Change) check() error {
	n := 0
	for _, set := range []bool{c.Role != nil, c.Grant != nil, c.Member != nil} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		return errDryRun("", "Name a role, a grant or a member, one of them.")
	case c.Days != 0 && c.Days != 7 && c.Days != 30:
		return errDryRun("/days", "7 or 30 days.")
	}
	return nil
}

func errDryRun(at, why string) error {
	return problem.Invalid("dry_run_invalid", why, problem.Field{Pointer: at, Code: "dry_run_invalid", Detail: why})
}

// Outcome says which recorded calls would have been refused.
type Outcome struct {
	Since    time.Time `json:"since"`
	Grants   int       `json:"grants" doc:"Grants that the change would reach"`
	LeftOut  int       `json:"left_out" doc:"Older grants of the account that were not looked at, since it has very many"`
	Calls    int64     `json:"calls" doc:"Recorded calls of these that passed and could be decided anew"`
	Refused  int64     `json:"refused" doc:"Of these, calls that would have been refused"`
	Unjudged int64     `json:"unjudged" doc:"Calls that passed of which it was not kept what they were about"`
	Lines    []Refusal `json:"lines" nullable:"false" doc:"The most frequent first, at most 200"`
}

// Refusal is a kind of call that would have been refused.
type Refusal struct {
	Grant     string     `json:"grant"`
	Kind      grant.Kind `json:"kind" enum:"installation,consent,private,member,service,legacy,recording"`
	Name      string     `json:"name" doc:"What people call the holder"`
	Operation string     `json:"operation"`
	Resource  string     `json:"resource,omitempty"`
	Calls     int64      `json:"calls"`
	Last      time.Time  `json:"last" doc:"The day of the last of them"`
	Missing   [][]string `json:"missing" nullable:"false" doc:"Every smallest set of scopes and actions that would be lacking"`
}

const linesMost = 200

// trial is one grant with its authority as it is and as it would be.
type trial struct {
	grant     grant.Grant
	name      string
	was, then role.Authority
}

// matter is one kind of call to be decided anew.
type matter struct {
	usage.Matter
	on access.Resource
}

// try decides the recorded calls of one grant anew.
func (o *Outcome) try(c *catalog.Catalog, now time.Time, t trial, calls []matter) error {
	was, err := compiled(t.was)
	if err != nil {
		return err
	}
	then, err := compiled(t.then)
	if err != nil {
		return err
	}
	found := map[[2]string]*Refusal{}
	for i := range calls {
		m := &calls[i]
		r, ok := c.Route(m.Operation)
		if !ok {
			o.Unjudged += m.Calls
			continue
		}
		o.Calls += m.Calls
		needs, program := r.At(now)
		if r.Public || !needs.Mapped() {
			continue
		}
		before := access.Decide(access.Question{Program: *program, Scopes: scopes(c, t.was), Layers: was, Resource: m.on})
		if !before.Allowed {
			continue // it would be refused today, whatever is changed
		}
		after := access.Decide(access.Question{Program: *program, Scopes: scopes(c, t.then), Layers: then, Resource: m.on})
		if after.Allowed {
			continue
		}
		o.Refused += m.Calls
		k := [2]string{m.Operation, m.Resource}
		if found[k] == nil {
			found[k] = &Refusal{Grant: t.grant.ID.String(), Kind: t.grant.Kind, Name: t.name, Operation: m.Operation, Resource: m.Resource, Missing: lacking(after.Missing)}
		}
		found[k].Calls += m.Calls
		found[k].Last = later(found[k].Last, m.Day)
	}
	for _, f := range found {
		o.Lines = append(o.Lines, *f)
	}
	return nil
}

// settle orders the lines and cuts them.
func (o *Outcome) settle() {
	slices.SortFunc(o.Lines, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), strings.Compare(a.Name, b.Name), strings.Compare(a.Operation, b.Operation), strings.Compare(a.Resource, b.Resource))
	})
	o.Lines = o.Lines[:min(len(o.Lines), linesMost)]
}

func lacking(sets [][]access.Atom) [][]string {
	out := [][]string{}
	for _, set := range sets {
		var names []string
		for _, a := range set {
			names = append(names, a.Name)
		}
		out = append(out, names)
	}
	return out
}

func scopes(c *catalog.Catalog, a role.Authority) access.Scopes {
	s := access.SortScopes(a.Scopes...)
	s.Bits = c.Bits(s.Names)
	return s
}

func compiled(a role.Authority) ([]access.Layer, error) {
	out := make([]access.Layer, 0, len(a.Layers))
	for _, l := range a.Layers {
		var layer access.Layer
		for _, src := range l.Sources {
			rules, err := src.Policy.Compile(src.Attributes)
			if err != nil {
				return nil, problem.Internal("insight.compile "+src.Role, err)
			}
			layer = append(layer, rules)
		}
		out = append(out, layer)
	}
	return out, nil
}

package recording

import (
	"cmp"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/release"
	"github.com/guestright/guestright/usage"
)

// Called is one operation that was called.
type Called struct {
	Operation string `json:"operation"`
	Label     string `json:"label" doc:"Method and path"`
	Passed    int64  `json:"passed"`
	Refused   int64  `json:"refused" doc:"Calls that did not pass, such as simulated refusals"`
	last      int64
}

// Need is one scope that calls needed.
type Need struct {
	Scope      string   `json:"scope"`
	Label      string   `json:"label"`
	Risk       string   `json:"risk"`
	Operations []string `json:"operations" nullable:"false" doc:"Operations that would not have passed without it"`
}

// Privilege is what an administrator calls something that the role needs.
type Privilege struct {
	Label  string `json:"label"`
	Screen string `json:"screen,omitempty" doc:"Where the product's administrators find it"`
}

// Proposal is what an application has to ask for so that every recorded call passes.
type Proposal struct {
	Scopes       []Need      `json:"scopes" nullable:"false" doc:"As few as suffice"`
	Entitlements []string    `json:"entitlements" nullable:"false" doc:"What the role has to give"`
	Privileges   []Privilege `json:"privileges" nullable:"false" doc:"The same in the product's own words"`
	Events       []string    `json:"events" nullable:"false" doc:"Types of events that the application listens to"`
	Operations   []Called    `json:"operations" nullable:"false" doc:"What was called, the latest first"`
	Unmet        []string    `json:"unmet" nullable:"false" doc:"Operations for which no scope suffices; an application cannot call them"`
	Passed       int64       `json:"passed"`
	Refused      int64       `json:"refused"`
	Unknown      int64       `json:"unknown" doc:"Calls to what does not exist"`

	Draft release.Content `json:"draft" doc:"A version to begin with; look at the purposes, since administrators decide by them"`
}

// propose draws a proposal from what was called. What did not pass needs nothing.
func propose(c *catalog.Catalog, uses []usage.Use, patterns []string) Proposal {
	p := Proposal{Scopes: []Need{}, Entitlements: []string{}, Privileges: []Privilege{}, Operations: []Called{}, Unmet: []string{}}
	passed := p.count(c, uses)
	scopes, unmet := c.Covering(passed, c.Scopes())
	p.Unmet = append(p.Unmet, unmet...)
	for _, name := range scopes {
		s, _ := c.Scope(name)
		n := Need{Scope: name, Label: cmp.Or(s.Label, name), Risk: cmp.Or(s.Risk, "medium"), Operations: []string{}}
		others := slices.DeleteFunc(slices.Clone(scopes), func(o string) bool { return o == name })
		for _, op := range passed {
			if c.Suffice(op, scopes) && !c.Suffice(op, others) {
				n.Operations = append(n.Operations, op)
			}
		}
		p.Scopes = append(p.Scopes, n)
	}
	p.role(c, passed, scopes)
	p.events(c, patterns, scopes)
	p.draft()
	return p
}

// count sums the uses by operation and lists those that passed.
func (p *Proposal) count(c *catalog.Catalog, uses []usage.Use) []string {
	all := map[string]*Called{}
	for _, u := range uses {
		if u.Operation == "" {
			p.Unknown += u.Calls
			continue
		}
		o := all[u.Operation]
		if o == nil {
			o = &Called{Operation: u.Operation, Label: u.Operation}
			if r, ok := c.Route(u.Operation); ok {
				o.Label = r.Method + " " + r.Template
			}
			all[u.Operation] = o
		}
		o.Passed += u.Passed
		o.Refused += u.Calls - u.Passed
		o.last = max(o.last, u.Last.Unix())
		p.Passed += u.Passed
		p.Refused += u.Calls - u.Passed
	}
	var passed []string
	for id, o := range all {
		p.Operations = append(p.Operations, *o)
		if o.Passed > 0 {
			passed = append(passed, id)
		}
	}
	slices.Sort(passed)
	slices.SortFunc(p.Operations, func(a, b Called) int {
		return cmp.Or(cmp.Compare(b.last, a.last), strings.Compare(a.Label, b.Label))
	})
	return passed
}

// role gathers the entitlements that the calls ask for, as far as the scopes give
// them: of alternatives the others are not needed.
func (p *Proposal) role(c *catalog.Catalog, passed, scopes []string) {
	var gives []string
	for _, s := range scopes {
		gives = append(gives, c.Entitlements(s)...)
	}
	for _, op := range passed {
		r, ok := c.Route(op)
		if !ok {
			continue
		}
		for _, a := range r.Needs.Atoms() {
			if a.Kind == access.KindEntitlement && slices.Contains(gives, a.Name) && !slices.Contains(p.Entitlements, a.Name) {
				p.Entitlements = append(p.Entitlements, a.Name)
			}
		}
	}
	slices.Sort(p.Entitlements)
	for _, e := range p.Entitlements {
		for _, pr := range c.Privileges(e) {
			one := Privilege{Label: pr.Label, Screen: pr.Screen}
			if !pr.Administrator && !slices.Contains(p.Privileges, one) {
				p.Privileges = append(p.Privileges, one)
			}
		}
	}
}

// events are the types that the application listens to and the scopes open.
func (p *Proposal) events(c *catalog.Catalog, patterns, scopes []string) {
	p.Events = []string{}
	for name := range c.File().Events {
		t, ok := c.Event(name)
		if ok && slices.ContainsFunc(patterns, func(pattern string) bool { return fits(pattern, name) }) && c.Opens(t.EventType, scopes) {
			p.Events = append(p.Events, name)
		}
	}
	slices.Sort(p.Events)
}

// fits reports whether a pattern of a subscription covers a type: the whole name,
// everything, or a beginning followed by .*.
func fits(pattern, name string) bool {
	if pattern == "*" || pattern == name {
		return true
	}
	head, ok := strings.CutSuffix(pattern, "*")
	return ok && strings.HasPrefix(name, head)
}

// draft prefills a version.
func (p *Proposal) draft() {
	p.Draft = release.Content{Number: "1.0.0", Events: p.Events, Delegation: "off"}
	for _, n := range p.Scopes {
		p.Draft.Required = append(p.Draft.Required, release.Request{Scope: n.Scope, Purpose: purpose(n)})
	}
}

// purpose says what a scope was seen to be used for; a person will say it better.
func purpose(n Need) string {
	text := "It is used for " + strings.Join(n.Operations, ", ") + "."
	if len(n.Operations) == 0 {
		text = "It is used together with the others."
	}
	if r := []rune(text); len(r) > release.PurposeMost {
		text = string(r[:release.PurposeMost-2]) + "…"
	}
	return text
}

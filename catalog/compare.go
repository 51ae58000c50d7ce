package catalog

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
)

// Direction says how a requirement changed for those who call.
type Direction string

// Wider needs more than before, so that some calls that passed are refused; narrower needs less; both at once is mixed.
const (
	Unchanged Direction = "unchanged"
	Wider     Direction = "wider"
	Narrower  Direction = "narrower"
	Mixed     Direction = "mixed"
)

// RouteChange is one route that differs between two catalogs.
type RouteChange struct {
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Operation string    `json:"operation"`
	Was       string    `json:"was"`
	Is        string    `json:"is"`
	Direction Direction `json:"direction"`
	old, new  *Route
}

// Diff is what changed between two catalogs.
type Diff struct {
	From    string        `json:"from"`
	To      string        `json:"to"`
	Added   []RouteChange `json:"added,omitempty"`
	Removed []RouteChange `json:"removed,omitempty"`
	Changed []RouteChange `json:"changed,omitempty"`
}

// Empty reports that no route differs.
func (d Diff) Empty() bool { return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 }

// Compare lists the routes that were added, removed, or need something else. Routes are the same when method and path
// are, whatever their parameters are called.
func Compare(from, to *Catalog) Diff {
	d := Diff{From: from.version, To: to.version}
	before := byShape(from)
	after := byShape(to)
	for _, r := range to.routes {
		old := before[routeShape(r)]
		switch {
		case old == nil:
			d.Added = append(d.Added, change(nil, r))
		case stateOf(old) != stateOf(r):
			if ch := change(old, r); ch.Direction != Unchanged {
				d.Changed = append(d.Changed, ch)
			}
		}
	}
	for _, r := range from.routes {
		if after[routeShape(r)] == nil {
			d.Removed = append(d.Removed, change(r, nil))
		}
	}
	return d
}

func byShape(c *Catalog) map[string]*Route {
	out := map[string]*Route{}
	for _, r := range c.routes {
		out[routeShape(r)] = r
	}
	return out
}

func routeShape(r *Route) string {
	segments, err := parsePath(r.Template)
	if err != nil {
		return r.Method + " " + r.Template
	}
	var b strings.Builder
	b.WriteString(r.Method)
	for _, s := range segments {
		b.WriteString("/")
		b.WriteString(s.shape())
	}
	return b.String()
}

// stateOf is what a route asks for, in words.
func stateOf(r *Route) string {
	early := ""
	if r.Preview != "" {
		early = ", only with the preview " + r.Preview
	}
	switch {
	case r.Internal:
		return "internal"
	case r.Public:
		return "public" + early
	case r.Unmapped():
		return "unmapped"
	}
	return r.Needs.Text() + early
}

func change(old, now *Route) RouteChange {
	ch := RouteChange{old: old, new: now}
	if old != nil {
		ch.Method, ch.Path, ch.Operation, ch.Was = old.Method, old.Template, old.Operation, stateOf(old)
	}
	if now != nil {
		ch.Method, ch.Path, ch.Operation, ch.Is = now.Method, now.Template, now.Operation, stateOf(now)
	}
	switch {
	case old == nil:
		ch.Direction = Narrower
	case now == nil:
		ch.Direction = Wider
	default:
		ch.Direction = direction(old, now)
	}
	return ch
}

// direction compares two requirements: one is at least as strict when whoever meets it also meets the other.
func direction(old, now *Route) Direction {
	stricter, looser := covers(now, old), covers(old, now)
	switch {
	case stricter && looser:
		return Unchanged
	case stricter:
		return Wider
	case looser:
		return Narrower
	}
	return Mixed
}

// covers reports that whoever may call a may call b.
func covers(a, b *Route) bool {
	switch {
	case a.Internal || a.Unmapped(), b.Public:
		return true
	case b.Internal || b.Unmapped(), a.Public:
		return false
	}
	return implies(access.OpAny, a.Needs, b.Needs)
}

// GrantView is what planning needs to know about a grant.
type GrantView struct {
	ID     string
	Scopes []string
	// Entitlements that the grant's role and policy allow at most; nil: they do not narrow.
	Entitlements []string
}

// GrantChange lists the calls that one grant gains or loses.
type GrantChange struct {
	Grant string   `json:"grant"`
	Gains []string `json:"gains,omitempty"`
	Loses []string `json:"loses,omitempty"`
}

// Preview lists every grant that would gain or lose calls if the second catalog replaced the first. It looks at what the
// routes need for good, after all announced changes.
func Preview(from, to *Catalog, grants []GrantView) []GrantChange {
	d := Compare(from, to)
	touched := slices.Concat(d.Added, d.Removed, d.Changed)
	if moved := scopesMoved(from, to); len(moved) > 0 {
		touched = allRoutes(from, to)
	}
	var out []GrantChange
	for _, g := range grants {
		was, is := from.holds(g), to.holds(g)
		ch := GrantChange{Grant: g.ID}
		for _, t := range touched {
			before, after := may(t.old, was), may(t.new, is)
			call := t.Method + " " + t.Path
			switch {
			case after && !before:
				ch.Gains = append(ch.Gains, call)
			case before && !after:
				ch.Loses = append(ch.Loses, call)
			}
		}
		if len(ch.Gains)+len(ch.Loses) > 0 {
			out = append(out, ch)
		}
	}
	return out
}

// scopesMoved lists scopes that give other entitlements than before.
func scopesMoved(from, to *Catalog) []string {
	var out []string
	for name, gives := range to.gives {
		if !sameNames(gives, from.gives[name]) {
			out = append(out, name)
		}
	}
	for name, gave := range from.gives {
		if _, ok := to.gives[name]; !ok && len(gave) > 0 {
			out = append(out, name)
		}
	}
	return out
}

func sameNames(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func allRoutes(from, to *Catalog) []RouteChange {
	before, after := byShape(from), byShape(to)
	var out []RouteChange
	for _, r := range to.routes {
		out = append(out, change(before[routeShape(r)], r))
	}
	for _, r := range from.routes {
		if after[routeShape(r)] == nil {
			out = append(out, change(r, nil))
		}
	}
	return out
}

// holds gives what a grant has under this catalog.
func (c *Catalog) holds(g GrantView) map[access.Atom]bool {
	out := map[access.Atom]bool{}
	for _, a := range c.Atoms(g.Scopes) {
		if a.Kind == access.KindEntitlement && g.Entitlements != nil && !slices.Contains(g.Entitlements, a.Name) {
			continue
		}
		out[a] = true
	}
	return out
}

func may(r *Route, has map[access.Atom]bool) bool {
	switch {
	case r == nil || r.Internal || r.Unmapped():
		return false
	case r.Public:
		return true
	}
	return r.Needs.Met(func(a access.Atom) bool { return has[a] })
}

package catalog

import (
	"slices"

	"github.com/guestright/guestright/access"
)

// registry collects scopes: those described, those that routes ask for, and one for every entitlement that no scope gives.
func (b *builder) registry() {
	c := b.catalog
	c.scopes, c.gives = map[string]Scope{}, map[string][]string{}
	covered := map[string]bool{}
	for name, s := range c.file.Scopes {
		c.scopes[name] = s.withDefaults(name)
		c.gives[name] = s.Entitlements
		for _, e := range s.Entitlements {
			covered[e] = true
		}
	}
	entitlements := map[string]bool{}
	for _, r := range c.routes {
		for _, a := range r.asked() {
			if a.Kind == access.KindScope {
				b.used[a.Name] = true
			} else {
				entitlements[a.Name] = true
			}
		}
	}
	for name := range c.file.Entitlements {
		entitlements[name] = true
	}
	cov := &b.coverage
	for name := range b.used {
		cov.ScopesUsed = append(cov.ScopesUsed, name)
		if _, ok := c.scopes[name]; !ok {
			cov.Undescribed = append(cov.Undescribed, name)
			c.scopes[name] = Scope{}.withDefaults(name)
		}
	}
	for name := range entitlements {
		cov.Entitlements = append(cov.Entitlements, name)
		if covered[name] {
			continue
		}
		cov.Implicit = append(cov.Implicit, name)
		about := c.file.Entitlements[name]
		if _, ok := c.scopes[name]; !ok {
			s := Scope{Label: about.Label, Explanation: about.Explanation}
			if about.Administrator {
				s.Risk = "high"
			}
			c.scopes[name] = s.withDefaults(name)
		}
		c.gives[name] = append(slices.Clone(c.gives[name]), name)
	}
	for name, s := range c.file.Scopes {
		if !b.used[name] && !slices.ContainsFunc(s.Entitlements, func(e string) bool { return entitlements[e] }) {
			cov.Unused = append(cov.Unused, name)
		}
	}
	for _, l := range [][]string{cov.ScopesUsed, cov.Undescribed, cov.Entitlements, cov.Implicit, cov.Unused} {
		slices.Sort(l)
	}
}

func (s Scope) withDefaults(name string) Scope {
	if s.Label == "" {
		s.Label = name
	}
	if s.Risk == "" {
		s.Risk = "medium"
	}
	return s
}

// asked lists what a route asks for, now or while a change is announced.
func (r *Route) asked() []access.Atom {
	atoms := r.Needs.Atoms()
	if r.Interim != nil {
		atoms = append(atoms, r.Interim.Was.Atoms()...)
	}
	return atoms
}

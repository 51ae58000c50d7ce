package catalog

import (
	"cmp"
	"slices"

	"github.com/guestright/guestright/access"
)

// Covering picks from a list of scopes as few as are needed to go on calling the operations: the ones that give much or
// are of high risk are left out first, and none that is left could go too. Operations that the whole list does not
// suffice for, and that need something, are returned as unmet.
func (c *Catalog) Covering(operations, from []string) (scopes, unmet []string) {
	left := slices.Clone(from)
	slices.Sort(left)
	left = slices.Compact(left)
	var needs []access.Needs
	for _, id := range operations {
		r, ok := c.byKey[id]
		if !ok || r.Public || !r.Needs.Mapped() {
			continue
		}
		if !r.Needs.Met(c.has(left)) {
			unmet = append(unmet, id)
			continue
		}
		needs = append(needs, r.Needs)
	}
	order := slices.Clone(left)
	slices.SortFunc(order, func(a, b string) int {
		return cmp.Or(cmp.Compare(riskOf(c.scopes[b].Risk), riskOf(c.scopes[a].Risk)), cmp.Compare(len(c.gives[b]), len(c.gives[a])), cmp.Compare(b, a))
	})
	for _, s := range order {
		without := slices.DeleteFunc(slices.Clone(left), func(l string) bool { return l == s })
		has := c.has(without)
		if !slices.ContainsFunc(needs, func(n access.Needs) bool { return !n.Met(has) }) {
			left = without
		}
	}
	return left, unmet
}

// Suffice reports whether the scopes alone meet what the operation needs.
func (c *Catalog) Suffice(operation string, scopes []string) bool {
	r, ok := c.byKey[operation]
	return ok && (r.Public || r.Needs.Mapped() && r.Needs.Met(c.has(scopes)))
}

func (c *Catalog) has(scopes []string) func(access.Atom) bool {
	return func(a access.Atom) bool {
		if a.Kind == access.KindScope {
			return slices.Contains(scopes, a.Name)
		}
		return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(c.gives[s], a.Name) })
	}
}

func riskOf(risk string) int { return slices.Index([]string{"low", "medium", "high"}, risk) }

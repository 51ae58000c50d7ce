package catalog

import (
	"slices"

	"github.com/guestright/guestright/access"
)

// AdministratorRights gives what access.AdministratorClass asks for: the actions that are marked as giving rights, and
// every action that is known.
func (c *Catalog) AdministratorRights() ([]string, []access.KnownAction) {
	seen := map[string]bool{}
	for e := range c.file.Entitlements {
		seen[e] = true
	}
	for _, r := range c.routes {
		for _, a := range r.Needs.Atoms() {
			if a.Kind == access.KindEntitlement {
				seen[a.Name] = true
			}
		}
	}
	for s := range c.scopes {
		for _, e := range c.gives[s] {
			seen[e] = true
		}
	}
	names := make([]string, 0, len(seen))
	var rights []string
	for e := range seen {
		names = append(names, e)
		if c.file.Entitlements[e].Administrator {
			rights = append(rights, e)
		}
	}
	slices.Sort(names)
	slices.Sort(rights)
	return rights, access.Known(names...)
}

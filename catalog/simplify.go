package catalog

import (
	"slices"

	"github.com/guestright/guestright/access"
)

// simplify drops alternatives that another one already covers: "a or (a and b)" is "a".
func simplify(n access.Needs) access.Needs {
	if n.Op == access.OpAtom || !n.Mapped() {
		return n
	}
	var parts []access.Needs
	for i, m := range n.Of {
		covered := false
		for j, o := range n.Of {
			if i != j && implies(n.Op, m, o) && !(implies(n.Op, o, m) && i < j) {
				covered = true
			}
		}
		if !covered {
			parts = append(parts, simplify(m))
		}
	}
	if n.Op == access.OpAll {
		return access.All(parts...)
	}
	return access.Any(parts...)
}

// implies reports that part m is redundant beside part o: under or, whoever meets m also meets o; under and, whoever
// meets o also meets m.
func implies(op access.Op, m, o access.Needs) bool {
	if op == access.OpAll {
		m, o = o, m
	}
	sets := m.Minimal()
	for _, set := range sets {
		if !o.Met(func(a access.Atom) bool { return slices.Contains(set, a) }) {
			return false
		}
	}
	return len(sets) > 0 && len(sets) < 256
}

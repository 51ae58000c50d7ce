package access

import (
	"cmp"
	"slices"
)

// maxSets bounds how many alternatives Minimal and Missing list. An expression with more is still decided exactly; only
// the listing is cut, shortest alternatives first.
const maxSets = 256

// Minimal lists every smallest set of atoms that satisfies the requirement: without any one member it is no longer met.
// At most 256 sets, shortest first; nil when unmapped.
func (n Needs) Minimal() [][]Atom {
	n = n.normal()
	atoms := n.Atoms()
	index := make(map[Atom]int, len(atoms))
	for i, a := range atoms {
		index[a] = i
	}
	sets := shrink(n, atoms, n.sets(index))
	if len(sets) == 0 {
		return nil
	}
	out := make([][]Atom, 0, len(sets))
	for _, s := range sets {
		as := make([]Atom, 0, len(s))
		for _, i := range s {
			as = append(as, atoms[i])
		}
		out = append(out, as)
	}
	return out
}

// Missing lists the alternatives still open to somebody who has these atoms: each is a smallest set that would satisfy
// the requirement if it were added. Empty when the requirement is met, and when it is unmapped, where nothing helps.
func (n Needs) Missing(has func(Atom) bool) [][]Atom {
	rest, met := n.normal().rest(has)
	if met {
		return nil
	}
	return rest.Minimal()
}

// rest is what remains when the atoms at hand are taken as given.
func (n Needs) rest(has func(Atom) bool) (Needs, bool) {
	switch n.Op {
	case OpAtom:
		return n, has(n.Atom)
	case OpAll:
		var open []Needs
		for _, m := range n.Of {
			if r, met := m.rest(has); !met {
				open = append(open, r)
			}
		}
		return All(open...), len(open) == 0
	case OpAny:
		open := make([]Needs, 0, len(n.Of))
		for _, m := range n.Of {
			r, met := m.rest(has)
			if met {
				return Needs{}, true
			}
			open = append(open, r)
		}
		return Any(open...), false
	}
	return n, false
}

// sets is the disjunctive form: satisfying sets of atom numbers, each ascending.
func (n Needs) sets(index map[Atom]int) [][]int {
	switch n.Op {
	case OpAtom:
		return [][]int{{index[n.Atom]}}
	case OpAny:
		var out [][]int
		for _, m := range n.Of {
			out = append(out, m.sets(index)...)
		}
		return smallest(out)
	case OpAll:
		out := [][]int{nil}
		for _, m := range n.Of {
			out = product(out, m.sets(index))
		}
		return out
	}
	return nil
}

// product unites every set of a with every set of b. It looks at no more than 16 times maxSets pairs, so that a hostile
// expression costs milliseconds at most.
func product(a, b [][]int) [][]int {
	var out [][]int
	for _, x := range a {
		for _, y := range b {
			if len(out) == 16*maxSets {
				return smallest(out)
			}
			u := slices.Concat(x, y)
			slices.Sort(u)
			out = append(out, slices.Compact(u))
		}
	}
	return smallest(out)
}

// smallest drops every set that contains another one and keeps the first maxSets, shortest first.
func smallest(sets [][]int) [][]int {
	slices.SortStableFunc(sets, func(a, b []int) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(a, b))
	})
	var out [][]int
	for _, s := range sets {
		if len(out) == maxSets {
			break
		}
		if !slices.ContainsFunc(out, func(t []int) bool { return contains(s, t) }) {
			out = append(out, s)
		}
	}
	return out
}

// contains reports whether ascending s holds every member of ascending t.
func contains(s, t []int) bool {
	i := 0
	for _, v := range t {
		for i < len(s) && s[i] < v {
			i++
		}
		if i == len(s) || s[i] != v {
			return false
		}
	}
	return true
}

// shrink takes out of each set what it can do without. Only sets from a listing that was cut have anything to lose.
func shrink(n Needs, atoms []Atom, sets [][]int) [][]int {
	for k, s := range sets {
		in := make(map[Atom]bool, len(s))
		for _, i := range s {
			in[atoms[i]] = true
		}
		sets[k] = slices.DeleteFunc(slices.Clone(s), func(i int) bool {
			in[atoms[i]] = false
			if n.Met(func(a Atom) bool { return in[a] }) {
				return true
			}
			in[atoms[i]] = true
			return false
		})
	}
	return smallest(sets)
}

package access

import "slices"

// Scopes is the set of scopes of a grant, by name and, where the catalog has numbered them, as bits. Names must be in
// ascending order; SortScopes prepares them.
type Scopes struct {
	Names []string
	Bits  []uint64 // optional; when present it alone answers for scopes that have a bit
}

// SortScopes makes a set of the given names, each once.
func SortScopes(names ...string) Scopes {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return Scopes{Names: slices.Compact(sorted)}
}

// Has reports whether the set holds the scope.
func (s Scopes) Has(name string) bool {
	_, found := slices.BinarySearch(s.Names, name)
	return found
}

// Question is everything a decision depends on.
type Question struct {
	Program  Program // what the operation requires
	Scopes   Scopes  // what the grant carries
	Layers   []Layer // every one must allow an entitlement; none at all means that none is allowed
	Resource Resource
}

// Verdict is the answer. Missing lists the alternatives still open, each a smallest set of atoms to be had; it is empty
// when allowed, and when the operation is unmapped.
type Verdict struct {
	Allowed  bool
	Unmapped bool
	Missing  [][]Atom
}

// Decide is the single decision that every door uses: a scope is met when the grant carries it, an entitlement when
// every layer allows it on the resource. It allocates nothing when the answer is yes.
func Decide(q Question) Verdict {
	if len(q.Program.code) == 0 {
		return Verdict{Unmapped: true}
	}
	at := int32(0)
	for at >= 0 {
		t := &q.Program.code[at]
		if q.has(&q.Program.atoms[t.atom], t.bit) {
			at = t.yes
		} else {
			at = t.no
		}
	}
	if at == accept {
		return Verdict{Allowed: true}
	}
	return Verdict{Missing: q.missing()}
}

func (q *Question) has(a *Atom, bit int32) bool {
	if a.Kind == KindEntitlement {
		return Permits(q.Layers, a.Name, &q.Resource)
	}
	if bit < 0 || q.Scopes.Bits == nil {
		return q.Scopes.Has(a.Name)
	}
	word := int(bit) >> 6
	return word < len(q.Scopes.Bits) && q.Scopes.Bits[word]&(1<<(uint(bit)&63)) != 0
}

func (q *Question) missing() [][]Atom {
	bits := make(map[Atom]int32, len(q.Program.atoms))
	for _, t := range q.Program.code {
		bits[q.Program.atoms[t.atom]] = t.bit
	}
	return q.Program.needs.Missing(func(a Atom) bool { return q.has(&a, bits[a]) })
}

// Permits reports whether every layer allows the action on the resource. Without layers nothing is permitted. It
// allocates nothing.
func Permits(layers []Layer, action string, on *Resource) bool {
	for _, l := range layers {
		if !l.Allows(action, on) {
			return false
		}
	}
	return len(layers) > 0
}

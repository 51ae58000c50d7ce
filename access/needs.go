package access

import (
	"slices"
	"strings"
)

// Op is how a requirement combines its parts.
type Op uint8

const (
	// OpNone is the zero value: nobody has said what the operation requires. It is never met.
	OpNone Op = iota
	// OpAtom is met by one scope or entitlement.
	OpAtom
	// OpAll is met when every part is.
	OpAll
	// OpAny is met when at least one part is.
	OpAny
)

const (
	maxName  = 200 // bytes of one scope, entitlement, action or resource name
	maxDepth = 32  // nesting of a requirement, so that parsers need no unbounded stack
	maxParts = 500 // atoms in one requirement
)

// Needs is what an operation requires: an and/or expression over scopes and entitlements. Build it with Scope,
// Entitlement, All and Any, which keep it flat and free of repetitions. The zero value means unmapped and is never met.
type Needs struct {
	Op   Op
	Atom Atom
	Of   []Needs
}

// Scope requires one scope.
func Scope(name string) Needs {
	return Needs{Op: OpAtom, Atom: Atom{Kind: KindScope, Name: name}}
}

// Entitlement requires one entitlement.
func Entitlement(name string) Needs {
	return Needs{Op: OpAtom, Atom: Atom{Kind: KindEntitlement, Name: name}}
}

// All requires every part. All of nothing is unmapped, and so is All with an unmapped part: what nobody has said cannot
// be met.
func All(of ...Needs) Needs { return combine(OpAll, of) }

// Any requires at least one part. Unmapped parts are dropped; Any of nothing is unmapped.
func Any(of ...Needs) Needs { return combine(OpAny, of) }

func combine(op Op, of []Needs) Needs {
	var parts []Needs
	add := func(n Needs) {
		if !slices.ContainsFunc(parts, n.Equal) {
			parts = append(parts, n)
		}
	}
	for _, n := range of {
		n = n.normal()
		switch {
		case n.Op == OpNone && op == OpAll:
			return Needs{}
		case n.Op == OpNone:
		case n.Op == op:
			for _, m := range n.Of {
				add(m)
			}
		default:
			add(n)
		}
	}
	switch len(parts) {
	case 0:
		return Needs{}
	case 1:
		return parts[0]
	}
	return Needs{Op: op, Of: parts}
}

// normal rebuilds a literal Needs by the rules of All and Any.
func (n Needs) normal() Needs {
	switch n.Op {
	case OpAtom:
		return Needs{Op: OpAtom, Atom: n.Atom}
	case OpAll, OpAny:
		return combine(n.Op, n.Of)
	}
	return Needs{}
}

// Mapped reports whether anybody has said what is required.
func (n Needs) Mapped() bool { return n.Op != OpNone }

// Equal reports whether both are written alike, part by part and in the same order.
func (n Needs) Equal(m Needs) bool {
	return n.Op == m.Op && n.Atom == m.Atom && slices.EqualFunc(n.Of, m.Of, Needs.Equal)
}

// Atoms lists every scope and entitlement once, in order of first mention.
func (n Needs) Atoms() []Atom {
	var atoms []Atom
	seen := map[Atom]bool{}
	n.walk(func(a Atom) {
		if !seen[a] {
			seen[a] = true
			atoms = append(atoms, a)
		}
	})
	return atoms
}

func (n Needs) walk(visit func(Atom)) {
	if n.Op == OpAtom {
		visit(n.Atom)
	}
	for _, m := range n.Of {
		m.walk(visit)
	}
}

// Met reports whether somebody who has these atoms satisfies the requirement.
func (n Needs) Met(has func(Atom) bool) bool {
	switch n.Op {
	case OpAtom:
		return has(n.Atom)
	case OpAll:
		for _, m := range n.Of {
			if !m.Met(has) {
				return false
			}
		}
		return len(n.Of) > 0
	case OpAny:
		for _, m := range n.Of {
			if m.Met(has) {
				return true
			}
		}
	}
	return false
}

// String is the readable form, `a and (b or c)`; empty when unmapped. It leaves the kinds out; Text keeps them.
func (n Needs) String() string { return n.write(Atom.String) }

// Text is the exact form, `scope:a and (scope:b or entitlement:c)`, which ParseNeeds reads back.
func (n Needs) Text() string { return n.write(Atom.Text) }

func (n Needs) write(atom func(Atom) string) string {
	switch n.Op {
	case OpAtom:
		return atom(n.Atom)
	case OpAll, OpAny:
		word := " and "
		if n.Op == OpAny {
			word = " or "
		}
		parts := make([]string, 0, len(n.Of))
		for _, m := range n.Of {
			s := m.write(atom)
			if m.Op == OpAll || m.Op == OpAny {
				s = "(" + s + ")"
			}
			parts = append(parts, s)
		}
		return strings.Join(parts, word)
	}
	return ""
}

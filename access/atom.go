package access

import (
	"encoding/json"
	"strings"
)

// AtomKind says which of the two vocabularies a requirement uses.
type AtomKind uint8

const (
	// KindScope is a coarse name that a developer asks for and a grant carries.
	KindScope AtomKind = iota + 1
	// KindEntitlement is an action that every layer of policy must allow on the resource.
	KindEntitlement
)

// String gives the word used in JSON and in the text form; empty for the zero kind.
func (k AtomKind) String() string {
	switch k {
	case KindScope:
		return "scope"
	case KindEntitlement:
		return "entitlement"
	}
	return ""
}

// Atom is one scope or one entitlement. Names are compared byte by byte: they are keys, not display names.
type Atom struct {
	Kind AtomKind
	Name string
}

// String gives the bare name, for people.
func (a Atom) String() string { return a.Name }

// Text gives the name with its kind, `scope:x` or `entitlement:x`, quoted where the text form of Needs asks for it.
func (a Atom) Text() string { return a.Kind.String() + ":" + quoteWord(a.Name) }

type atomJSON struct {
	Scope       *string `json:"scope,omitempty"`
	Entitlement *string `json:"entitlement,omitempty"`
}

// MarshalJSON writes {"scope":"x"} or {"entitlement":"x"}.
func (a Atom) MarshalJSON() ([]byte, error) {
	switch a.Kind {
	case KindScope:
		return json.Marshal(atomJSON{Scope: &a.Name})
	case KindEntitlement:
		return json.Marshal(atomJSON{Entitlement: &a.Name})
	}
	return nil, needsError("", "an atom is a scope or an entitlement")
}

// UnmarshalJSON reads what MarshalJSON writes.
func (a *Atom) UnmarshalJSON(b []byte) error {
	var n Needs
	if err := n.UnmarshalJSON(b); err != nil {
		return err
	}
	if n.Op != OpAtom {
		return needsError("", "one scope or one entitlement is expected here")
	}
	*a = n.Atom
	return nil
}

// checkName refuses names that could be mistaken for another one when shown: empty, too long, or with spaces at either
// end or characters that cannot be seen.
func checkName(name string) string {
	switch {
	case name == "":
		return "a name is missing"
	case len(name) > maxName:
		return "the name is longer than 200 bytes"
	case strings.TrimSpace(name) != name:
		return "the name starts or ends with a space"
	case !visible(name):
		return "the name contains a character that cannot be seen"
	}
	return ""
}

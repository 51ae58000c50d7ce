package access

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/guestright/guestright/kit/problem"
)

type needsJSON struct {
	All []Needs `json:"all,omitempty"`
	Any []Needs `json:"any,omitempty"`
}

// MarshalJSON writes {"scope":"x"}, {"entitlement":"x"}, {"all":[…]} or {"any":[…]}; null when unmapped.
func (n Needs) MarshalJSON() ([]byte, error) {
	switch n.Op {
	case OpAtom:
		return json.Marshal(n.Atom)
	case OpAll:
		return json.Marshal(needsJSON{All: n.Of})
	case OpAny:
		return json.Marshal(needsJSON{Any: n.Of})
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads what MarshalJSON writes. It is strict: one key per object, no unknown key, no empty list, no more
// than 32 levels and 500 atoms. The error carries a JSON pointer.
func (n *Needs) UnmarshalJSON(b []byte) error {
	r := needsReader{dec: json.NewDecoder(bytes.NewReader(b))}
	got, err := r.needs("", 0)
	if err != nil {
		return err
	}
	if _, err := r.dec.Token(); err == nil {
		return needsError("", "there is something after the requirement")
	}
	*n = got
	return nil
}

type needsReader struct {
	dec   *json.Decoder
	atoms int
}

func (r *needsReader) needs(at string, depth int) (Needs, error) {
	t, err := r.dec.Token()
	if err != nil {
		return Needs{}, needsError(at, "this is not JSON")
	}
	if t == nil && depth == 0 {
		return Needs{}, nil
	}
	if t != json.Delim('{') {
		return Needs{}, needsError(at, `an object with one of "scope", "entitlement", "all", "any" is expected here`)
	}
	if depth > maxDepth {
		return Needs{}, needsError(at, "the requirement is nested more than 32 levels deep")
	}
	key, err := r.dec.Token()
	if err != nil {
		return Needs{}, needsError(at, "this is not JSON")
	}
	n, err := r.member(at, key, depth)
	if err != nil {
		return Needs{}, err
	}
	if t, err := r.dec.Token(); err != nil || t != json.Delim('}') {
		return Needs{}, needsError(at, "one key is allowed in each object")
	}
	return n, nil
}

func (r *needsReader) member(at string, key json.Token, depth int) (Needs, error) {
	switch key {
	case "scope":
		return r.atom(at+"/scope", KindScope)
	case "entitlement":
		return r.atom(at+"/entitlement", KindEntitlement)
	case "all":
		of, err := r.list(at+"/all", depth)
		return All(of...), err
	case "any":
		of, err := r.list(at+"/any", depth)
		return Any(of...), err
	}
	return Needs{}, needsError(at, `one of "scope", "entitlement", "all", "any" is expected here`)
}

func (r *needsReader) atom(at string, kind AtomKind) (Needs, error) {
	t, err := r.dec.Token()
	if err != nil {
		return Needs{}, needsError(at, "this is not JSON")
	}
	name, ok := t.(string)
	if !ok {
		return Needs{}, needsError(at, "a name is expected here")
	}
	if why := checkName(name); why != "" {
		return Needs{}, needsError(at, why)
	}
	if r.atoms++; r.atoms > maxParts {
		return Needs{}, needsError(at, "the requirement names more than 500 scopes and entitlements")
	}
	return Needs{Op: OpAtom, Atom: Atom{Kind: kind, Name: name}}, nil
}

func (r *needsReader) list(at string, depth int) ([]Needs, error) {
	if t, err := r.dec.Token(); err != nil || t != json.Delim('[') {
		return nil, needsError(at, "a list is expected here")
	}
	var of []Needs
	for r.dec.More() {
		n, err := r.needs(at+"/"+strconv.Itoa(len(of)), depth+1)
		if err != nil {
			return nil, err
		}
		of = append(of, n)
	}
	if t, err := r.dec.Token(); err != nil || t != json.Delim(']') {
		return nil, needsError(at, "this is not JSON")
	}
	if len(of) == 0 {
		return nil, needsError(at, "the list is empty")
	}
	return of, nil
}

func needsError(pointer, detail string) error {
	return problem.Invalid("needs.invalid", "The requirement cannot be read.",
		problem.Field{Pointer: pointer, Code: "needs.syntax", Detail: detail})
}

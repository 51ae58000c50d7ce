package access

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/guestright/guestright/kit/problem"
)

// ParsePolicy reads a policy that is about to be stored. It is strict: unknown and repeated keys, wrong types, missing
// and empty lists are faults, each with its JSON pointer.
func ParsePolicy(raw []byte) (Policy, error) {
	p, faults := readPolicy(raw)
	if len(faults) == 0 {
		faults = p.Check("")
	}
	if len(faults) > 0 {
		return nil, invalidPolicy(faults)
	}
	return p, nil
}

// ParseDefaultPolicy reads the laxer form found in manifests, where every key may be absent, and fills the defaults.
func ParseDefaultPolicy(raw []byte) (Policy, error) {
	p, faults := readPolicy(raw)
	if len(faults) == 0 {
		p = p.Defaults()
		faults = p.Check("")
	}
	if len(faults) > 0 {
		return nil, invalidPolicy(faults)
	}
	return p, nil
}

func readPolicy(raw []byte) (Policy, []problem.Field) {
	if !json.Valid(raw) {
		return nil, []problem.Field{{Code: "policy.json", Detail: "This is not JSON."}}
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil || items == nil {
		return nil, []problem.Field{{Code: "policy.type", Detail: "A policy is a list of statements."}}
	}
	if len(items) > maxStatements {
		return nil, []problem.Field{{Code: "policy.too_long", Detail: "A policy has at most 200 statements."}}
	}
	p := make(Policy, 0, len(items))
	var faults []problem.Field
	for i, item := range items {
		s, bad := readStatement("/"+strconv.Itoa(i), item)
		faults = append(faults, bad...)
		p = append(p, s)
	}
	return p, faults
}

// readStatement goes key by key, because encoding/json accepts repeated keys and keys in another case.
func readStatement(at string, raw json.RawMessage) (Statement, []problem.Field) {
	var s Statement
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return s, []problem.Field{{Pointer: at, Code: "policy.type", Detail: "A statement is an object."}}
	}
	var faults []problem.Field
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		key, _ := t.(string)
		var value json.RawMessage
		if err != nil || dec.Decode(&value) != nil {
			return s, append(faults, problem.Field{Pointer: at, Code: "policy.json", Detail: "This is not JSON."})
		}
		where := at + "/" + pointerWord(key)
		if seen[key] {
			faults = append(faults, problem.Field{Pointer: where, Code: "policy.repeated", Detail: "This key stands twice."})
			continue
		}
		seen[key] = true
		if f, ok := s.set(key, value); !ok {
			f.Pointer = where
			faults = append(faults, f)
		}
	}
	return s, faults
}

func (s *Statement) set(key string, value json.RawMessage) (problem.Field, bool) {
	var to any
	switch key {
	case "effect":
		to = &s.Effect
	case "actions":
		to = &s.Actions
	case "notActions":
		to = &s.NotActions
	case "resources":
		to = &s.Resources
	case "notResources":
		to = &s.NotResources
	default:
		return problem.Field{Code: "policy.unknown_key", Detail: "A statement has effect, actions or notActions, resources or notResources."}, false
	}
	if err := json.Unmarshal(value, to); err != nil || bytes.Contains(value, []byte("null")) && hasNull(value) {
		return problem.Field{Code: "policy.type", Detail: "The effect is a text; the others are lists of texts."}, false
	}
	return problem.Field{}, true
}

// hasNull reports whether the value or an entry of it is null, which encoding/json reads as empty text.
func hasNull(value json.RawMessage) bool {
	var entries []*string
	if json.Unmarshal(value, &entries) != nil {
		return false
	}
	for _, e := range entries {
		if e == nil {
			return true
		}
	}
	return entries == nil
}

// pointerWord escapes a key for a JSON pointer (RFC 6901) and bounds what is echoed of it.
func pointerWord(key string) string {
	if !word(key) || len(key) > 40 {
		return "-"
	}
	return key
}

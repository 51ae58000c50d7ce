package members

import (
	"encoding/json"
	"regexp"
	"strconv"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
)

const sampleID, sampleName = "vip", "Very important people"

// Sample makes a batch as a parser reads it, for people: somebody joins. "" where the
// pointers contradict one another.
func Sample(p manifest.MembershipParser, scope string) string {
	var root any
	ok := true
	put := func(at string, v any) {
		steps, err := value.ParsePointer(at)
		if err != nil {
			ok = false
			return
		}
		root, ok = planted(root, steps.Steps(), v, ok)
	}
	m := p.Members // first: a collection may be named in its members
	member := func(id string, in bool) any {
		if m.Item == nil {
			return id
		}
		var one any = map[string]any{}
		steps, err := value.ParsePointer(m.Item.ID)
		if err != nil {
			ok = false
			return nil
		}
		one, ok = planted(one, steps.Steps(), id, ok)
		for _, part := range []struct {
			at manifest.Opt[string]
			v  any
		}{{m.Item.Flag, in}, {m.Item.CollectionID, sampleID}, {m.Item.CollectionName, sampleName}} {
			if steps, err = value.ParsePointer(part.at.Get()); err == nil && part.at.Present() {
				one, ok = planted(one, steps.Steps(), part.v, ok)
			}
		}
		return one
	}
	switch m.Style() {
	case manifest.StyleArrays:
		put(m.Add.Get(), []any{member("user-1", true)})
		if m.Remove.Present() {
			put(m.Remove.Get(), []any{member("user-2", false)})
		}
	case manifest.StyleAction:
		put(m.Action.Path, matching(m.Action.Matcher))
		put(m.List.Get(), []any{member("user-1", true)})
	default:
		put(m.List.Get(), []any{member("user-1", true)})
	}
	put(p.ScopeID, scope)
	if p.SubjectKind.Present() {
		put(p.SubjectKind.Get(), SubjectKind)
	}
	put(p.Collection.ID, sampleID)
	put(p.Collection.Name, sampleName)
	if p.Collection.URL.Present() {
		put(p.Collection.URL.Get(), "https://partner.example.com/audiences/vip")
	}
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil || !ok {
		return ""
	}
	return string(text)
}

// planted sets the value at a place, and makes what is on the way there.
func planted(in any, steps []string, v any, ok bool) (any, bool) {
	if !ok || len(steps) == 0 {
		return v, ok
	}
	if i, err := strconv.Atoi(steps[0]); err == nil && i >= 0 && i < 10 {
		list, _ := in.([]any)
		if in != nil && list == nil {
			return in, false
		}
		for len(list) <= i {
			list = append(list, nil)
		}
		list[i], ok = planted(list[i], steps[1:], v, ok)
		return list, ok
	}
	o, is := in.(map[string]any)
	if in == nil {
		o, is = map[string]any{}, true
	}
	if !is {
		return in, false
	}
	o[steps[0]], ok = planted(o[steps[0]], steps[1:], v, ok)
	return o, ok
}

// matching is a word that a matcher finds.
func matching(pattern string) string {
	if re, err := regexp.Compile(pattern); err == nil {
		for _, w := range []string{"add", "add_members", "added", "enter", "entered", "join", "audience_entered", "subscribe"} {
			if re.MatchString(w) {
				return w
			}
		}
	}
	return pattern
}

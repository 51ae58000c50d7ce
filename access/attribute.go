package access

import (
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Attributes lists the keys of the role attributes that the policy mentions, in alphabetical order. Texts that cannot be
// read mention none.
func (p Policy) Attributes() []string {
	var out []string
	for _, s := range p {
		for _, l := range s.lists() {
			for _, text := range slices.Concat(l.pos, l.neg) {
				keys, _ := attributes(text)
				out = append(out, keys...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Bind writes the values of role attributes into the policy, so that what it means no longer depends on them. An entry
// becomes one for each choice of values, none where an attribute has no value; a statement that then is
// about nothing is left out. Compile with the same values decides alike. Invalid `policy.attributes` when a
// value cannot stand in an action, or when a list grows beyond what a policy may have.
func (p Policy) Bind(given Attributes) (Policy, error) {
	out := make(Policy, 0, len(p))
	for i, s := range p {
		at := "/" + strconv.Itoa(i)
		bound, keep, err := s.bind(at, given)
		if err != nil {
			return nil, err
		}
		if keep {
			out = append(out, bound)
		}
	}
	return out, nil
}

func (s Statement) bind(at string, given Attributes) (Statement, bool, error) {
	keep := true
	for _, l := range []struct {
		list     *[]string
		name     string
		action   bool
		negative bool
	}{
		{&s.Actions, "/actions", true, false}, {&s.NotActions, "/notActions", true, true},
		{&s.Resources, "/resources", false, false}, {&s.NotResources, "/notResources", false, true},
	} {
		if *l.list == nil {
			continue
		}
		filled, open, why := bindList(*l.list, given, l.action)
		if why != "" {
			return s, false, problem.Invalid("policy.attributes", "The values of the role attributes cannot be used here.",
				problem.Field{Pointer: at + l.name, Code: "policy.attributes", Detail: why})
		}
		if open && l.negative && s.Effect != Deny || len(filled) == 0 && !l.negative && len(*l.list) > 0 {
			keep = false // in doubt an allowance does not apply; a statement about nothing never does
		}
		*l.list = filled
	}
	return s, keep, nil
}

// bindList reports also whether an entry had an attribute without a value.
func bindList(list []string, given Attributes, action bool) ([]string, bool, string) {
	out, open := make([]string, 0, len(list)), false
	for _, text := range list {
		keys, why := attributes(text)
		if why != "" {
			return nil, false, why
		}
		bound, why := bindings(keys, given)
		if why != "" {
			return nil, false, why
		}
		open = open || len(bound) == 0
		for _, b := range bound {
			written := text
			for _, k := range keys {
				value := b[k]
				if action {
					if _, why := decodeAction(value); why != "" || strings.Contains(value, "*") {
						return nil, false, "a value in an action has visible characters other than spaces and * % { } , ;"
					}
				} else {
					value = encodeName(value)
				}
				written = strings.ReplaceAll(written, attrOpen+k+attrClose, value)
			}
			out = append(out, written)
		}
	}
	if len(out) > maxEntries {
		return nil, false, "the values stand for more than 200 entries"
	}
	return out, open, ""
}

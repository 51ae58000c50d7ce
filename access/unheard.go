package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Unheard lists what a policy names and nothing known answers to: an action that no known action is called like, a
// resource on which none of the statement's actions acts. Both are legal and never have an effect, so whoever writes
// the policy should hear of them. The commonest is a parent in place of its children: `proj/*` for an action on flags.
func (p Policy) Unheard(at string, known []KnownAction) []problem.Field {
	var out []problem.Field
	for i, s := range p {
		out = append(out, s.unheard(fmt.Sprintf("%s/%d", at, i), known)...)
	}
	return out
}

func (s Statement) unheard(at string, known []KnownAction) []problem.Field {
	var out []problem.Field
	var named []KnownAction
	for i, text := range s.Actions {
		globs, why := compileActions(text, nil)
		if why != "" || len(globs) == 0 {
			return nil // faulty, or a role attribute says which
		}
		matched := matching(globs[0], known)
		if len(matched) == 0 {
			out = append(out, problem.Field{Pointer: fmt.Sprintf("%s/actions/%d", at, i), Code: "policy.action_unknown", Detail: "Nothing is called “" + text + "”."})
		}
		named = append(named, matched...)
	}
	if len(s.Actions) == 0 {
		named = known
	}
	kinds, all := kindsOf(named)
	if all || len(kinds) == 0 {
		return out
	}
	for i, text := range s.Resources {
		keys, _ := attributes(text)
		some := make(Attributes, len(keys))
		for _, k := range keys {
			some[k] = []string{"x"}
		}
		patterns, why := compileLimited(text, some)
		if why != "" || len(patterns) == 0 || patterns[0].all || slices.Contains(kinds, patterns[0].kinds) {
			continue
		}
		out = append(out, problem.Field{Pointer: fmt.Sprintf("%s/resources/%d", at, i), Code: "policy.resource_idle",
			Detail: "None of these actions acts on “" + patterns[0].kinds + "”. " + actsOn(kinds)})
	}
	return out
}

func matching(g glob, known []KnownAction) []KnownAction {
	var out []KnownAction
	for _, k := range known {
		if g.match(k.Name) {
			out = append(out, k)
		}
	}
	return out
}

// kindsOf lists the paths of types that actions act on; all when that is not known of one of them.
func kindsOf(actions []KnownAction) (kinds []string, all bool) {
	for _, k := range actions {
		if k.On == "" {
			return nil, true
		}
		if !slices.Contains(kinds, k.On) {
			kinds = append(kinds, k.On)
		}
	}
	slices.Sort(kinds)
	return kinds, false
}

func actsOn(kinds []string) string {
	const most = 3
	some := kinds[:min(len(kinds), most)]
	text := "They act on " + strings.Join(some, ", ")
	if len(kinds) > most {
		text += " and others"
	}
	return text + ": what covers something does not cover what is in it."
}

package access

import (
	"strconv"

	"github.com/guestright/guestright/kit/problem"
)

// rule is one compiled statement.
type rule struct {
	number       int // position in the policy
	notActions   bool
	notResources bool
	open         bool // a negative list mentions a role attribute without a value
	actions      []glob
	resources    []pattern
}

// compile reads the lists of a statement. An empty negative list excludes nothing. Two lists of which one would be
// ignored, or none, are faults: ignoring either could widen.
func (s Statement) compile(at string, given Attributes) (rule, []problem.Field) {
	var faults []problem.Field
	var c rule
	for _, l := range s.lists() {
		if len(l.pos) > 0 && len(l.neg) > 0 {
			faults = append(faults, l.both(at))
		}
		if l.pos == nil && l.neg == nil {
			faults = append(faults, l.missing(at))
		}
	}
	actions, name := s.Actions, "/actions"
	if len(actions) == 0 && s.NotActions != nil {
		actions, name, c.notActions = s.NotActions, "/notActions", true
	}
	for i, text := range atMost(actions) {
		globs, why := compileActions(text, given)
		if why != "" {
			faults = append(faults, problem.Field{Pointer: at + name + "/" + strconv.Itoa(i), Code: "policy.action", Detail: why})
		}
		c.open = c.open || c.notActions && why == "" && len(globs) == 0
		c.actions = append(c.actions, globs...)
	}
	if len(actions) > maxEntries {
		faults = append(faults, tooMany(at+name))
	}
	resources, name := s.Resources, "/resources"
	if len(resources) == 0 && s.NotResources != nil {
		resources, name, c.notResources = s.NotResources, "/notResources", true
	}
	for i, text := range atMost(resources) {
		patterns, why := compileLimited(text, given)
		if why != "" {
			faults = append(faults, problem.Field{Pointer: at + name + "/" + strconv.Itoa(i), Code: "policy.resource", Detail: why})
		}
		for _, p := range patterns {
			c.open = c.open || c.notResources && p.unbound
		}
		c.resources = append(c.resources, patterns...)
	}
	if len(resources) > maxEntries {
		faults = append(faults, tooMany(at+name))
	}
	return c, faults
}

func atMost(list []string) []string { return list[:min(len(list), maxEntries)] }

func tooMany(at string) problem.Field {
	return problem.Field{Pointer: at, Code: "policy.too_long", Detail: "A list has at most 200 entries."}
}

func compileLimited(text string, given Attributes) ([]pattern, string) {
	if text == "" || len(text) > maxEntry {
		return nil, "a resource has between 1 and 500 bytes"
	}
	return compilePatterns(text, given)
}

// compileActions reads one action; none come back when a role attribute in it has no value.
func compileActions(text string, given Attributes) ([]glob, string) {
	if text == "" || len(text) > maxEntry {
		return nil, "an action has between 1 and 500 bytes"
	}
	keys, why := attributes(text)
	if why != "" {
		return nil, why
	}
	probe := make(map[string]string, len(keys))
	for _, k := range keys {
		probe[k] = "x"
	}
	if _, why := compileGlob(text, probe, decodeAction); why != "" {
		return nil, why
	}
	bound, why := bindings(keys, given)
	if why != "" {
		return nil, why
	}
	out := make([]glob, 0, len(bound))
	for _, b := range bound {
		g, why := compileGlob(text, b, decodeAction)
		if why != "" {
			return nil, why
		}
		out = append(out, g)
	}
	return out, ""
}

// about reports whether the statement concerns the action on the resource.
func (c *rule) about(action string, r *Resource) answer {
	found := no
	for i := range c.resources {
		if found = max(found, c.resources[i].match(r)); found == yes {
			break
		}
	}
	if c.notResources {
		found = found.not()
	}
	if found == no || !c.names(action) {
		return no
	}
	if c.open {
		return unknown
	}
	return found
}

func (c *rule) names(action string) bool {
	for i := range c.actions {
		if c.actions[i].match(action) {
			return !c.notActions
		}
	}
	return c.notActions
}

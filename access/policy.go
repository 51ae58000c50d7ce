package access

import (
	"fmt"

	"github.com/guestright/guestright/kit/problem"
)

// Effect is what a statement does: allow or deny.
type Effect string

// The two effects.
const (
	Allow Effect = "allow"
	Deny  Effect = "deny"
)

// Statement allows or denies some actions on some resources. Of each pair exactly one list is filled: the positive one
// (any entry matches) or the negative one (no entry matches). Entries may contain `*` and `${roleAttribute/<key>}`.
type Statement struct {
	Effect       Effect   `json:"effect" enum:"allow,deny" doc:"What the statement does"`
	Actions      []string `json:"actions,omitempty" doc:"Actions it is about, for example update*"`
	NotActions   []string `json:"notActions,omitempty" doc:"Or: all actions except these"`
	Resources    []string `json:"resources,omitempty" doc:"Resources it is about, for example proj/*:env/production:flag/*"`
	NotResources []string `json:"notResources,omitempty" doc:"Or: all resources except these"`
}

// Policy is a list of statements; their order has no meaning. A denial wins over every allowance in the same policy.
type Policy []Statement

const (
	maxStatements = 200 // in one policy
	maxEntries    = 200 // in one list of a statement
	maxEntry      = 500 // bytes of one entry
)

// Check lists every fault of a policy that is about to be stored. at is the JSON pointer of the policy in the caller's
// document, empty when the policy is the document.
func (p Policy) Check(at string) []problem.Field {
	var out []problem.Field
	if len(p) > maxStatements {
		out = append(out, problem.Field{Pointer: at, Code: "policy.too_long", Detail: "A policy has at most 200 statements."})
		return out
	}
	for i, s := range p {
		out = append(out, s.check(fmt.Sprintf("%s/%d", at, i))...)
	}
	return out
}

func (s Statement) check(at string) []problem.Field {
	var out []problem.Field
	if s.Effect != Allow && s.Effect != Deny {
		out = append(out, problem.Field{Pointer: at + "/effect", Code: "policy.effect", Detail: "The effect is allow or deny."})
	}
	for _, l := range s.lists() {
		if len(l.pos)+len(l.neg) == 0 && (l.pos != nil || l.neg != nil) {
			out = append(out, l.missing(at))
		}
	}
	_, faults := s.compile(at, nil)
	return append(out, faults...)
}

// list is one pair of a statement's lists.
type list struct {
	noun     string
	pos, neg []string
}

func (s Statement) lists() [2]list {
	return [2]list{{"actions", s.Actions, s.NotActions}, {"resources", s.Resources, s.NotResources}}
}

func (l list) missing(at string) problem.Field {
	return problem.Field{Pointer: at, Code: "policy." + l.noun + "_missing", Detail: "Say which " + l.noun + " the statement is about."}
}

func (l list) both(at string) problem.Field {
	return problem.Field{Pointer: at, Code: "policy." + l.noun + "_both", Detail: "Give either " + l.noun + " or their negation, not both."}
}

// Lint lists what is legal and probably not meant.
func (p Policy) Lint(at string) []problem.Field {
	var out []problem.Field
	for i, s := range p {
		if s.Effect == Allow && len(s.NotResources) > 0 {
			out = append(out, problem.Field{Pointer: fmt.Sprintf("%s/%d/notResources", at, i), Code: "policy.allows_the_rest",
				Detail: "This allows the actions on every other resource of every kind, not only on those of the same kind."})
		}
	}
	return out
}

// Defaults fills what a manifest's default policy may leave out: effect allow, all actions, all resources. A positive
// list is not filled where its negative twin is present.
func (p Policy) Defaults() Policy {
	out := make(Policy, 0, len(p))
	for _, s := range p {
		if s.Effect == "" {
			s.Effect = Allow
		}
		if len(s.Actions) == 0 && s.NotActions == nil {
			s.Actions = []string{"*"}
		}
		if len(s.Resources) == 0 && s.NotResources == nil {
			s.Resources = []string{"*"}
		}
		out = append(out, s)
	}
	return out
}

// Compile prepares the policy for deciding, with the values that its role attributes have here.
func (p Policy) Compile(given Attributes) (Rules, error) {
	var r Rules
	var faults []problem.Field
	for i, s := range p {
		c, bad := s.compile(fmt.Sprintf("/%d", i), given)
		faults = append(faults, bad...)
		c.number = i
		switch s.Effect {
		case Deny:
			r.denies = append(r.denies, c)
		case Allow:
			r.allows = append(r.allows, c)
		default:
			faults = append(faults, problem.Field{Pointer: fmt.Sprintf("/%d/effect", i), Code: "policy.effect", Detail: "The effect is allow or deny."})
		}
	}
	if len(faults) > 0 {
		return Rules{}, invalidPolicy(faults)
	}
	r.denyIndex, r.allowIndex = newIndex(r.denies), newIndex(r.allows)
	return r, nil
}

func invalidPolicy(faults []problem.Field) error {
	return problem.Invalid("policy.invalid", "The policy has faults.", faults...)
}

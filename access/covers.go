package access

import (
	"slices"
	"strings"
)

// maxTried bounds the examples that Covers looks at; policies beyond it are not compared but refused.
const maxTried = 50_000

// Excess is the first thing found that one side allows and the other does not; a star stands for names at large.
type Excess struct {
	Action, Resource string
	Large            bool // the policies are too large to compare; Action and Resource are empty
}

// Gap looks for something that given allows and giver does not; ok when there is nothing. It tries examples made from
// every pattern and action that either side mentions, with names that neither mentions in place of stars, and the known
// actions.
func Gap(giver, given Layer, known []KnownAction) (beyond Excess, ok bool) {
	actions := given.actionExamples(giver, known)
	resources := given.resourceExamples(giver, known)
	if len(actions)*len(resources) > maxTried {
		return Excess{Large: true}, false
	}
	for i := range resources {
		r := &resources[i]
		for _, action := range actions {
			if given.Allows(action, r) && !giver.Allows(action, r) {
				return Excess{Action: show(action), Resource: show(r.String())}, false
			}
		}
	}
	return Excess{}, true
}

// Covers reports whether somebody who holds giver may hand out given: whether everything that given allows, giver allows
// too. Otherwise it says what is lacking. Roles, tokens and inline policies are given away only after this check, so
// that nobody hands out more than they hold.
func Covers(giver, given Layer, known []KnownAction) (bool, string) {
	gap, ok := Gap(giver, given, known)
	if ok {
		return true, ""
	}
	return false, gap.String()
}

// String says the excess to whoever gives.
func (e Excess) String() string {
	if e.Large {
		return "The policy is too large to compare with what you hold."
	}
	return "You do not hold " + e.Action + " on " + e.Resource + " yourself."
}

func show(s string) string { return strings.ReplaceAll(s, fresh, "*") }

func (l Layer) actionExamples(other Layer, known []KnownAction) []string {
	out := []string{fresh, fresh + ":" + fresh}
	for _, k := range known {
		out = append(out, k.Name)
	}
	theirs := other.globs()
	for _, g := range l.globs() {
		out = append(out, g.fill(fresh))
		for _, h := range theirs {
			if s, ok := common(g, h); ok {
				out = append(out, s)
			}
		}
		if len(out) > maxTried {
			break
		}
	}
	for _, h := range theirs {
		out = append(out, h.fill(fresh))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (l Layer) resourceExamples(other Layer, known []KnownAction) []Resource {
	var out []Resource
	seen := map[string]bool{}
	add := func(r Resource) {
		if s := r.Text(); !r.IsZero() && !seen[s] {
			seen[s] = true
			out = append(out, r)
		}
	}
	add(NewResource(Segment{Kind: fresh, Name: fresh, Facts: Facts{Known: true}}))
	for _, k := range known {
		if k.On == "" {
			continue
		}
		var segments []Segment
		for kind := range strings.SplitSeq(k.On, ":") {
			segments = append(segments, Segment{Kind: kind, Name: fresh, Facts: Facts{Known: true}})
		}
		add(NewResource(segments...))
	}
	allow, deny := l.patterns()
	theirAllow, theirDeny := other.patterns()
	mine, theirs := slices.Concat(allow, deny), slices.Concat(theirAllow, theirDeny)
	for _, p := range slices.Concat(mine, theirs) {
		add(p.example())
	}
	if len(mine)*len(theirs) > 20*maxTried {
		return slices.Grow(out, maxTried+1)[:maxTried+1]
	}
	for _, p := range mine {
		for _, q := range theirs {
			if r, ok := overlap(p, q); ok {
				add(r)
			}
			if len(out) > maxTried {
				return out
			}
		}
	}
	return out
}

package quota

import (
	"slices"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// Plan is a set of limits that a group starts with or is put on.
type Plan struct {
	Name   string
	Label  string
	Sites  int64 // installations, over all applications of the group
	Limits []Limit
}

// Development is the plan that groups start with: six installations, 10,000
// calls in the 24 hours that begin with the first, 100 in any 10 seconds.
func Development() Plan {
	return Plan{Name: "development", Label: "Development", Sites: 6, Limits: []Limit{
		{Name: "burst", Calls: 100, Per: 10 * time.Second},
		{Name: "day", Calls: 10_000, Per: 24 * time.Hour},
	}}
}

// Ready fills in defaults and refuses a plan that cannot be enforced.
func (p Plan) Ready() (Plan, error) {
	p.Limits = slices.Clone(p.Limits)
	seen := map[string]bool{}
	for i, l := range p.Limits {
		l = l.with()
		if f := l.check(); f != nil {
			return p, problem.Invalid("plan_invalid", "The plan "+p.Name+" has a limit that cannot be enforced.", *f)
		}
		if seen[l.Name] || l.Name == SitesLimit {
			return p, problem.Invalid("plan_invalid", "The plan "+p.Name+" has two limits of the same name.",
				problem.Field{Pointer: "/name", Code: "limit.name", Detail: "Names of limits are unique in a plan; sites is taken."})
		}
		seen[l.Name] = true
		p.Limits[i] = l
	}
	if p.Sites < 0 {
		return p, problem.Invalid("plan_invalid", "A plan cannot allow fewer than no sites.")
	}
	return p, nil
}

// Value gives a limit of the plan by its name; false: the plan has none of it.
func (p Plan) Value(limit string) (int64, bool) { return valueOf(&p, limit) }

// SitesLimit names the limit on installations among the limits of a group.
const SitesLimit = "sites"

// Source says where a limit's value comes from.
type Source string

// The sources: the plan that everyone starts with, a plan that was assigned, or
// a grant of its own.
const (
	SourceDefault Source = "default"
	SourcePlan    Source = "plan"
	SourceGrant   Source = "grant"
)

// Assignment puts an owner on a plan for a time. An owner is a group, or an
// account for integrations that have no group.
type Assignment struct {
	Owner  string
	Plan   string
	Reason string
	Starts time.Time
	Ends   time.Time // zero: open
}

// Override replaces the value of one limit of an owner for a time.
type Override struct {
	Seq    int64
	Owner  string
	Limit  string // its name; SitesLimit for installations
	Value  int64
	Reason string
	Starts time.Time
	Ends   time.Time // zero: open
}

func live(starts, ends, now time.Time) bool {
	return !starts.After(now) && (ends.IsZero() || ends.After(now))
}

// Effective is what holds for an owner at a moment.
type Effective struct {
	Plan   Plan
	Source Source
	Reason string
	Starts time.Time
	Ends   time.Time
	// Granted are the overrides that hold, by name of the limit. Plan already
	// carries their values.
	Granted map[string]Override
	// Until is when something begins or ends; zero: nothing is foreseen.
	Until time.Time
}

// effective decides what holds: the assignment that began last, and of each
// limit the override that began last.
func effective(plans map[string]Plan, fallback Plan, as []Assignment, os []Override, now time.Time) Effective {
	e := Effective{Plan: fallback, Source: SourceDefault, Granted: map[string]Override{}}
	later := func(t time.Time) {
		if t.After(now) && (e.Until.IsZero() || t.Before(e.Until)) {
			e.Until = t
		}
	}
	for _, a := range as {
		later(a.Starts)
		later(a.Ends)
		p, known := plans[a.Plan]
		if !known || !live(a.Starts, a.Ends, now) || (e.Source == SourcePlan && a.Starts.Before(e.Starts)) {
			continue
		}
		e.Plan, e.Source, e.Reason, e.Starts, e.Ends = p, SourcePlan, a.Reason, a.Starts, a.Ends
	}
	for _, o := range os {
		later(o.Starts)
		later(o.Ends)
		if was, ok := e.Granted[o.Limit]; !live(o.Starts, o.Ends, now) || (ok && o.Starts.Before(was.Starts)) {
			continue
		}
		e.Granted[o.Limit] = o
	}
	e.Plan.Limits = slices.Clone(e.Plan.Limits)
	for i := range e.Plan.Limits {
		if o, ok := e.Granted[e.Plan.Limits[i].Name]; ok {
			e.Plan.Limits[i].Calls = o.Value
		}
	}
	if o, ok := e.Granted[SitesLimit]; ok {
		e.Plan.Sites = o.Value
	}
	return e
}

package access

// Spot is one statement of one policy of a layer, both by position. Nowhere stands for none.
type Spot struct{ Policy, Statement int }

// Nowhere is the place of no statement.
var Nowhere = Spot{Policy: -1, Statement: -1}

// Cause says why a layer gives its answer. It is for people; deciding does not need it.
type Cause struct {
	Allowed bool
	// By is the statement that decides: the one that allows; else a denial, if possible one without which its policy
	// would allow. It is Nowhere when no statement speaks.
	By Spot
	// Doubt is set on a denial that applies only because something about the resource is unknown.
	Doubt bool
	// Possible are allowances that do not apply only because something about the resource is unknown.
	Possible []Spot
}

// Explain gives the cause of the layer's answer.
func (l Layer) Explain(action string, on *Resource) Cause {
	out := Cause{By: Nowhere}
	if on.IsZero() || action == "" {
		return out
	}
	decisive := false
	for i := range l {
		effect, n := l[i].Explain(action, on)
		if effect == Allow {
			return Cause{Allowed: true, By: Spot{Policy: i, Statement: n}}
		}
		sure, maybe := l[i].allowing(action, on)
		switch {
		case n >= 0 && (out.By == Nowhere || sure && !decisive):
			out.By, out.Doubt, decisive = Spot{Policy: i, Statement: n}, l[i].doubtful(action, on), sure
		case n < 0 && maybe >= 0:
			out.Possible = append(out.Possible, Spot{Policy: i, Statement: maybe})
		}
	}
	return out
}

// allowing reports whether a statement surely allows, whatever the denials, and gives the first that would allow if more
// were known; -1 when there is none.
func (r *Rules) allowing(action string, on *Resource) (bool, int) {
	sure, maybe := false, -1
	for i := range r.allows {
		switch a := r.allows[i].about(action, on); {
		case a == yes:
			sure = true
		case a == unknown && maybe < 0:
			maybe = r.allows[i].number
		}
	}
	return sure, maybe
}

// doubtful reports whether every denial that applies does so only because something is unknown.
func (r *Rules) doubtful(action string, on *Resource) bool {
	for i := range r.denies {
		if r.denies[i].about(action, on) == yes {
			return false
		}
	}
	return true
}

// Distance is how a statement relates to a question.
type Distance uint8

// The distances, the nearest first.
const (
	Applies      Distance = iota
	UnknownFacts          // it asks for a tag, property or link, and nothing is known of the resource
	OtherFacts            // tags, properties or links differ
	OtherName             // the types agree, a name does not
	OtherAction           // about this resource, not about this action
	Excepted              // about everything but this
	NoValue               // a role attribute has no value here
	OtherDepth            // about something above or below: what covers a parent does not cover its children
	OtherKind             // about other types of things
)

// Near says how far each statement of a policy is from a question. given are the values of role attributes. It is empty
// for a policy that cannot be compiled.
func (p Policy) Near(given Attributes, action string, on *Resource) []Distance {
	out := make([]Distance, 0, len(p))
	for _, s := range p {
		c, faults := s.compile("", given)
		if len(faults) > 0 {
			return nil
		}
		out = append(out, c.distance(action, on))
	}
	return out
}

func (c *rule) distance(action string, on *Resource) Distance {
	switch c.about(action, on) {
	case yes:
		return Applies
	case unknown:
		if c.open {
			return NoValue
		}
		return UnknownFacts
	case no:
	}
	named, nearest := c.names(action), OtherKind
	for i := range c.resources {
		nearest = min(nearest, c.resources[i].distance(on))
	}
	switch {
	case c.notResources && named:
		return Excepted
	case c.notResources || nearest <= UnknownFacts:
		return OtherAction
	case !named:
		return OtherKind // neither fits
	}
	return nearest
}

func (p *pattern) distance(on *Resource) Distance {
	switch p.match(on) {
	case yes:
		return Applies
	case unknown:
		return UnknownFacts
	case no:
	}
	switch {
	case p.unbound:
		return NoValue
	case p.kinds == on.kinds:
	case below(p.kinds, on.kinds) || below(on.kinds, p.kinds):
		return OtherDepth
	default:
		return OtherKind
	}
	for i := range p.segments {
		sp, s := &p.segments[i], &on.segments[i]
		if sp.named != (s.Name != "") || sp.named && !sp.name.match(s.Name) {
			return OtherName
		}
	}
	return OtherFacts
}

// below reports whether the path of types b lies below a.
func below(a, b string) bool { return len(b) > len(a) && b[:len(a)] == a && b[len(a)] == ':' }

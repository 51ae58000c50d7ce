package access

import "slices"

// answer is three-valued, because facts can be unknown.
type answer uint8

const (
	no answer = iota
	unknown
	yes
)

func (a answer) not() answer { return yes - a }

// pattern is one compiled specifier.
type pattern struct {
	all      bool // the bare `*`
	unbound  bool // mentions a role attribute without a value
	kinds    string
	key      string // the exact name asked for at keyAt, when there is one; it dismisses most questions at once
	keyAt    int
	segments []segmentPattern
}

type segmentPattern struct {
	named      bool
	name       glob
	tags       []glob // all of them must be there
	properties []pairPattern
	links      []pairPattern
}

type pairPattern struct {
	name  string
	value glob
}

func (p *pattern) match(r *Resource) answer {
	if p.all {
		return yes
	}
	if p.unbound || p.kinds != r.kinds {
		return no
	}
	for i := range p.segments {
		sp, s := &p.segments[i], &r.segments[i]
		if sp.named != (s.Name != "") || sp.named && !sp.name.match(s.Name) {
			return no
		}
	}
	out := yes
	for i := range p.segments {
		out = min(out, p.segments[i].holds(&r.segments[i].Facts))
	}
	return out
}

func (s *segmentPattern) conditional() bool {
	return len(s.tags)+len(s.properties)+len(s.links) > 0
}

// holds checks the conditions of a segment against what is known.
func (s *segmentPattern) holds(f *Facts) answer {
	if !s.conditional() {
		return yes
	}
	if !f.Known {
		return unknown
	}
	for i := range s.tags {
		if !s.tags[i].matchAny(f.Tags) {
			return no
		}
	}
	for i := range s.properties {
		if !s.properties[i].matchProperty(f.Properties) {
			return no
		}
	}
	for i := range s.links {
		if !s.links[i].matchLink(f.Links) {
			return no
		}
	}
	return yes
}

func (g *glob) matchAny(names []string) bool {
	for _, n := range names {
		if g.match(n) {
			return true
		}
	}
	return false
}

func (p *pairPattern) matchProperty(have []Pair) bool {
	for i := range have {
		if have[i].Name == p.name {
			return p.value.match(have[i].Value)
		}
	}
	return p.value.match("false")
}

func (p *pairPattern) matchLink(have []Pair) bool {
	for i := range have {
		if have[i].Name == p.name && p.value.match(have[i].Value) {
			return true
		}
	}
	return false
}

// unconditional reports whether nothing but types and names decides about a match.
func (p *pattern) unconditional() bool {
	return !p.unbound && !slices.ContainsFunc(p.segments, func(s segmentPattern) bool { return s.conditional() })
}

// compilePatterns reads one specifier; it becomes several patterns when role attributes have several values.
func compilePatterns(text string, given Attributes) ([]pattern, string) {
	if text == "*" {
		return []pattern{{all: true}}, ""
	}
	ps, why := pieces(text)
	if why != "" {
		return nil, why
	}
	keys, why := attributes(text)
	if why != "" {
		return nil, why
	}
	if why := tryPattern(ps, keys); why != "" {
		return nil, why
	}
	bound, why := bindings(keys, given)
	if why != "" {
		return nil, why
	}
	if len(bound) == 0 {
		return []pattern{{unbound: true}}, ""
	}
	out := make([]pattern, 0, len(bound))
	for _, b := range bound {
		p, why := bindPattern(ps, b)
		if why != "" {
			return nil, why
		}
		out = append(out, p)
	}
	return out, ""
}

// tryPattern finds faults that do not depend on attribute values.
func tryPattern(ps []piece, keys []string) string {
	bound := make(map[string]string, len(keys))
	for _, k := range keys {
		bound[k] = "x"
	}
	_, why := bindPattern(ps, bound)
	return why
}

func bindPattern(ps []piece, bound map[string]string) (pattern, string) {
	var out pattern
	for i, p := range ps {
		if i > 0 {
			out.kinds += ":"
		}
		out.kinds += p.kind
		s, why := p.bind(bound)
		if why != "" {
			return pattern{}, why
		}
		if s.named && s.name.exact && out.key == "" {
			out.key, out.keyAt = s.name.head, i
		}
		out.segments = append(out.segments, s)
	}
	return out, ""
}

func (p piece) bind(bound map[string]string) (segmentPattern, string) {
	s := segmentPattern{named: p.named}
	why := ""
	if s.name, why = compileGlob(p.name, bound, decodeName); why != "" {
		return s, why
	}
	for _, q := range p.quals {
		if q.prop == "" && q.link == "" && len(q.tags) == 0 {
			return s, "the condition after the semicolon is missing"
		}
		for _, t := range q.tags {
			g, why := compileGlob(t, bound, decodeName)
			if why != "" {
				return s, why
			}
			s.tags = append(s.tags, g)
		}
		value, why := compileGlob(q.value, bound, decodeName)
		if why != "" {
			return s, why
		}
		if q.prop != "" {
			s.properties = append(s.properties, pairPattern{name: q.prop, value: value})
		}
		if q.link != "" {
			s.links = append(s.links, pairPattern{name: q.link, value: value})
		}
	}
	return s, ""
}

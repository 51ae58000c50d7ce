package access

import (
	"slices"
	"strings"
)

// fresh stands for a name that no policy mentions: what holds for it holds for names at large, whatever exceptions a
// policy makes for particular names. Policies cannot contain this character.
const fresh = "\x00"

// common gives a text that both globs match, with fresh text where both have a star.
func common(a, b glob) (string, bool) {
	w := weaver{a: tokens(a), b: tokens(b), dead: map[[2]int]bool{}}
	return w.from(0, 0)
}

// tokens is a glob as runes, -1 for a star.
func tokens(g glob) []rune {
	var out []rune
	for i, part := range g.parts {
		if i > 0 {
			out = append(out, -1)
		}
		out = append(out, []rune(part)...)
	}
	return out
}

type weaver struct {
	a, b []rune
	dead map[[2]int]bool // positions from which nothing in common follows
}

func (w *weaver) from(i, j int) (string, bool) {
	if i == len(w.a) && j == len(w.b) {
		return "", true
	}
	if w.dead[[2]int{i, j}] {
		return "", false
	}
	if s, ok := w.step(i, j); ok {
		return s, true
	}
	w.dead[[2]int{i, j}] = true
	return "", false
}

func (w *weaver) step(i, j int) (string, bool) {
	starA, starB := i < len(w.a) && w.a[i] == -1, j < len(w.b) && w.b[j] == -1
	if starA && starB {
		s, ok := w.from(i+1, j+1)
		if ok {
			return fresh + s, true
		}
	}
	if starA {
		if s, ok := w.from(i+1, j); ok {
			return s, true
		}
		if j < len(w.b) && !starB {
			s, ok := w.from(i, j+1)
			return string(w.b[j]) + s, ok
		}
	}
	if starB {
		if s, ok := w.from(i, j+1); ok {
			return s, true
		}
		if i < len(w.a) && !starA {
			s, ok := w.from(i+1, j)
			return string(w.a[i]) + s, ok
		}
	}
	if !starA && !starB && i < len(w.a) && j < len(w.b) && w.a[i] == w.b[j] {
		s, ok := w.from(i+1, j+1)
		return string(w.a[i]) + s, ok
	}
	return "", false
}

// example is a resource that the pattern matches, with fresh names for stars and just the facts it asks for.
func (p *pattern) example() Resource {
	if p.all {
		return NewResource(Segment{Kind: fresh, Name: fresh, Facts: Facts{Known: true}})
	}
	kinds := strings.Split(p.kinds, ":")
	segments := make([]Segment, 0, len(p.segments))
	for i, sp := range p.segments {
		s := Segment{Kind: kinds[i], Facts: Facts{Known: true}}
		if sp.named {
			s.Name = sp.name.fill(fresh)
		}
		s.Facts.fill(&sp)
		segments = append(segments, s)
	}
	return NewResource(segments...)
}

// fill adds facts so that the conditions of the pattern hold.
func (f *Facts) fill(sp *segmentPattern) {
	for _, g := range sp.tags {
		f.Tags = append(f.Tags, g.fill(fresh))
	}
	for _, p := range sp.properties {
		f.Properties = append(f.Properties, Pair{Name: p.name, Value: p.value.fill(fresh)})
	}
	for _, l := range sp.links {
		f.Links = append(f.Links, Pair{Name: l.name, Value: l.value.fill(fresh)})
	}
}

// overlap is a resource that both patterns match, if there is one, with the facts that both ask for.
func overlap(p, q *pattern) (Resource, bool) {
	if p.all {
		return q.example(), !q.unbound
	}
	if q.all {
		return p.example(), !p.unbound
	}
	if p.unbound || q.unbound || p.kinds != q.kinds {
		return Resource{}, false
	}
	kinds := strings.Split(p.kinds, ":")
	segments := make([]Segment, 0, len(kinds))
	for i := range p.segments {
		a, b := &p.segments[i], &q.segments[i]
		s := Segment{Kind: kinds[i], Facts: Facts{Known: true}}
		if a.named != b.named {
			return Resource{}, false
		}
		if a.named {
			text, ok := common(a.name, b.name)
			if !ok || text == "" {
				return Resource{}, false
			}
			s.Name = text
		}
		s.Facts.fill(a)
		s.Facts.fill(b)
		segments = append(segments, s)
	}
	return NewResource(segments...), true
}

// patterns lists what the statements of a layer mention, allowances first.
func (l Layer) patterns() (allow, deny []*pattern) {
	for i := range l {
		for j := range l[i].allows {
			allow = appendPatterns(allow, &l[i].allows[j])
		}
		for j := range l[i].denies {
			deny = appendPatterns(deny, &l[i].denies[j])
		}
	}
	return allow, deny
}

func appendPatterns(to []*pattern, c *rule) []*pattern {
	for k := range c.resources {
		if !c.resources[k].unbound {
			to = append(to, &c.resources[k])
		}
	}
	return to
}

// globs lists the actions that the statements of a layer mention, each once.
func (l Layer) globs() []glob {
	var out []glob
	add := func(rules []rule) {
		for _, c := range rules {
			for _, g := range c.actions {
				if !slices.ContainsFunc(out, func(h glob) bool { return slices.Equal(g.parts, h.parts) }) {
					out = append(out, g)
				}
			}
		}
	}
	for i := range l {
		add(l[i].allows)
		add(l[i].denies)
	}
	return out
}

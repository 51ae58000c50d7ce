package access

import (
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Resource is one concrete thing: its path, parents first, and what is known about each segment. The zero Resource names
// nothing, and every question about it is answered no. Our own objects are resources as much as the product's.
type Resource struct {
	kinds    string // "proj:env:flag", so that most patterns are dismissed by one comparison
	segments []Segment
}

// Segment is one step of the path. Name is empty only for things of which there is one, such as `acct` and `platform`.
type Segment struct {
	Kind, Name string
	Facts      Facts
}

// Facts are what the product has said about a resource. While Known is false nobody has said anything: an allow with a
// condition does not apply and a deny with a condition does. While it is true, a tag or link that is not listed is
// absent and a property that is not listed is false.
type Facts struct {
	Known      bool
	Tags       []string
	Properties []Pair // boolean properties, as "true" and "false"
	Links      []Pair // membership in other things, for example {view, key}
}

// Pair is a property with its value, or the kind of a link with its key.
type Pair struct{ Name, Value string }

// ParseResource reads `proj/x:env/y:flag/z;tag1,tag2`. A segment with a semicolon has known facts, also when nothing
// follows it. Characters with a meaning are written as % and two digits.
func ParseResource(s string) (Resource, error) {
	ps, why := pieces(s)
	if why != "" {
		return Resource{}, resourceError(why)
	}
	segments := make([]Segment, 0, len(ps))
	for _, p := range ps {
		seg, why := p.segment()
		if why != "" {
			return Resource{}, resourceError(why)
		}
		segments = append(segments, seg)
	}
	return NewResource(segments...), nil
}

func resourceError(detail string) error {
	return problem.Invalid("resource.invalid", "The resource cannot be read.",
		problem.Field{Code: "resource.syntax", Detail: detail})
}

func (p piece) segment() (Segment, string) {
	s := Segment{Kind: p.kind}
	read := func(text string) (string, string) {
		if strings.ContainsAny(text, "*$") {
			return "", "a concrete resource has neither * nor $"
		}
		return decodeName(text)
	}
	why := ""
	if s.Name, why = read(p.name); why != "" {
		return Segment{}, why
	}
	for _, q := range p.quals {
		s.Facts.Known = true
		for _, t := range q.tags {
			tag, why := read(t)
			if why != "" {
				return Segment{}, why
			}
			s.Facts.Tags = append(s.Facts.Tags, tag)
		}
		value, why := read(q.value)
		if why != "" {
			return Segment{}, why
		}
		if q.prop != "" {
			s.Facts.Properties = append(s.Facts.Properties, Pair{Name: q.prop, Value: value})
		}
		if q.link != "" {
			s.Facts.Links = append(s.Facts.Links, Pair{Name: q.link, Value: value})
		}
	}
	return s, ""
}

// NewResource builds a resource from segments whose names are taken as they are, whatever characters they hold. It is
// the zero Resource when a kind is missing, or a name behind the first segment.
func NewResource(segments ...Segment) Resource {
	kinds := make([]string, 0, len(segments))
	for i, s := range segments {
		if s.Kind == "" || s.Name == "" && i > 0 {
			return Resource{}
		}
		kinds = append(kinds, s.Kind)
	}
	return Resource{kinds: strings.Join(kinds, ":"), segments: segments}
}

// On builds a resource without facts from kinds and names in turn: On("group", g, "application", a). A missing name
// gives the zero Resource, which is refused everywhere.
func On(kindsAndNames ...string) Resource {
	if len(kindsAndNames)%2 != 0 {
		return Resource{}
	}
	segments := make([]Segment, 0, len(kindsAndNames)/2)
	for i := 0; i < len(kindsAndNames); i += 2 {
		if kindsAndNames[i+1] == "" {
			return Resource{}
		}
		segments = append(segments, Segment{Kind: kindsAndNames[i], Name: kindsAndNames[i+1]})
	}
	return NewResource(segments...)
}

// Platform is the root of everything the operator runs: authority on it covers every resource.
func Platform() Resource { return NewResource(Segment{Kind: "platform"}) }

// Child is the resource one step below.
func (r Resource) Child(kind, name string) Resource {
	if r.IsZero() || name == "" {
		return Resource{}
	}
	segments := make([]Segment, 0, len(r.segments)+1)
	return NewResource(append(append(segments, r.segments...), Segment{Kind: kind, Name: name})...)
}

// IsZero reports whether the resource names nothing.
func (r Resource) IsZero() bool { return len(r.segments) == 0 }

// Kinds is the path of types, `proj:env:flag`.
func (r Resource) Kinds() string { return r.kinds }

// Kind is the type of the thing itself, the last of the path.
func (r Resource) Kind() string {
	return r.kinds[strings.LastIndexByte(r.kinds, ':')+1:]
}

// Segments are the steps of the path. The slice belongs to the resource and must not be changed.
func (r Resource) Segments() []Segment { return r.segments }

// Within reports whether r is parent itself or lies below it. Everything lies below the platform.
func (r Resource) Within(parent Resource) bool {
	if r.IsZero() || parent.IsZero() || len(parent.segments) > len(r.segments) {
		return false
	}
	if parent.kinds == "platform" && parent.segments[0].Name == "" {
		return true
	}
	for i := range parent.segments {
		p, s := &parent.segments[i], &r.segments[i]
		if p.Kind != s.Kind || p.Name != s.Name {
			return false
		}
	}
	return true
}

// String is the path without facts.
func (r Resource) String() string { return r.write(false) }

// Text is the path with facts, as ParseResource reads it.
func (r Resource) Text() string { return r.write(true) }

// MarshalText is Text.
func (r Resource) MarshalText() ([]byte, error) { return []byte(r.Text()), nil }

// UnmarshalText is ParseResource.
func (r *Resource) UnmarshalText(b []byte) error {
	got, err := ParseResource(string(b))
	if err != nil {
		return err
	}
	*r = got
	return nil
}

func (r Resource) write(facts bool) string {
	var b strings.Builder
	for i, s := range r.segments {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(s.Kind)
		if s.Name != "" {
			b.WriteByte('/')
			b.WriteString(encodeName(s.Name))
		}
		if facts && s.Facts.Known {
			s.Facts.write(&b)
		}
	}
	return b.String()
}

func (f Facts) write(b *strings.Builder) {
	for i, t := range f.Tags {
		if i == 0 {
			b.WriteByte(';')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(encodeName(t))
	}
	for _, p := range f.Properties {
		b.WriteString(";{" + p.Name + ":" + encodeName(p.Value) + "}")
	}
	for _, l := range f.Links {
		b.WriteString(";" + l.Name + ":" + encodeName(l.Value))
	}
	if len(f.Tags)+len(f.Properties)+len(f.Links) == 0 {
		b.WriteByte(';')
	}
}

// Shape is the types of a path, prepared so that a hot path can fill in names without allocating.
type Shape struct {
	kinds string
	each  []string
}

// NewShape prepares a path of types, parents first.
func NewShape(kinds ...string) Shape {
	return Shape{kinds: strings.Join(kinds, ":"), each: kinds}
}

// Fill makes a resource of this shape. The caller puts names and facts into segments, one per type, and keeps the slice
// untouched while the resource is in use; Fill sets the types. Wrong length or a missing name gives the zero Resource.
func (s Shape) Fill(segments []Segment) Resource {
	if len(segments) != len(s.each) {
		return Resource{}
	}
	for i := range segments {
		if segments[i].Name == "" {
			return Resource{}
		}
		segments[i].Kind = s.each[i]
	}
	return Resource{kinds: s.kinds, segments: segments}
}

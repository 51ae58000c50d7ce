package catalog

import (
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
)

// MaxSegments is the largest number of steps in the name of a resource.
const MaxSegments = 8

// Segments receives the steps of a resource. Callers keep one per request, so that naming the resource allocates nothing.
type Segments [MaxSegments]access.Segment

// Template names a resource by the parameters of a request: "proj/{projectKey}:env/{environmentKey}".
type Template struct {
	text  string
	steps []templateStep
}

type templateStep struct {
	kind  string
	name  string   // fixed name; "" for things of which there is one
	names []string // spellings of a parameter; empty for a fixed name
}

// String gives the template as written.
func (t Template) String() string { return t.text }

// parseTemplate reads a resource template: steps joined by colons, each "type/name", with parameters in braces as whole
// names; or a single word for a thing of which there is one, such as "acct".
func parseTemplate(text string) (Template, error) {
	refuse := func(detail string) (Template, error) {
		return Template{}, problem.Invalid("catalog.resource", detail)
	}
	if text == "" {
		return refuse("A resource path is expected here.")
	}
	t := Template{text: text}
	parts := strings.Split(text, ":")
	if len(parts) > MaxSegments {
		return refuse("A resource path has at most 8 steps.")
	}
	for _, part := range parts {
		kind, name, named := strings.Cut(part, "/")
		if kind == "" || name == "" && (named || len(parts) > 1) || strings.ContainsAny(kind, "{};, *%$") {
			return refuse(`A resource path is written "type/name:type/name", or is a single word.`)
		}
		if !strings.ContainsAny(name, "{}") {
			if strings.ContainsAny(name, "/;, *%$") {
				return refuse("A fixed name in a resource path contains no character with a meaning and no space.")
			}
			t.steps = append(t.steps, templateStep{kind: kind, name: name})
			continue
		}
		inner, ok := strings.CutPrefix(name, "{")
		inner, closed := strings.CutSuffix(inner, "}")
		if !ok || !closed || inner == "" || strings.ContainsAny(inner, "{}/") {
			return refuse("A parameter in a resource path fills a whole name: type/{parameter}.")
		}
		t.steps = append(t.steps, templateStep{kind: kind, names: strings.Split(inner, "|")})
	}
	return t, nil
}

// uses counts how many parameters of the template the route has, and whether it has all of them.
func (t Template) uses(params []string) (int, bool) {
	count, all := 0, true
	for _, s := range t.steps {
		if len(s.names) == 0 {
			continue
		}
		if s.index(params) < 0 {
			all = false
			continue
		}
		count++
	}
	return count, all
}

func (s templateStep) index(params []string) int {
	for _, name := range s.names {
		for i, have := range params {
			if have == name {
				return i
			}
		}
	}
	return -1
}

// resource is a Template bound to the parameters of one route.
type resource struct {
	steps []resourceStep
	shape access.Shape
	fixed access.Resource // set when no parameter takes part
}

type resourceStep struct {
	kind, name string
	param      int // -1: the name is fixed
}

// bind resolves names to numbers; a parameter that the route does not have becomes "*", which no exact name in a policy
// matches: who may touch one flag does not thereby list all.
func (t Template) bind(params []string) resource {
	var r resource
	var kinds []string
	var segments []access.Segment
	free := false
	for _, s := range t.steps {
		step := resourceStep{kind: s.kind, name: s.name, param: -1}
		if len(s.names) > 0 {
			step.param, step.name = s.index(params), "*"
		}
		free = free || step.param >= 0
		r.steps = append(r.steps, step)
		kinds = append(kinds, s.kind)
		segments = append(segments, access.Segment{Kind: s.kind, Name: step.name})
	}
	r.shape = access.NewShape(kinds...)
	if !free {
		r.fixed = access.NewResource(segments...)
	}
	return r
}

// fill names the resource of one request.
func (r *resource) fill(p *Params, into *Segments) access.Resource {
	if len(r.steps) == 0 || !r.fixed.IsZero() {
		return r.fixed
	}
	for i, s := range r.steps {
		into[i] = access.Segment{Name: s.name}
		if s.param >= 0 {
			into[i].Name = p.Value(s.param)
		}
	}
	return r.shape.Fill(into[:len(r.steps)])
}

// append writes the resource of one request in the form that access.ParseResource reads, except that an unknown name is a
// bare "*". Characters with a meaning are escaped, so that no value of a parameter can name another resource.
func (r *resource) append(dst []byte, p *Params) []byte {
	for i, s := range r.steps {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, s.kind...)
		if s.param < 0 && s.name == "" {
			continue
		}
		dst = append(dst, '/')
		if s.param < 0 {
			dst = append(dst, s.name...)
			continue
		}
		from := len(dst)
		dst = escapeName(p.Append(dst, s.param), from)
	}
	return dst
}

// text shows the template as it applies to the route.
func (r *resource) text(params []string) string {
	var b strings.Builder
	for i, s := range r.steps {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(s.kind)
		switch {
		case s.param >= 0:
			b.WriteString("/{" + params[s.param] + "}")
		case s.name != "":
			b.WriteString("/" + s.name)
		}
	}
	return b.String()
}

const hexDigits = "0123456789ABCDEF"

// escapeName escapes dst[from:] in place, growing it from the end.
func escapeName(dst []byte, from int) []byte {
	extra := 0
	for _, c := range dst[from:] {
		if special(c) {
			extra += 2
		}
	}
	if extra == 0 {
		return dst
	}
	end := len(dst)
	for range extra {
		dst = append(dst, 0)
	}
	w := len(dst)
	for i := end - 1; i >= from; i-- {
		c := dst[i]
		if special(c) {
			w -= 3
			dst[w], dst[w+1], dst[w+2] = '%', hexDigits[c>>4], hexDigits[c&15]
			continue
		}
		w--
		dst[w] = c
	}
	return dst
}

// special are the characters that access escapes in names.
func special(c byte) bool {
	switch c {
	case '%', ':', '/', ';', ',', '*', '{', '}', '$':
		return true
	}
	return false
}

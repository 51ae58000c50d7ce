package catalog

import (
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Template names a resource by the parameters of a request: "proj/{projectKey}:env/{environmentKey}".
type Template struct {
	text  string
	parts []templatePart
}

type templatePart struct {
	literal string
	names   []string // spellings of a parameter; empty for a literal
}

// String gives the template as written.
func (t Template) String() string { return t.text }

// Params lists the first spelling of every parameter.
func (t Template) Params() []string {
	var names []string
	for _, p := range t.parts {
		if len(p.names) > 0 {
			names = append(names, p.names[0])
		}
	}
	return names
}

// parseTemplate reads a resource template: segments joined by colons, each "type/name" or a single word such as "acct",
// with parameters in braces as whole names.
func parseTemplate(text string) (Template, error) {
	refuse := func(detail string) (Template, error) {
		return Template{}, problem.Invalid("catalog.resource", detail)
	}
	if text == "" {
		return refuse("A resource path is expected here.")
	}
	t := Template{text: text}
	literal := ""
	for i, segment := range strings.Split(text, ":") {
		kind, name, named := strings.Cut(segment, "/")
		if kind == "" || named && name == "" || strings.ContainsAny(kind, "{};, *") {
			return refuse(`A resource path is written "type/name:type/name".`)
		}
		if i > 0 {
			literal += ":"
		}
		literal += kind
		if named {
			literal += "/"
		}
		if !strings.ContainsAny(name, "{}") {
			if strings.ContainsAny(name, "/;, ") {
				return refuse("A name in a resource path contains no slash, semicolon, comma or space.")
			}
			literal += name
			continue
		}
		inner, ok := strings.CutPrefix(name, "{")
		inner, closed := strings.CutSuffix(inner, "}")
		if !ok || !closed || inner == "" || strings.ContainsAny(inner, "{}/") {
			return refuse("A parameter in a resource path fills a whole name: type/{parameter}.")
		}
		t.parts = append(t.parts, templatePart{literal: literal}, templatePart{names: strings.Split(inner, "|")})
		literal = ""
	}
	if literal != "" {
		t.parts = append(t.parts, templatePart{literal: literal})
	}
	return t, nil
}

// uses counts how many parameters of the template the route has, and whether it has all of them.
func (t Template) uses(params []string) (int, bool) {
	count, all := 0, true
	for _, p := range t.parts {
		if len(p.names) == 0 {
			continue
		}
		if p.index(params) < 0 {
			all = false
			continue
		}
		count++
	}
	return count, all
}

func (p templatePart) index(params []string) int {
	for _, name := range p.names {
		for i, have := range params {
			if have == name {
				return i
			}
		}
	}
	return -1
}

// resource is a Template bound to the parameters of one route: literals and parameter numbers.
type resource []resourcePart

type resourcePart struct {
	literal string
	param   int // -1: literal only
}

// bind resolves names to numbers; a parameter that the route does not have becomes "*".
func (t Template) bind(params []string) resource {
	var out resource
	for _, p := range t.parts {
		if len(p.names) == 0 {
			out = append(out, resourcePart{literal: p.literal, param: -1})
			continue
		}
		if i := p.index(params); i >= 0 {
			out = append(out, resourcePart{param: i})
			continue
		}
		out = append(out, resourcePart{literal: "*", param: -1})
	}
	return out
}

// append writes the resource of one request. Characters that have a meaning in resource paths and policies are written as
// percent escapes, so that no value of a parameter can name another resource.
func (r resource) append(dst []byte, p *Params) []byte {
	for _, part := range r {
		if part.param < 0 {
			dst = append(dst, part.literal...)
			continue
		}
		from := len(dst)
		dst = p.Append(dst, part.param)
		dst = escapeName(dst, from)
	}
	return dst
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

func special(c byte) bool {
	switch c {
	case '/', ':', ';', ',', '*', '{', '}', '$', '%':
		return true
	}
	return c <= ' ' || c == 0x7f
}

package access

import "strings"

// piece is one segment of a specifier as written: type, name, conditions.
type piece struct {
	kind  string
	name  string // as written; empty for a segment without a name, such as `acct`
	named bool
	quals []qualifier
}

// qualifier is one condition as written; exactly one of the forms `tag,tag`, `{key:value}`, `kind:key`.
type qualifier struct {
	tags  []string
	prop  string
	link  string
	value string // of prop or link
}

const maxSegments = 8

// cut is a stretch of a specifier and the separator before it: 0 at the start, ':' or ';'.
type cut struct {
	sep  byte
	text string
}

// split cuts at every `:` and `;` outside braces.
func split(s string) []cut {
	var out []cut
	sep, start, depth := byte(0), 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case (c == ':' || c == ';') && depth == 0:
			out = append(out, cut{sep: sep, text: s[start:i]})
			sep, start = c, i+1
		}
	}
	return append(out, cut{sep: sep, text: s[start:]})
}

// pieces reads the grammar of a specifier, the same for patterns and for concrete resources. A `:` after a condition
// starts a link (`;view:key`) when no slash follows before the next separator, and else the next segment.
func pieces(s string) ([]piece, string) {
	var out []piece
	cuts := split(s)
	for i := 0; i < len(cuts); i++ {
		c := cuts[i]
		if c.sep != ';' {
			p, why := head(c.text, len(out) == 0)
			if why != "" {
				return nil, why
			}
			if len(out) == maxSegments {
				return nil, "there are more than 8 segments"
			}
			out = append(out, p)
			continue
		}
		var q qualifier
		why := ""
		if i+1 < len(cuts) && cuts[i+1].sep == ':' && word(c.text) && !slash(cuts[i+1].text) {
			i++
			q = qualifier{link: c.text, value: cuts[i].text}
			if q.value == "" {
				why = "the key after the colon is missing"
			}
		} else {
			q, why = condition(c.text)
		}
		if why != "" {
			return nil, why
		}
		last := &out[len(out)-1]
		last.quals = append(last.quals, q)
	}
	return out, ""
}

func head(s string, first bool) (piece, string) {
	s = strings.TrimPrefix(s, "/") // upstream documentation has a stray slash; read it, never write it
	kind, name, named := strings.Cut(s, "/")
	switch {
	case !word(kind):
		return piece{}, "the type before the slash is missing or has characters other than letters, digits, _ - ."
	case !named && !first:
		return piece{}, "type/name is expected in each segment"
	case named && name == "":
		return piece{}, "the name after the slash is missing"
	case strings.TrimSpace(name) != name:
		return piece{}, "the name starts or ends with a space"
	case len(name) > maxName:
		return piece{}, "the name is longer than 200 bytes"
	}
	return piece{kind: kind, name: name, named: named}, ""
}

// condition reads `{key:value}` or `tag,tag`; empty text means known to have no tags and is refused in patterns.
func condition(s string) (qualifier, string) {
	if rest, ok := strings.CutPrefix(s, "{"); ok {
		key, value, colon := strings.Cut(strings.TrimSuffix(rest, "}"), ":")
		if !colon || !strings.HasSuffix(rest, "}") || !word(key) || value == "" {
			return qualifier{}, "a property condition has the form {key:value}"
		}
		return qualifier{prop: key, value: value}, ""
	}
	if s == "" {
		return qualifier{}, ""
	}
	tags := strings.Split(s, ",")
	for _, t := range tags {
		if t == "" || strings.TrimSpace(t) != t {
			return qualifier{}, "a tag is empty or starts or ends with a space"
		}
	}
	return qualifier{tags: tags}, ""
}

// slash reports whether there is a slash outside braces.
func slash(s string) bool {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			depth--
		case '/':
			if depth <= 0 {
				return true
			}
		}
	}
	return false
}

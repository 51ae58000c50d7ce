package access

import "strings"

// glob is text with stars. The star stands for any run of characters, also an empty one. It is kept as the literal
// pieces around the stars: one piece is an exact name, two empty pieces match everything.
type glob struct {
	parts []string
	exact bool   // there is one part
	head  string // the first part, kept here because most questions end with it
}

func (g *glob) match(s string) bool {
	if g.exact {
		return s == g.head
	}
	if len(s) < len(g.head) || s[:len(g.head)] != g.head {
		return false
	}
	return g.matchRest(s)
}

func (g *glob) matchRest(s string) bool {
	last := len(g.parts) - 1
	if last < 0 {
		return false
	}
	s = s[len(g.parts[0]):]
	for _, part := range g.parts[1:last] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, g.parts[last])
}

// open reports whether the glob matches more than one name.
func (g glob) open() bool { return len(g.parts) > 1 }

// fill puts a text in place of every star.
func (g glob) fill(star string) string { return strings.Join(g.parts, star) }

// Attributes are the values given when a role was assigned, by key. `${roleAttribute/<key>}` in a policy stands for each
// of them. Values are literal: a star or a separator in a value has no meaning.
type Attributes map[string][]string

const (
	attrOpen  = "${roleAttribute/"
	attrClose = "}"
	maxBound  = 1000 // patterns that one text with attributes may stand for
)

// attributes lists the keys that a text mentions, each once.
func attributes(text string) ([]string, string) {
	var keys []string
	seen := map[string]bool{}
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			return keys, ""
		}
		rest, ok := strings.CutPrefix(text[i:], attrOpen)
		key, after, closed := strings.Cut(rest, attrClose)
		if !ok || !closed || !word(key) {
			return nil, "only ${roleAttribute/key} may stand after a dollar sign"
		}
		if !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
		text = after
	}
}

// bindings lists every choice of one value per key. Within one text a key has the same value wherever it stands.
func bindings(keys []string, given Attributes) ([]map[string]string, string) {
	out := []map[string]string{{}}
	for _, key := range keys {
		var next []map[string]string
		for _, m := range out {
			for _, value := range given[key] {
				if len(next) == maxBound {
					return nil, "the role attributes stand for more than 1000 patterns"
				}
				with := make(map[string]string, len(keys))
				for k, v := range m {
					with[k] = v
				}
				with[key] = value
				next = append(next, with)
			}
		}
		out = next
	}
	return out, ""
}

// compileGlob reads text with stars and attributes; decode turns the literal pieces into what they stand for.
func compileGlob(text string, bound map[string]string, decode func(string) (string, string)) (glob, string) {
	g := glob{parts: []string{""}}
	for text != "" {
		if text[0] == '*' {
			text = strings.TrimLeft(text, "*")
			if last := len(g.parts) - 1; last == 0 || g.parts[last] != "" {
				g.parts = append(g.parts, "")
			}
			continue
		}
		literal := ""
		if rest, ok := strings.CutPrefix(text, attrOpen); ok {
			key, after, _ := strings.Cut(rest, attrClose)
			literal, text = bound[key], after
		} else {
			n := len(text)
			if i := strings.IndexByte(text, '*'); i >= 0 {
				n = i
			}
			if i := strings.Index(text, "${"); i >= 0 && i < n {
				n = i
			}
			plain, why := decode(text[:n])
			if why != "" {
				return glob{}, why
			}
			literal, text = plain, text[n:]
		}
		g.parts[len(g.parts)-1] += literal
	}
	g.exact, g.head = !g.open(), g.parts[0]
	return g, ""
}

// decodeAction accepts an action as it is written. An action has one spelling: nothing is decoded.
func decodeAction(s string) (string, string) {
	if strings.ContainsAny(s, " %{},;") || !visible(s) {
		return "", "an action consists of visible characters other than spaces and % { } , ;"
	}
	return s, ""
}

// escapes are the characters with a meaning in specifiers. Each has exactly one other spelling, so that no name can be
// written in two ways.
var escapes = map[byte]string{
	'%': "%25", ':': "%3A", '/': "%2F", ';': "%3B", ',': "%2C", '*': "%2A", '{': "%7B", '}': "%7D", '$': "%24",
}

// decodeName reads one literal piece of a specifier.
func decodeName(s string) (string, string) {
	if strings.ContainsAny(s, "{}/:;,$") {
		return "", "a name contains a character with a meaning here; write it as % and two digits"
	}
	if !visible(s) {
		return "", "a name contains a character that cannot be seen"
	}
	if !strings.Contains(s, "%") {
		return s, ""
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		c, ok := unescape(s[i:])
		if !ok {
			return "", "after % only 25, 3A, 2F, 3B, 2C, 2A, 7B, 7D and 24 may stand"
		}
		b.WriteByte(c)
		i += 2
	}
	return b.String(), ""
}

func unescape(s string) (byte, bool) {
	for c, e := range escapes {
		if strings.HasPrefix(s, e) {
			return c, true
		}
	}
	return 0, false
}

// encodeName writes a name so that decodeName reads it back.
func encodeName(s string) string {
	if !strings.ContainsAny(s, "%:/;,*{}$") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if e, ok := escapes[s[i]]; ok {
			b.WriteString(e)
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// Word reports whether s may be the key of a role attribute: letters, digits, `_`, `-`, `.`, at most 200 bytes.
func Word(s string) bool { return word(s) }

// word reports whether s is a plain word: letters, digits, `_`, `-`, `.`.
func word(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

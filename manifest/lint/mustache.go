package lint

import "strings"

// mustache is one tag of a template, found without understanding the rest.
type mustache struct {
	at   int // offset in the text
	raw  bool
	text string // between the braces
}

// mustaches finds the tags of a text.
func mustaches(text string) []mustache {
	var out []mustache
	for at := 0; ; {
		i := strings.Index(text[at:], "{{")
		if i < 0 {
			return out
		}
		start := at + i
		open, end := 2, "}}"
		if strings.HasPrefix(text[start:], "{{{") {
			open, end = 3, "}}}"
		}
		n := strings.Index(text[start+open:], end)
		if n < 0 {
			return out
		}
		out = append(out, mustache{start, open == 3, strings.Trim(text[start+open:start+open+n], " \t\r\n~")})
		at = start + open + n + len(end)
	}
}

// name gives the path of a tag that prints a single value, else "".
func (m mustache) name() string {
	if m.text == "" || strings.ContainsAny(m.text, "#/^!> \t\n'\"") {
		return ""
	}
	return strings.TrimPrefix(m.text, "&")
}

// words gives the words of a tag, without its sign.
func (m mustache) words() []string {
	return strings.Fields(strings.TrimLeft(m.text, "#/^&~ "))
}

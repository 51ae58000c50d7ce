package template

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// next gives the next tag and the words before it; no tag at the end.
func (p *parser) next() (*tag, node, error) {
	words := node{kind: nodeText, at: p.pos}
	var b strings.Builder
	from := p.pos
	for {
		i := strings.Index(p.src[from:], "{{")
		if i < 0 {
			b.WriteString(p.src[from:])
			p.pos = len(p.src)
			words.text = b.String()
			return nil, words, nil
		}
		i += from
		if i > 0 && p.src[i-1] == '\\' { // \{{ is text
			b.WriteString(p.src[from:i-1] + "{{")
			from = i + 2
			continue
		}
		t, err := p.tag(i)
		if err != nil {
			return nil, words, err
		}
		b.WriteString(p.src[from:i])
		words.text = b.String()
		p.pos = t.end
		p.space(t, &words)
		return t, words, nil
	}
}

// tag reads the tag that begins at a place.
func (p *parser) tag(at int) (*tag, error) {
	t := &tag{at: at}
	rest := p.src[at:]
	open, end := "{{", "}}"
	switch {
	case strings.HasPrefix(rest, "{{!--"), strings.HasPrefix(rest, "{{~!--"):
		end = "--}}"
		if i, j := strings.Index(rest, "--~}}"), strings.Index(rest, "--}}"); i >= 0 && (j < 0 || i < j) {
			end = "--~}}"
		}
	case strings.HasPrefix(rest, "{{{"):
		open, end = "{{{", "}}}"
	case strings.HasPrefix(rest, "{{~{"):
		open, end, t.left = "{{~{", "}}}", true
		if i, j := strings.Index(rest, "}~}}"), strings.Index(rest, "}}}"); i >= 0 && (j < 0 || i < j) {
			end, t.right = "}~}}", true
		}
	}
	i := strings.Index(rest[len(open):], end)
	if i < 0 {
		return nil, p.fail(at, "the braces are not closed")
	}
	body := rest[len(open) : len(open)+i]
	t.end = at + len(open) + i + len(end)
	if open == "{{" {
		body, t.left = strings.CutPrefix(body, "~")
		body, t.right = strings.CutSuffix(body, "~")
		t.right = t.right || end == "--~}}"
	}
	t.comment = strings.HasPrefix(body, "!")
	t.body = strings.Join(strings.Fields(body), " ")
	if strings.ContainsAny(body, `"'`) {
		t.body = strings.TrimSpace(body)
	}
	for _, mark := range []string{"#", "/"} { // {{# if x}} is {{#if x}}
		if rest, ok := strings.CutPrefix(t.body, mark); ok {
			t.body = mark + strings.TrimSpace(rest)
		}
	}
	return t, nil
}

// space takes away the white space that ~ asks for, and the whole line of a block,
// else or comment that stands on it alone.
func (p *parser) space(t *tag, words *node) {
	if t.left {
		words.text = strings.TrimRight(words.text, " \t\r\n")
	}
	if t.right {
		p.pos += len(p.src[p.pos:]) - len(strings.TrimLeft(p.src[p.pos:], " \t\r\n"))
	}
	alone := t.comment || strings.HasPrefix(t.body, "#") || strings.HasPrefix(t.body, "/") || t.body == "else" || strings.HasPrefix(t.body, "else ") || t.body == "^"
	if !alone || t.left || t.right {
		return
	}
	line := p.src[strings.LastIndexByte(p.src[:t.at], '\n')+1 : t.at]
	after, _, more := strings.Cut(p.src[t.end:], "\n")
	if strings.TrimSpace(line) != "" || strings.TrimSpace(after) != "" {
		return
	}
	words.text = words.text[:len(words.text)-min(len(words.text), len(line))]
	p.pos = t.end + len(after)
	if more {
		p.pos++
	}
}

var segmentForm = regexp.MustCompile(`^(\[[^\]]*\]|[\p{L}\p{N}_$-]+)$`)

// arguments reads literals and paths.
func (p *parser) arguments(t *tag, s string) ([]argument, error) {
	var out []argument
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if q := s[0]; q == '"' || q == '\'' {
			end := strings.IndexByte(s[1:], q)
			if end < 0 {
				return nil, p.fail(t.at, "a quotation mark is not closed")
			}
			out, s = append(out, argument{literal: s[1 : 1+end]}), s[2+end:]
			continue
		}
		word, rest, _ := strings.Cut(s, " ")
		s = rest
		switch {
		case word == "true" || word == "false":
			out = append(out, argument{literal: word == "true"})
			continue
		case word == "null" || word == "undefined":
			out = append(out, argument{})
			continue
		}
		if _, err := strconv.ParseFloat(word, 64); err == nil && json.Valid([]byte(word)) {
			out = append(out, argument{literal: json.Number(word)})
			continue
		}
		a, reason := path(word)
		if reason != "" {
			return nil, p.fail(t.at, reason)
		}
		out = append(out, a)
	}
	return out, nil
}

// path reads a path; a reason says why it is none.
func path(word string) (argument, string) {
	a := argument{isPath: true}
	rest := word
	for strings.HasPrefix(rest, "../") {
		rest, a.up = rest[3:], a.up+1
	}
	rest = strings.TrimPrefix(rest, "./")
	if rest == "this" || rest == "." || rest == "" && a.up > 0 || rest == ".." {
		if rest == ".." {
			a.up++
		}
		return a, ""
	}
	rest = strings.TrimPrefix(rest, "this.")
	if name, ok := strings.CutPrefix(rest, "@"); ok {
		switch name {
		case "index", "first", "last", "key":
			a.path = []string{rest}
			return a, ""
		}
		return a, "there is no " + rest + "; there are @index, @first, @last and @key"
	}
	if a.path = strings.Split(rest, "."); len(a.path) > pathMost {
		return a, fmt.Sprintf("a path has at most %d parts", pathMost)
	}
	for i, part := range a.path {
		if !segmentForm.MatchString(part) {
			return a, "“" + word + "” is not a path such as data.name"
		}
		a.path[i] = strings.TrimSuffix(strings.TrimPrefix(part, "["), "]")
	}
	return a, ""
}

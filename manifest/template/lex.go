package template

import (
	"strings"
	"unicode/utf8"
)

// tag is one {{…}}.
type tag struct {
	at, end     int       // in the source, braces included
	kind        byte      // '=' output, '&' raw output, '#', '/', '^', 'e' else, '!' comment
	words       []written // what stands in it, without # and else
	left, right bool      // ~ takes white space away
}

// name is the first word of a tag when it is a plain name.
func (t *tag) name() string {
	if len(t.words) == 0 || t.words[0].quoted {
		return ""
	}
	return t.words[0].text
}

// written is a word of a tag as it stands there.
type written struct {
	at     int
	text   string
	quoted bool // text is what was between quotation marks
}

// lexer finds tags; it works on a source from its beginning to its end.
type lexer struct {
	src string
	pos int
}

func (l *lexer) fail(at int, reason string) *Error { return placed(l.src, at, reason) }

// next gives the words before the next tag, in one piece or more, and the tag;
// nil at the end. A piece ends where a backslash keeps a mustache from being one.
func (l *lexer) next() ([]*node, *tag, error) {
	var out []*node
	words := func(from, to int) {
		if from < to {
			s := l.src[from:to]
			out = append(out, &node{kind: content, at: from, text: s, original: s})
		}
	}
	from, at := l.pos, l.pos
	for {
		i := strings.Index(l.src[at:], "{{")
		if i < 0 {
			words(from, len(l.src))
			l.pos = len(l.src)
			return out, nil, nil
		}
		i += at
		before := l.src[from:i]
		switch {
		case strings.HasSuffix(before, `\\`): // \\{{x}} is a backslash and a value
			words(from, i-1)
		case strings.HasSuffix(before, `\`): // \{{ is text
			words(from, i-1)
			from, at = i, i+2
			continue
		default:
			words(from, i)
		}
		t, err := l.tag(i)
		if err != nil {
			return nil, nil, err
		}
		l.pos = t.end
		return out, t, nil
	}
}

// tag reads the tag that begins at a place.
func (l *lexer) tag(at int) (*tag, error) {
	t := &tag{at: at, kind: '='}
	l.pos = at + 2
	if l.has("{{") {
		return nil, l.fail(at, "{{{{ … }}}} is not part of the language")
	}
	t.left = l.take("~")
	if l.has("!") {
		return t, l.comment(t)
	}
	triple := l.take("{")
	if triple {
		t.kind = '&'
	}
	l.blanks()
	if !triple && l.pos < len(l.src) {
		switch c := l.src[l.pos]; c {
		case '#', '/', '^', '&':
			t.kind = c
			l.pos++
		case '>', '*':
			return nil, l.fail(at, "{{"+string(c)+" … }} is not part of the language")
		}
		if t.kind == '#' && (l.has(">") || l.has("*")) {
			return nil, l.fail(at, "{{#"+l.src[l.pos:l.pos+1]+" … }} is not part of the language")
		}
	}
	for {
		l.blanks()
		switch {
		case l.pos >= len(l.src):
			return nil, l.fail(at, "the braces are not closed")
		case triple && (l.has("}}}") || l.has("}~}}")), !triple && (l.has("}}") || l.has("~}}")):
			if triple {
				l.pos++
			}
			t.right = l.take("~")
			l.pos += 2
			t.end = l.pos
			l.settle(t)
			return t, nil
		}
		w, err := l.word(t)
		if err != nil {
			return nil, err
		}
		t.words = append(t.words, w)
	}
}

// settle finds out whether a tag is an else.
func (l *lexer) settle(t *tag) {
	switch {
	case t.kind == '^' && len(t.words) == 0:
		t.kind = 'e'
	case t.kind == '=' && t.name() == "else":
		t.kind, t.words = 'e', t.words[1:]
	}
}

func (l *lexer) comment(t *tag) error {
	t.kind = '!'
	rest, from := l.src[l.pos:], 1
	ends := []string{"}}"}
	if strings.HasPrefix(rest, "!--") {
		from, ends = 3, []string{"--}}", "--~}}"}
	}
	end := -1
	for _, e := range ends {
		if i := strings.Index(rest[from:], e); i >= 0 && (end < 0 || from+i+len(e) < end) {
			end = from + i + len(e)
		}
	}
	if end < 0 {
		return l.fail(t.at, "the braces are not closed")
	}
	l.pos += end
	t.end, t.right = l.pos, strings.HasSuffix(rest[:end], "~}}")
	return nil
}

func (l *lexer) has(s string) bool { return strings.HasPrefix(l.src[l.pos:], s) }

func (l *lexer) take(s string) bool {
	if !l.has(s) {
		return false
	}
	l.pos += len(s)
	return true
}

func (l *lexer) blanks() { l.pos = len(l.src) - len(strings.TrimLeftFunc(l.src[l.pos:], blank)) }

// word reads a literal or a path as it is written.
func (l *lexer) word(t *tag) (written, error) {
	from := l.pos
	if q := l.src[from]; q == '"' || q == '\'' {
		for i := from + 1; i < len(l.src); i++ {
			switch {
			case l.src[i] == '\\' && i+1 < len(l.src) && l.src[i+1] == q:
				i++
			case l.src[i] == q:
				l.pos = i + 1
				return written{at: from, quoted: true, text: strings.ReplaceAll(l.src[from+1:i], `\`+string(q), string(q))}, nil
			}
		}
		return written{}, l.fail(t.at, "a quotation mark is not closed")
	}
	for l.pos < len(l.src) {
		r, n := utf8.DecodeRuneInString(l.src[l.pos:])
		switch {
		case r == '[': // up to ], whatever is in it
			end := strings.IndexByte(l.src[l.pos:], ']')
			if end < 0 {
				return written{}, l.fail(t.at, "a bracket is not closed")
			}
			l.pos += end + 1
			continue
		case r == '"' || r == '\'' || r == '}' && l.pos == from:
			return written{}, l.fail(t.at, "the braces are not closed")
		case r == '~' && l.pos == from:
			return written{}, l.fail(l.pos, "“~” stands where a name belongs")
		case blank(r), r == '}', r == '~':
			return written{at: from, text: l.src[from:l.pos]}, nil
		}
		l.pos += n
	}
	return written{at: from, text: l.src[from:l.pos]}, nil
}

// blank is white space as Handlebars sees it.
func blank(r rune) bool {
	switch {
	case r == ' ', r >= '\t' && r <= '\r':
		return true
	case r < 0x80:
		return false
	}
	return r == 0xA0 || r == 0x1680 || r >= 0x2000 && r <= 0x200A || r == 0x2028 || r == 0x2029 || r == 0x202F || r == 0x205F || r == 0x3000 || r == 0xFEFF
}

package template

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/guestright/guestright/manifest/value"
)

// helper is what stands first in a tag of several words, or in a block.
type helper uint8

const (
	plain helper = iota // a value; as a block: a section

	jsonOf
	lookup
	queryEncode
	pathEncode
	basicAuth
	formatWithOffset
	edgeGridAuth

	ifBlock
	unlessBlock
	eachBlock
	withBlock
	equalBlock
)

type helperForm struct {
	is   helper
	name string
	args int
}

// blocks are the helpers that have a body, helpers those that give a text.
var (
	blocks = []helperForm{{ifBlock, "if", 1}, {unlessBlock, "unless", 1}, {eachBlock, "each", 1}, {withBlock, "with", 1},
		{equalBlock, "equal", 2}, {equalBlock, "equalWithElse", 2}}
	helpers = []helperForm{{jsonOf, "json", 1}, {lookup, "lookup", 2}, {queryEncode, "queryEncode", 1}, {pathEncode, "pathEncode", 1},
		{basicAuth, "basicAuthHeaderValue", 2}, {formatWithOffset, "formatWithOffset", 3}, {edgeGridAuth, "edgeGridAuth", 10}}
)

func formOf(all []helperForm, name string) (helperForm, bool) {
	for _, f := range all {
		if f.name == name {
			return f, true
		}
	}
	return helperForm{}, false
}

func names(all []helperForm) string {
	var out []string
	for _, f := range all[:len(all)-1] {
		out = append(out, f.name)
	}
	return strings.Join(out, ", ") + " and " + all[len(all)-1].name
}

// call is a helper with its arguments, or one value.
type call struct {
	is   helper
	name string
	args []argument
}

type argumentKind uint8

const (
	literal argumentKind = iota
	onPath               // from a context
	onRoot               // from the root
	onIndex
	onFirst
	onLast
	onKey
)

// argument is a literal or a path.
type argument struct {
	kind    argumentKind
	at      int // in the source
	up      int // how many times ../
	literal value.Value
	path    []string
	written string
}

// call reads what stands in a tag.
func (p *parser) call(t *tag, isBlock bool) (call, error) {
	if len(t.words) == 0 {
		return call{}, p.fail(t.at, "nothing stands between the braces")
	}
	c, words := call{}, t.words
	switch name := t.name(); {
	case isBlock && name == "":
		return c, p.fail(t.at, "a block begins with a name")
	case isBlock:
		form, ok := formOf(blocks, name)
		if ok {
			c.is, c.name, words = form.is, name, words[1:]
		}
		if ok && len(words) != form.args {
			return c, p.fail(t.at, fmt.Sprintf("{{#%s}} takes %d, not %d values", name, form.args, len(words)))
		}
		if !ok && len(words) > 1 {
			return c, p.fail(t.at, "there is no block {{#"+name+"}}; there are "+names(blocks[:5]))
		}
	case len(words) > 1:
		form, ok := formOf(helpers, name)
		if !ok {
			return c, p.fail(t.at, "there is no helper "+name+"; there are "+names(helpers))
		}
		c.is, c.name, words = form.is, name, words[1:]
		if len(words) != form.args {
			return c, p.fail(t.at, fmt.Sprintf("%s takes %d, not %d values", name, form.args, len(words)))
		}
	}
	for _, w := range words {
		a, err := p.argument(w)
		if err != nil {
			return c, err
		}
		c.args = append(c.args, a)
	}
	return c, nil
}

func (p *parser) argument(w written) (argument, error) {
	a := argument{at: w.at, written: w.text}
	switch {
	case w.quoted:
		a.literal = w.text
		return a, nil
	case w.text == "true" || w.text == "false":
		a.literal = w.text == "true"
		return a, nil
	case w.text == "null" || w.text == "undefined":
		return a, nil
	case (w.text[0] == '-' || w.text[0] >= '0' && w.text[0] <= '9') && json.Valid([]byte(w.text)):
		a.literal = json.Number(w.text)
		return a, nil
	}
	return p.path(a)
}

// path reads a path such as a.b, ../a, a.[0] or @root.a.
func (p *parser) path(a argument) (argument, error) {
	bad := p.fail(a.at, "“"+a.written+"” is not a path such as data.name")
	rest, isData := strings.CutPrefix(a.written, "@")
	a.kind = onPath
	for rest != "" {
		name, after, quoted := segment(rest)
		switch {
		case name == "" && !quoted:
			return a, bad
		case !quoted && (name == ".." || name == "." || name == "this"):
			if len(a.path) > 0 {
				return a, bad
			}
			if name == ".." {
				a.up++
			}
		default:
			a.path = append(a.path, name)
		}
		if after == "" {
			break
		}
		if after[0] != '.' && after[0] != '/' || after == "." || after == "/" && len(a.path) > 0 {
			return a, bad
		}
		rest = after[1:]
	}
	if len(a.path) > pathMost || a.up > pathMost {
		return a, p.fail(a.at, fmt.Sprintf("a path has at most %d parts", pathMost))
	}
	if !isData {
		return a, nil
	}
	if len(a.path) > 0 {
		switch a.path[0] {
		case "root":
			a.kind, a.path = onRoot, a.path[1:]
			return a, nil
		case "index":
			a.kind = onIndex
		case "first":
			a.kind = onFirst
		case "last":
			a.kind = onLast
		case "key":
			a.kind = onKey
		}
	}
	if a.kind == onPath || len(a.path) > 1 {
		return a, p.fail(a.at, "there is no "+a.written+"; there are @index, @first, @last, @key and @root")
	}
	a.path = nil
	return a, nil
}

// segment cuts the first name off a path. In brackets it may hold anything.
func segment(s string) (name, rest string, quoted bool) {
	switch {
	case s[0] == '[':
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", s, false
		}
		return s[1:end], s[end+1:], true
	case strings.HasPrefix(s, ".."):
		return "..", s[2:], false
	case s[0] == '.':
		return ".", s[1:], false
	}
	end := strings.IndexAny(s, "./"+foreign)
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:], false
}

// foreign are the characters that a name can't have.
const foreign = "!\"#%&'()*+,;<=>@[\\]^`{|}~"

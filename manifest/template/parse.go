package template

import (
	"fmt"
	"strings"

	"github.com/guestright/guestright/manifest/value"
)

const (
	// SourceMost bounds a template, in bytes.
	SourceMost = 16 << 10
	blockMost  = 16 // blocks inside one another
	pathMost   = 20 // segments of a path
)

// Error says where a template is wrong, and how.
type Error struct {
	Line, Column int // from 1; columns count bytes
	Reason       string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// Template is a body that is made of data. It is safe for concurrent use.
type Template struct {
	source string
	root   []node
}

type node struct {
	kind  nodeKind
	at    int    // in the source
	text  string // of text; of a block or a helper its name
	args  []argument
	body  []node
	other []node // else
}

type nodeKind int

const (
	nodeText nodeKind = iota
	nodeOutput
	nodeBlock
)

// argument is a literal or a path.
type argument struct {
	literal value.Value
	path    []string // "@index" and the like are one segment
	up      int      // how many times ../
	isPath  bool
}

// blocks are the helpers that have a body, with how many arguments they take.
var blocks = map[string]int{"if": 1, "unless": 1, "each": 1, "with": 1, "equal": 2, "equalWithElse": 2}

// helpers give a value, from so many arguments.
var helpers = map[string]int{"json": 1, "lookup": 2, "queryEncode": 1, "pathEncode": 1}

// tag is one {{…}}.
type tag struct {
	at, end     int // in the source, braces included
	body        string
	comment     bool
	left, right bool // ~ takes white space away
}

type parser struct {
	src string
	pos int
}

// Parse reads a template. Error: *Error.
func Parse(source string) (*Template, error) {
	p := &parser{src: source}
	if len(source) > SourceMost {
		return nil, p.fail(SourceMost, fmt.Sprintf("a template has at most %d KiB", SourceMost>>10))
	}
	root, end, err := p.nodes("", 0)
	if err != nil {
		return nil, err
	}
	if end != nil {
		return nil, p.fail(end.at, "{{"+end.body+"}} closes nothing")
	}
	return &Template{source: source, root: root}, nil
}

func (p *parser) fail(at int, reason string) *Error { return placed(p.src, at, reason) }

func placed(src string, at int, reason string) *Error {
	at = min(at, len(src))
	before := src[:at]
	line := strings.Count(before, "\n") + 1
	return &Error{Line: line, Column: at - (strings.LastIndexByte(before, '\n') + 1) + 1, Reason: reason}
}

// nodes reads up to the tag that ends a block: {{/name}} or an {{else}}, which it
// gives; nil at the end of the source.
func (p *parser) nodes(block string, depth int) ([]node, *tag, error) {
	var out []node
	for {
		t, words, err := p.next()
		if err != nil {
			return nil, nil, err
		}
		if words.text != "" {
			out = append(out, words)
		}
		if t == nil {
			if block != "" {
				return nil, nil, p.fail(len(p.src), "{{#"+block+"}} is not closed")
			}
			return out, nil, nil
		}
		if t.comment {
			continue
		}
		word, rest, _ := strings.Cut(t.body, " ")
		switch {
		case strings.HasPrefix(t.body, "/") || word == "else" || t.body == "^":
			return out, t, nil
		case strings.HasPrefix(t.body, "#"):
			name := strings.TrimPrefix(word, "#")
			n, err := p.block(t, name, rest, name, depth)
			if err != nil {
				return nil, nil, err
			}
			out = append(out, n)
		case strings.HasPrefix(t.body, ">") || strings.HasPrefix(t.body, "&") || strings.HasPrefix(t.body, "^"):
			return nil, nil, p.fail(t.at, "{{"+t.body[:1]+" … }} is not part of the language")
		default:
			n, err := p.output(t)
			if err != nil {
				return nil, nil, err
			}
			out = append(out, n)
		}
	}
}

// block reads a block whose opening tag was read, up to {{/closer}}.
func (p *parser) block(t *tag, name, rest, closer string, depth int) (node, error) {
	n := node{kind: nodeBlock, at: t.at, text: name}
	want, ok := blocks[name]
	if !ok {
		return n, p.fail(t.at, "there is no block {{#"+name+"}}; there are if, unless, each, with and equal")
	}
	if depth >= blockMost {
		return n, p.fail(t.at, fmt.Sprintf("at most %d blocks inside one another", blockMost))
	}
	var err error
	if n.args, err = p.arguments(t, rest); err != nil {
		return n, err
	}
	if len(n.args) != want {
		return n, p.fail(t.at, fmt.Sprintf("{{#%s}} takes %d, not %d values", name, want, len(n.args)))
	}
	var end *tag
	if n.body, end, err = p.nodes(closer, depth+1); err != nil {
		return n, err
	}
	if chained, ok := strings.CutPrefix(end.body, "else "); ok {
		// {{else if x}} is a block in the else, which the same tag closes.
		inner, args, _ := strings.Cut(strings.TrimSpace(chained), " ")
		other, err := p.block(end, inner, args, closer, depth+1)
		n.other = []node{other}
		return n, err
	}
	if end.body == "else" || end.body == "^" {
		if n.other, end, err = p.nodes(closer, depth+1); err != nil {
			return n, err
		}
	}
	if end.body != "/"+closer {
		return n, p.fail(end.at, "{{"+end.body+"}} stands where {{/"+closer+"}} belongs")
	}
	return n, nil
}

// output reads {{x}}, {{{x}}} or {{helper x}}.
func (p *parser) output(t *tag) (node, error) {
	n := node{kind: nodeOutput, at: t.at}
	body := t.body
	if word, rest, ok := strings.Cut(body, " "); ok {
		want, known := helpers[word]
		if !known {
			return n, p.fail(t.at, "there is no helper "+word+"; there are json, lookup, queryEncode and pathEncode")
		}
		n.text, body = word, rest
		var err error
		if n.args, err = p.arguments(t, body); err == nil && len(n.args) != want {
			err = p.fail(t.at, fmt.Sprintf("%s takes %d, not %d values", word, want, len(n.args)))
		}
		return n, err
	}
	args, err := p.arguments(t, body)
	if err == nil && len(args) != 1 {
		err = p.fail(t.at, "nothing stands between the braces")
	}
	n.args = args
	return n, err
}

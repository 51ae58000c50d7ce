package template

import "fmt"

const (
	// SourceMost bounds a template, in bytes.
	SourceMost = 64 << 10
	blockMost  = 16  // blocks inside one another
	chainMost  = 100 // {{else if}} after one another
	pathMost   = 20  // segments of a path
)

// Template is a text that is made of data. It is safe for concurrent use.
type Template struct {
	source string
	code   []op
	view   View
}

type nodeKind uint8

const (
	content nodeKind = iota
	comment
	output
	block
)

// node is a part of a template as it is written, before white space is settled.
type node struct {
	kind  nodeKind
	at    int // in the source
	strip strip

	text                  string // of content
	original              string // of content, before white space was taken from it
	leftTaken, rightTaken bool   // white space was taken behind a tag, before a tag

	raw  bool // output that is not escaped
	call call

	program, inverse                    *program
	openStrip, inverseStrip, closeStrip strip
}

// strip says on which sides of a tag ~ takes white space away.
type strip struct{ open, close bool }

type program struct {
	body    []*node
	chained bool // an {{else if}}
}

type parser struct{ lexer }

// Parse reads a template. Error: *Error.
func Parse(source string) (*Template, error) {
	p := &parser{lexer{src: source}}
	if len(source) > SourceMost {
		return nil, p.fail(SourceMost, fmt.Sprintf("a template has at most %d KiB", SourceMost>>10))
	}
	root, end, err := p.program("", 0)
	if err != nil {
		return nil, err
	}
	if end != nil {
		return nil, p.fail(end.at, p.show(end)+" closes nothing")
	}
	settleProgram(root, true)
	t := &Template{source: source}
	c := &compiler{t: t}
	t.code = c.program(root)
	t.view = look(t)
	return t, nil
}

// Source is what the template was made of.
func (t *Template) Source() string { return t.source }

func (p *parser) show(t *tag) string { return p.src[t.at:t.end] }

// program reads up to the tag that ends it, which it gives: {{/name}} or an
// {{else}}; nil at the end of the source.
func (p *parser) program(inside string, depth int) (*program, *tag, error) {
	out := &program{}
	for {
		words, t, err := p.next()
		if err != nil {
			return nil, nil, err
		}
		out.body = append(out.body, words...)
		if t == nil {
			if inside != "" {
				return nil, nil, p.fail(len(p.src), "{{#"+inside+"}} is not closed")
			}
			return out, nil, nil
		}
		n := &node{at: t.at, strip: strip{t.left, t.right}}
		switch t.kind {
		case '/', 'e':
			return out, t, nil
		case '!':
			n.kind = comment
		case '#', '^':
			if depth >= blockMost {
				return nil, nil, p.fail(t.at, fmt.Sprintf("at most %d blocks inside one another", blockMost))
			}
			n, _, err = p.block(t, t.name(), depth, 0)
		default:
			n.kind, n.raw = output, t.kind == '&'
			n.call, err = p.call(t, false)
		}
		if err != nil {
			return nil, nil, err
		}
		out.body = append(out.body, n)
	}
}

// block reads a block whose opening tag was read, up to {{/closer}}; chain counts
// the {{else if}} before it.
func (p *parser) block(t *tag, closer string, depth, chain int) (*node, *tag, error) {
	n := &node{kind: block, at: t.at, openStrip: strip{t.left, t.right}}
	var err error
	if n.call, err = p.call(t, true); err != nil {
		return nil, nil, err
	}
	var end *tag
	if n.program, end, err = p.program(closer, depth+1); err != nil {
		return nil, nil, err
	}
	if end.kind == 'e' {
		n.inverseStrip = strip{end.left, end.right}
		if len(end.words) > 0 { // {{else if x}} is a block in the else, which the same tag closes
			if chain >= chainMost {
				return nil, nil, p.fail(end.at, fmt.Sprintf("at most %d {{else if}} after one another", chainMost))
			}
			var other *node
			other, end, err = p.block(end, closer, depth, chain+1)
			n.inverse = &program{body: []*node{other}, chained: true}
		} else {
			n.inverse, end, err = p.program(closer, depth+1)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if end.kind != '/' || len(end.words) != 1 || end.words[0].text != closer {
		return nil, nil, p.fail(end.at, p.show(end)+" stands where {{/"+closer+"}} belongs")
	}
	n.closeStrip = strip{end.left, end.right}
	if chain > 1 { // as Handlebars.js has it
		n.closeStrip = n.openStrip
	}
	if t.kind == '^' { // renders what {{#x}} does not
		n.program, n.inverse = n.inverse, n.program
	}
	return n, end, nil
}

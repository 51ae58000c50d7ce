// Package markdown turns a stranger's Markdown (CommonMark) into HTML that is safe
// to put into a page as it is: without HTML of its own, without pictures, which
// would be loaded from elsewhere, and with links only where the caller lets them
// lead.
package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// Rules say what becomes of a text.
type Rules struct {
	Link  func(to string) (string, bool) // where a link leads, cleaned; false: its words stay, the link goes. Mail addresses that stand alone stay links
	Rel   string                         // relation of links
	Below bool                           // headings go on below the one that the page has, and code can be scrolled by keyboard
}

// Text is one text in two forms.
type Text struct{ HTML, Plain string }

// Render turns source into both forms; both are empty when it cannot be drawn.
func (r Rules) Render(source string) Text {
	src := []byte(source)
	md := goldmark.New()
	doc := md.Parser().Parse(text.NewReader(src))
	w := walk{Rules: r, src: src, level: 1}
	_ = ast.Walk(doc, w.visit)
	for _, n := range w.unwrap {
		unwrap(n, src)
	}
	var out bytes.Buffer
	if err := md.Renderer().Render(&out, src, doc); err != nil {
		return Text{}
	}
	html := strings.TrimSpace(out.String())
	if r.Below {
		html = strings.ReplaceAll(html, "<pre>", `<pre tabindex="0">`)
	}
	lines := strings.FieldsFunc(w.plain.String(), func(r rune) bool { return r == '\n' })
	return Text{HTML: html, Plain: strings.Join(lines, "\n")}
}

// walk is one pass over a text.
type walk struct {
	Rules
	src    []byte
	plain  strings.Builder
	level  int        // of the last heading
	unwrap []ast.Node // of which only what is in them stays
}

func (w *walk) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		if n.Type() == ast.TypeBlock && w.plain.Len() > 0 {
			w.plain.WriteByte('\n')
		}
		return ast.WalkContinue, nil
	}
	switch n := n.(type) {
	case *ast.Text:
		w.plain.Write(n.Segment.Value(w.src))
		if n.SoftLineBreak() || n.HardLineBreak() {
			w.plain.WriteByte('\n')
		}
	case *ast.Heading:
		if w.Below {
			w.level = min(n.Level+1, w.level+1, 6)
			n.Level = w.level
		}
	case *ast.Link:
		to, ok := w.Link(string(n.Destination))
		if !ok {
			w.unwrap = append(w.unwrap, n)
			break
		}
		n.Destination = []byte(to)
		n.SetAttributeString("rel", []byte(w.Rel))
	case *ast.AutoLink:
		w.plain.Write(n.Label(w.src))
		if n.AutoLinkType == ast.AutoLinkEmail {
			break
		}
		if _, ok := w.Link(string(n.URL(w.src))); !ok {
			w.unwrap = append(w.unwrap, n)
			break
		}
		n.SetAttributeString("rel", []byte(w.Rel))
	case *ast.Image, *ast.HTMLBlock, *ast.RawHTML:
		w.unwrap = append(w.unwrap, n)
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		for i := range n.Lines().Len() {
			line := n.Lines().At(i)
			w.plain.Write(line.Value(w.src))
		}
	}
	return ast.WalkContinue, nil
}

// unwrap puts what is in a node in its place.
func unwrap(n ast.Node, src []byte) {
	parent := n.Parent()
	if link, ok := n.(*ast.AutoLink); ok {
		parent.ReplaceChild(parent, n, ast.NewString([]byte(link.Label(src))))
		return
	}
	for child := n.FirstChild(); child != nil; {
		next := child.NextSibling()
		parent.InsertBefore(parent, n, child)
		child = next
	}
	parent.RemoveChild(parent, n)
}

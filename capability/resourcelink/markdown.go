package resourcelink

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/guestright/guestright/capability"
)

// rel keeps pages that are opened from reaching back, and search engines out.
const rel = "noopener noreferrer nofollow ugc"

// Prose is a text in two forms.
type Prose struct {
	HTML  string `json:"html" doc:"Safe to put into a page as it is"`
	Plain string `json:"plain"`
}

// markdown renders a stranger's text: no HTML of its own, no pictures, and links of
// the web only.
func markdown(source string) *Prose {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	src := []byte(source)
	md := goldmark.New()
	doc := md.Parser().Parse(text.NewReader(src))
	var plain strings.Builder
	var unwrap []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock && plain.Len() > 0 {
				plain.WriteByte('\n')
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			plain.Write(n.Segment.Value(src))
			if n.SoftLineBreak() || n.HardLineBreak() {
				plain.WriteByte('\n')
			}
		case *ast.Link:
			to, ok := capability.WebAddress(string(n.Destination))
			if !ok {
				unwrap = append(unwrap, n)
				break
			}
			n.Destination = []byte(to)
			n.SetAttributeString("rel", []byte(rel))
		case *ast.AutoLink:
			plain.Write(n.Label(src))
			if n.AutoLinkType == ast.AutoLinkEmail {
				break
			}
			if _, ok := capability.WebAddress(string(n.URL(src))); !ok {
				unwrap = append(unwrap, n)
				break
			}
			n.SetAttributeString("rel", []byte(rel))
		case *ast.Image:
			unwrap = append(unwrap, n)
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				plain.Write(line.Value(src))
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range unwrap {
		parent := n.Parent()
		if link, ok := n.(*ast.AutoLink); ok {
			parent.ReplaceChild(parent, n, ast.NewString([]byte(link.Label(src))))
			continue
		}
		for child := n.FirstChild(); child != nil; {
			next := child.NextSibling()
			parent.InsertBefore(parent, n, child)
			child = next
		}
		parent.RemoveChild(parent, n)
	}
	var out bytes.Buffer
	if err := md.Renderer().Render(&out, src, doc); err != nil {
		return nil
	}
	lines := strings.FieldsFunc(plain.String(), func(r rune) bool { return r == '\n' })
	return &Prose{HTML: strings.TrimSpace(out.String()), Plain: strings.Join(lines, "\n")}
}

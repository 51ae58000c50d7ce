package listed

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// prose turns a developer's Markdown into HTML: without HTML of its own, without
// pictures from elsewhere, with links of the web and mail only, and with headings
// that go on below the one that the page has.
func prose(source string) string {
	src := []byte(source)
	md := goldmark.New()
	doc := md.Parser().Parse(text.NewReader(src))
	level := 1
	var unwrap []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			level = min(n.Level+1, level+1, 6)
			n.Level = level
		case *ast.Link:
			if !linkable(string(n.Destination)) {
				unwrap = append(unwrap, n)
				break
			}
			n.SetAttributeString("rel", []byte("noopener nofollow ugc"))
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL && !linkable(string(n.URL(src))) {
				unwrap = append(unwrap, n)
				break
			}
			n.SetAttributeString("rel", []byte("noopener nofollow ugc"))
		case *ast.CodeBlock:
			n.SetAttributeString("tabindex", []byte("0"))
		case *ast.Image:
			unwrap = append(unwrap, n)
		case *ast.HTMLBlock, *ast.RawHTML:
			unwrap = append(unwrap, n)
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
		return ""
	}
	// Code that is wider than the page scrolls, and those without a mouse have to reach it.
	return strings.ReplaceAll(strings.TrimSpace(out.String()), "<pre>", `<pre tabindex="0">`)
}

func linkable(to string) bool {
	for _, scheme := range []string{"https://", "http://", "mailto:"} {
		if rest, ok := strings.CutPrefix(strings.ToLower(to), scheme); ok && rest != "" {
			return true
		}
	}
	return strings.HasPrefix(to, "#")
}

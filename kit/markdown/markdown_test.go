package markdown_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/markdown"
)

func web(to string) (string, bool) { return to, strings.HasPrefix(to, "https://") }

func TestRender(t *testing.T) {
	t.Parallel()
	plain := markdown.Rules{Link: web, Rel: "nofollow"}
	below := markdown.Rules{Link: web, Rel: "nofollow", Below: true}
	for _, c := range []struct {
		rules        markdown.Rules
		source, html string
		text         string
	}{
		{plain, "Hello *you*", "<p>Hello <em>you</em></p>", "Hello you"},
		{plain, "# A\n\n### B", "<h1>A</h1>\n<h3>B</h3>", "A\nB"},
		{below, "# A\n\n### B", "<h2>A</h2>\n<h3>B</h3>", "A\nB"},
		{plain, "[in](https://a.example) [out](javascript:alert%281%29)", `<p><a href="https://a.example" rel="nofollow">in</a> out</p>`, "in out"},
		{plain, "<ftp://a.example>", "<p>ftp://a.example</p>", "ftp://a.example"},
		{plain, "![words](https://a.example/p.png)", "<p>words</p>", "words"},
		{plain, "a <b onclick=x>c</b>", "<p>a c</p>", "a c"},
		{plain, "<script>alert(1)</script>", "", ""},
		{below, "```\nrun\n```", "<pre tabindex=\"0\"><code>run\n</code></pre>", "run"},
		{plain, "    run", "<pre><code>run\n</code></pre>", "run"},
	} {
		got := c.rules.Render(c.source)
		if got.HTML != c.html || got.Plain != c.text {
			t.Errorf("%q:\n%q, %q; want\n%q, %q", c.source, got.HTML, got.Plain, c.html, c.text)
		}
	}
}

// Whatever a stranger writes, no tag of their own and no other scheme gets through.
func FuzzRender(f *testing.F) {
	for _, s := range []string{"[a](https://a.example)", "<a href=javascript:x>", "![](x)", "`<b>`", "<https://a>", "# <x>", "[a]: javascript:x\n[a]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		html := markdown.Rules{Link: web, Rel: "nofollow", Below: true}.Render(source).HTML
		for _, bad := range []string{"<script", "<img", "<iframe", `href="javascript:`, `href="data:`} {
			if at := strings.Index(strings.ToLower(html), bad); at >= 0 {
				t.Errorf("%q in %q", bad, html)
			}
		}
	})
}

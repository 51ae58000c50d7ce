package view

import (
	"html"
	"strings"

	"github.com/guestright/guestright/manifest/value"
)

// Text is written for people, in three forms.
type Text struct {
	Plain, Markdown, HTML string
}

// text reads a text that the product gave as words, or in some of the forms under
// the names text, markdown and html. A form that is missing is made of the words.
func text(v value.Value, otherwise string) Text {
	t := Text{Plain: str(v, "text", ""), Markdown: str(v, "markdown", ""), HTML: str(v, "html", "")}
	if words, ok := v.(string); ok {
		t.Plain = words
	}
	if t == (Text{}) {
		t.Plain = otherwise
	}
	if t.Plain == "" {
		t.Plain = t.Markdown // Markdown is made to be read as it is
	}
	if t.Markdown == "" {
		t.Markdown = escapeMarkdown(t.Plain)
	}
	if t.HTML == "" {
		t.HTML = strings.ReplaceAll(html.EscapeString(t.Plain), "\n", "<br>")
	}
	return t
}

// escapeMarkdown keeps words from being read as Markdown's own signs.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_[]<>#", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

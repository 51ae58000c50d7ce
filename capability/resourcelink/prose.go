package resourcelink

import (
	"strings"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/markdown"
)

// prose keeps pages that are opened from reaching back, and search engines out.
var prose = markdown.Rules{Link: capability.WebAddress, Rel: "noopener noreferrer nofollow ugc"}

// Prose is a text in two forms.
type Prose struct {
	HTML  string `json:"html" doc:"Safe to put into a page as it is"`
	Plain string `json:"plain"`
}

func rendered(source string) *Prose {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	t := prose.Render(source)
	return &Prose{HTML: t.HTML, Plain: t.Plain}
}

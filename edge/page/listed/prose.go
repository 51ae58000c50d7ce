package listed

import (
	"strings"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/kit/markdown"
)

// developers is what their texts may hold.
var developers = markdown.Rules{Link: linkable, Rel: "noopener nofollow ugc", Below: true}

// prose turns a developer's Markdown into HTML.
func prose(source string) string { return developers.Render(source).HTML }

// linkable lets links lead into the web, to mail, and to places of the same page.
func linkable(to string) (string, bool) {
	if strings.HasPrefix(to, "#") {
		return to, true
	}
	if rest, ok := strings.CutPrefix(to, "mailto:"); ok {
		return to, rest != ""
	}
	return capability.WebAddress(to)
}

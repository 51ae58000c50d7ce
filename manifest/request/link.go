package request

import (
	"strconv"
	"strings"

	"github.com/guestright/guestright/manifest"
	"github.com/guestright/guestright/manifest/value"
)

// LinkPart is a text of a link.
type LinkPart struct {
	Text, URL  string
	Bold, Time bool
}

// LinkTexts is what a package makes of a link; what would say nothing is left out.
// The texts are as they come: whoever draws them escapes them and judges addresses.
type LinkTexts struct {
	Image, Name, Description string
	Title, Context           []LinkPart
}

// linkRoots are what the templates of a link see: what there is, nothing at all, and
// something everywhere. Of the last two one learns whether a template is only words.
func (s *Set) linkRoots(to string, metadata map[string]string) [3]*value.Object {
	name := "deepLink"
	if s.native() {
		name = "link"
	}
	have, full := value.Of(), value.Of()
	for key := range s.ResourceLink.Metadata {
		full.Set(key, "\x00")
		if v := metadata[key]; v != "" {
			have.Set(key, v)
		}
	}
	return [3]*value.Object{value.Of(name, to, "metadata", have), value.Of("metadata", value.Of()), value.Of(name, "\x00", "metadata", full)}
}

// Link renders the texts of a link; false when the package draws none. Error: *Error.
func (s *Set) Link(to string, metadata map[string]string) (LinkTexts, bool, error) {
	var out LinkTexts
	if s.ResourceLink == nil || s.ResourceLink.Blocks == nil {
		return out, false, nil
	}
	const at = "/resourceLink/blocks"
	d := &linkDrawing{s: s, roots: s.linkRoots(to, metadata)}
	b := s.ResourceLink.Blocks
	out.Image, _ = d.text(at + "/image/sourceUrl")
	out.Name, _ = d.text(at + "/name")
	out.Description, _ = d.text(at + "/description")
	if b.Title != nil {
		out.Title = d.row(at+"/title/elements", b.Title.Elements)
		if b.Title.Linked.Get() {
			for i := range out.Title {
				out.Title[i].URL = to
			}
		}
	}
	if b.Context != nil {
		out.Context = d.row(at+"/context/elements", b.Context.Elements)
	}
	return out, true, d.err
}

type linkDrawing struct {
	s     *Set
	roots [3]*value.Object
	err   error
}

// text renders the template at a place: "" when it has nothing of its own to say.
// words reports whether it names nothing that differs between links.
func (d *linkDrawing) text(at string) (out string, words bool) {
	site := d.s.sites[at]
	if site == nil || d.err != nil {
		return "", true
	}
	var made [3]string
	for i, root := range d.roots {
		b, err := site.text(root, Given{}.options())
		if err != nil {
			d.err = err
			return "", true
		}
		made[i] = strings.TrimSpace(string(b))
	}
	if made[1] == made[2] {
		return made[0], true
	}
	if made[0] == made[1] {
		return "", false
	}
	return made[0], false
}

// row renders elements. One that lacks what it shows is left out, with the words
// that lead to it: "Posted in" says nothing without a channel.
func (d *linkDrawing) row(at string, all []manifest.LinkElement) []LinkPart {
	var out, led []LinkPart
	for i, e := range all {
		here := at + "/" + strconv.Itoa(i)
		text, words := d.text(here + "/text")
		url, _ := d.text(here + "/url")
		one := LinkPart{Text: text, URL: url, Bold: e.Bold.Get(), Time: e.Time.Get()}
		switch {
		case words && !e.URL.Present():
			led = append(led, one)
		case text == "":
			led = nil
		default:
			out, led = append(append(out, led...), one), nil
		}
	}
	return append(out, led...)
}

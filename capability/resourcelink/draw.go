package resourcelink

import (
	"strconv"
	"time"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/manifest/request"
)

// Part is a piece of a line.
type Part struct {
	Text string     `json:"text"`
	URL  string     `json:"url,omitempty" doc:"http or https"`
	Bold bool       `json:"bold,omitempty"`
	Time *time.Time `json:"time,omitempty" doc:"Show this time in place of the text"`
}

// Image stands beside a link.
type Image struct {
	URL   string `json:"url" doc:"http or https"`
	Shape string `json:"shape" enum:"image,icon,avatar"`
}

// Drawn is a link as its integration wants it to be shown. What is absent is left out.
type Drawn struct {
	ID          ID        `json:"id"`
	DeepLink    string    `json:"deep_link"`
	Timestamp   time.Time `json:"timestamp"`
	Image       *Image    `json:"image,omitempty"`
	Name        string    `json:"name,omitempty"`
	Title       []Part    `json:"title" nullable:"false" doc:"Joined by spaces"`
	Context     []Part    `json:"context" nullable:"false" doc:"A line below, joined by spaces"`
	Description *Prose    `json:"description,omitempty"`
}

// Group is what one integration has to show at a resource.
type Group struct {
	Integration  string  `json:"integration,omitempty" doc:"Name of it; absent for plain links"`
	Installation string  `json:"installation,omitempty"`
	Header       string  `json:"header"`
	EmptyTitle   string  `json:"empty_title,omitempty" doc:"When there are no links"`
	EmptyText    *Prose  `json:"empty_text,omitempty"`
	Links        []Drawn `json:"links" nullable:"false"`
}

// draw draws a link; set is nil for a plain one.
func draw(l Link, set *request.Set) Drawn {
	out := Drawn{ID: l.ID, DeepLink: l.DeepLink, Timestamp: l.Timestamp, Title: []Part{}, Context: []Part{}}
	texts := request.LinkTexts{}
	if set != nil {
		// A template that fails leaves what the link says itself.
		if made, ok, err := set.Link(l.DeepLink, l.Metadata); ok && err == nil {
			texts = made
		}
	}
	if to, ok := capability.WebAddress(texts.Image); ok {
		out.Image = &Image{URL: to, Shape: "image"}
		if m := set.ResourceLink.Blocks.Image; m.Avatar.Get() {
			out.Image.Shape = "avatar"
		} else if m.Icon.Get() {
			out.Image.Shape = "icon"
		}
	}
	out.Name = texts.Name
	out.Title, out.Context = parts(out.Title, texts.Title), parts(out.Context, texts.Context)
	if len(out.Title) == 0 && out.Name == "" {
		title := l.Title
		if title == "" {
			title = l.DeepLink
		}
		out.Title = append(out.Title, Part{Text: title, URL: l.DeepLink})
	}
	if texts.Description == "" {
		texts.Description = l.Description
	}
	out.Description = rendered(texts.Description)
	return out
}

func parts(out []Part, of []request.LinkPart) []Part {
	for _, p := range of {
		one := Part{Text: p.Text, Bold: p.Bold}
		if to, ok := capability.WebAddress(p.URL); ok {
			one.URL = to
		}
		if ms, err := strconv.ParseInt(p.Text, 10, 64); p.Time && err == nil {
			at := time.UnixMilli(ms).UTC()
			one.Time, one.Text = &at, at.Format("2006-01-02 15:04")
		}
		if one.Text != "" {
			out = append(out, one)
		}
	}
	return out
}

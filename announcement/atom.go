package announcement

import (
	"encoding/xml"
	"time"
)

// The elements of a feed (RFC 4287), as far as announcements need them.
type (
	atomLink struct {
		Rel  string `xml:"rel,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID        string     `xml:"id"`
		Title     string     `xml:"title"`
		Published string     `xml:"published"`
		Updated   string     `xml:"updated"`
		Links     []atomLink `xml:"link"`
		Content   string     `xml:"content"` // plain text, the default type
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  atomAuthor  `xml:"author"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
)

// Feed is where a feed is read and what it is called.
type Feed struct {
	Name string // of the platform
	URL  string // of the feed itself
	Page string // for people
}

// Atom writes announcements as a feed.
func Atom(f Feed, list []Announcement, now time.Time) ([]byte, error) {
	out := atomFeed{ID: f.URL, Title: "Announcements of " + f.Name, Author: atomAuthor{f.Name}, Updated: now.UTC().Format(time.RFC3339),
		Links: []atomLink{{Rel: "self", Href: f.URL}, {Rel: "alternate", Href: f.Page}}}
	var newest time.Time
	for _, a := range list {
		if a.Updated.After(newest) {
			newest = a.Updated
			out.Updated = newest.UTC().Format(time.RFC3339)
		}
		link := a.Link
		if link == "" {
			link = f.Page
		}
		out.Entries = append(out.Entries, atomEntry{ID: "urn:guestright:announcement:" + a.ID.String(), Title: a.Title, Published: a.Starts.UTC().Format(time.RFC3339),
			Updated: a.Updated.UTC().Format(time.RFC3339), Links: []atomLink{{Rel: "alternate", Href: link}}, Content: a.Text})
	}
	raw, err := xml.MarshalIndent(out, "", " ")
	return append([]byte(xml.Header), raw...), err
}

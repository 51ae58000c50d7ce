package page

import "strconv"

// Link is a place to go.
type Link struct {
	Text    string
	URL     string // empty: plain text
	Icon    Icon
	Current bool // this is where the reader stands
	Count   int  // shown beside the text when above zero
}

// Section is a titled group of navigation links; the title may be empty.
type Section struct {
	Title string
	Links []Link
}

// Person is who is signed in.
type Person struct {
	Name    string
	Email   string
	Links   []Link // own pages, such as the profile
	SignOut string // where the sign-out form posts; empty hides it
}

// Inbox is the bell: where messages are and how many are unread.
type Inbox struct {
	Label  string
	URL    string
	Unread int
}

// short is the count as far as it fits in the bell.
func (i Inbox) short() string {
	if i.Unread > 99 {
		return "99+"
	}
	return strconv.Itoa(i.Unread)
}

// Choice is one entry of a Switcher.
type Choice struct {
	Text    string
	Detail  string
	URL     string
	Current bool
}

// Switcher says whose things are shown and offers the others.
type Switcher struct {
	Label   string // what is switched, such as "Account"
	Choices []Choice
	More    []Link // below the choices: all of them, a new one
}

func (s Switcher) current() Choice {
	for _, c := range s.Choices {
		if c.Current {
			return c
		}
	}
	return Choice{Text: s.Label}
}

// Flash is a message about what has just happened, shown once.
type Flash struct {
	Tone Tone
	Text string
}

// Frame is everything around a page's own content. Only Title is needed; what is left empty is not
// shown.
type Frame struct {
	Title    string // of the document; the page's Head repeats it as the first heading
	Service  string // beside the mark and in the document's title; empty: Guestright
	Home     string // where the mark leads; empty: "/"
	Areas    []Link // parts of the console this person may enter
	Sections []Section
	Switcher *Switcher
	Trail    []Link // breadcrumbs, outermost first
	Flashes  []Flash
	Inbox    *Inbox
	Person   *Person
	Theme    Theme
	Path     string // of this page, to come back to after a change of theme
	Token    string // form token for the frame's own forms
	Footer   []Link // of Bare: help, terms
}

func (f Frame) service() string {
	if f.Service == "" {
		return "Guestright"
	}
	return f.Service
}

func (f Frame) home() string {
	if f.Home == "" {
		return "/"
	}
	return f.Home
}

func (f Frame) title() string {
	if f.Title == "" {
		return f.service()
	}
	return f.Title + " · " + f.service()
}

package announcement

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies an Announcement.
type ID = ident.ID[Announcement]

// Audience says whom an announcement is for: everybody whom any part names.
type Audience struct {
	All            bool     `json:"all,omitempty" doc:"Everybody who signed in"`
	Groups         []string `json:"groups,omitempty" doc:"Developer groups, by id"`
	Plans          []string `json:"plans,omitempty" doc:"Groups on these plans"`
	Tiers          []string `json:"tiers,omitempty" doc:"Groups with these tiers of the partner programme"`
	Uses           []string `json:"uses,omitempty" doc:"Groups whose applications called these operations in the last 30 days, or whose live versions name these types of events"`
	Administrators bool     `json:"administrators,omitempty" doc:"Administrators of accounts"`
}

// Empty reports whether nobody is meant.
func (a Audience) Empty() bool {
	return !a.All && !a.Administrators && len(a.Groups)+len(a.Plans)+len(a.Tiers)+len(a.Uses) == 0
}

// Draft is what an operator writes.
type Draft struct {
	Title    string    `json:"title" maxLength:"400" doc:"One line; at most 150 characters"`
	Text     string    `json:"text" maxLength:"20000" doc:"Plain text; an empty line separates paragraphs"`
	Link     string    `json:"link,omitempty" maxLength:"1000" doc:"Where to read on: an https address"`
	Audience Audience  `json:"audience"`
	Starts   time.Time `json:"starts,omitzero" doc:"From when it is shown; absent: now"`
	Ends     time.Time `json:"ends,omitzero" doc:"Until when; absent: until it is withdrawn"`
}

// partsMost bounds each list of an audience.
const partsMost = 200

// Check returns the findings about a draft.
func (d Draft) Check(now time.Time) []problem.Field {
	var f []problem.Field
	add := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
	}
	if n := utf8.RuneCountInString(d.Title); strings.TrimSpace(d.Title) == "" || n > 150 || strings.ContainsAny(d.Title, "\r\n") {
		add("/title", "required", "Give it a title: one line of at most 150 characters.")
	}
	if n := utf8.RuneCountInString(d.Text); strings.TrimSpace(d.Text) == "" || n > 5000 {
		add("/text", "required", "Write the text, of at most 5,000 characters.")
	}
	if d.Link != "" && (!strings.HasPrefix(d.Link, "https://") || len(d.Link) > 300 || strings.ContainsAny(d.Link, " \t\r\n\"<>")) {
		add("/link", "url_invalid", "Use an address that starts with https://, of at most 300 characters.")
	}
	switch a := d.Audience; {
	case a.Empty():
		add("/audience", "required", "Say whom it is for.")
	case len(a.Groups) > partsMost || len(a.Plans) > partsMost || len(a.Tiers) > partsMost || len(a.Uses) > partsMost:
		add("/audience", "too_many", "At most 200 of each kind.")
	}
	if !d.Ends.IsZero() && (!d.Ends.After(d.Starts) || !d.Ends.After(now)) {
		add("/ends", "span", "The end is later than the begin and later than now.")
	}
	return f
}

// Announcement is something that was told.
type Announcement struct {
	ID ID `json:"id"`
	Draft
	Withdrawn time.Time `json:"withdrawn,omitzero"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	Revision  int64     `json:"revision"`
}

// IDPrefix implements ident.Named.
func (Announcement) IDPrefix() string { return "ann" }

// Shown reports whether its audience sees it at a moment.
func (a Announcement) Shown(now time.Time) bool {
	return a.Withdrawn.IsZero() && !a.Starts.After(now) && (a.Ends.IsZero() || a.Ends.After(now))
}

// change puts another text or audience in place.
func (a *Announcement) change(now time.Time, d Draft) error {
	if !a.Withdrawn.IsZero() {
		return errWithdrawn()
	}
	a.Draft, a.Updated = d, now
	return nil
}

func (a *Announcement) withdraw(now time.Time) error {
	if !a.Withdrawn.IsZero() {
		return errWithdrawn()
	}
	a.Withdrawn, a.Updated = now, now
	return nil
}

func errWithdrawn() error {
	return problem.Conflict("announcement_withdrawn", "The announcement was withdrawn.")
}

package programme

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// Agreement is a version of what developers agree to.
type Agreement struct {
	Number    int64     `json:"version"`
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	Changes   string    `json:"changes,omitempty" doc:"What is new in this version, in words"`
	Published time.Time `json:"published"`
	Deadline  time.Time `json:"deadline,omitzero" doc:"From when calls of groups that have not accepted are refused; absent: never"`

	publishedBy string
}

// agreementMost is the longest text of an agreement, in bytes.
const agreementMost = 100_000

// noticeLeast is how long groups have to accept a new version.
const noticeLeast = 7 * 24 * time.Hour

// name is how the audit log refers to the version.
func (a Agreement) name() string { return strconv.FormatInt(a.Number, 10) }

// Digest names the exact text, for the record of who accepted it.
func (a Agreement) Digest() string {
	sum := sha256.Sum256([]byte(a.Title + "\n" + a.Text))
	return hex.EncodeToString(sum[:])
}

// Due is when calls of a group stop unless it accepts: a group that was founded
// after the agreement gets as long as all others had. Zero: never.
func (a Agreement) Due(founded time.Time) time.Time {
	if a.Deadline.IsZero() || !founded.After(a.Published) {
		return a.Deadline
	}
	return founded.Add(a.Deadline.Sub(a.Published))
}

func (a Agreement) check(now time.Time) []problem.Field {
	var f []problem.Field
	if a.Title == "" || len(a.Title) > 200 {
		f = append(f, problem.Field{Pointer: "/title", Code: "required", Detail: "Give it a title of at most 200 characters."})
	}
	if a.Text == "" || len(a.Text) > agreementMost {
		f = append(f, problem.Field{Pointer: "/text", Code: "required", Detail: "Give the text, of at most 100,000 bytes."})
	}
	if tooLong(a.Changes) {
		f = append(f, problem.Field{Pointer: "/changes", Code: "too_long", Detail: "At most 2,000 characters."})
	}
	if !a.Deadline.IsZero() && a.Deadline.Before(now.Add(noticeLeast)) {
		f = append(f, problem.Field{Pointer: "/deadline", Code: "span", Detail: "Give groups at least 7 days."})
	}
	return f
}

// Acceptance is the record that a group accepted a version.
type Acceptance struct {
	Group    string    `json:"group"`
	Number   int64     `json:"version"`
	User     string    `json:"user"`
	Name     string    `json:"name" doc:"Of the person, as it was then"`
	Email    string    `json:"email"`
	Digest   string    `json:"sha256" doc:"Of title, line feed and text, as they were shown"`
	Accepted time.Time `json:"accepted"`
}

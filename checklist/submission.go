package checklist

import (
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/release"
)

// SubmissionID identifies a Submission.
type SubmissionID = ident.ID[Submission]

// The ends of a submission.
const (
	Approved  = "approved"
	SentBack  = "sent_back"
	Withdrawn = "withdrawn"
)

// Submission is a version as it was handed in once.
type Submission struct {
	ID          SubmissionID `json:"id"`
	Version     string       `json:"version"`
	Application string       `json:"application"`
	Number      int          `json:"number" doc:"Counts how often the version was handed in"`
	Submitted   time.Time    `json:"submitted"`
	SubmittedBy string       `json:"submitted_by"`
	Due         time.Time    `json:"due" doc:"Until when the operator wants to decide"`
	Ended       time.Time    `json:"ended,omitzero"`
	Outcome     string       `json:"outcome,omitempty" enum:",approved,sent_back,withdrawn" doc:"Absent: it waits"`
	Reason      string       `json:"reason,omitempty"`
	Marks       []Mark       `json:"marks" nullable:"false" doc:"What the reviewer says, item by item"`

	whole    release.Whole
	content  string
	reminded time.Time
}

// IDPrefix implements ident.Named.
func (Submission) IDPrefix() string { return "sub" }

// waits reports whether nobody has decided yet.
func (s Submission) waits() bool { return !s.ID.IsZero() && s.Ended.IsZero() }

// Overdue reports whether the operator is late.
func (s Submission) Overdue(now time.Time) bool { return s.waits() && now.After(s.Due) }

// Verdict about an item.
type Verdict string

// The verdicts.
const (
	OK            Verdict = "ok"
	Mend          Verdict = "mend"
	Waived        Verdict = "waived" // what the machine refuses may pass all the same
	NotApplicable Verdict = "not_applicable"
)

// Mark is what a reviewer says about one item.
type Mark struct {
	Item    string    `json:"item" example:"tried"`
	Verdict Verdict   `json:"verdict" enum:"ok,mend,waived,not_applicable" doc:"waived: it may pass although the machine refuses it"`
	Comment string    `json:"comment,omitempty" maxLength:"8000" doc:"For the developers; needed unless it is ok"`
	Written time.Time `json:"written,omitzero"`
	By      string    `json:"-"` // for operators

	content string // of what was looked at
}

// commentMost is the longest comment, in characters.
const commentMost = 2000

// check returns the findings about a mark.
func (m Mark) check(at string) []problem.Field {
	var f []problem.Field
	_, human := questionOf(m.Item)
	switch {
	case !human && titleOf(m.Item) == "":
		f = append(f, problem.Field{Pointer: at + "/item", Code: "unknown", Detail: "There is no such item."})
	case human && m.Verdict == Waived:
		f = append(f, problem.Field{Pointer: at + "/verdict", Code: "unknown", Detail: "Say ok, mend or not_applicable: only what the machine refuses can be waived."})
	case !human && m.Verdict == NotApplicable:
		f = append(f, problem.Field{Pointer: at + "/verdict", Code: "unknown", Detail: "Say ok, mend or waived."})
	}
	switch m.Verdict {
	case OK, Mend, Waived, NotApplicable:
	default:
		f = append(f, problem.Field{Pointer: at + "/verdict", Code: "unknown", Detail: "Say ok, mend, waived or not_applicable."})
	}
	if long := len([]rune(m.Comment)) > commentMost; long {
		f = append(f, problem.Field{Pointer: at + "/comment", Code: "too_long", Detail: "At most 2,000 characters."})
	}
	if m.Verdict != OK && m.Comment == "" {
		f = append(f, problem.Field{Pointer: at + "/comment", Code: "required", Detail: "Say what it is: the developers read it."})
	}
	return f
}

// open are the questions that keep a submission from being approved: those without an
// answer, and those whose answer is that something must be mended. What the machine
// finds nothing wrong with any more is mended.
func (s Submission) open(r Run) []release.Reason {
	by := map[string]Mark{}
	for _, m := range s.Marks {
		by[m.Item] = m
	}
	var out []release.Reason
	for _, q := range Questions {
		switch m, there := by[q.Code]; {
		case !there:
			out = append(out, release.Reason{Code: q.Code, Text: "“" + q.Title + "” has no answer yet."})
		case m.Verdict == Mend:
			out = append(out, release.Reason{Code: q.Code, Text: "“" + q.Title + "” must be mended: " + m.Comment})
		}
	}
	for _, n := range machine {
		i, _ := r.item(n.code)
		if m, there := by[n.code]; there && m.Verdict == Mend && i.Outcome != Passed && i.Outcome != Skipped {
			out = append(out, release.Reason{Code: n.code, Text: "“" + n.title + "” must be mended: " + m.Comment})
		}
	}
	return out
}

// waives reports whether a reviewer lets an item pass, having looked at this content.
func (s Submission) waives(code, content string) bool {
	for _, m := range s.Marks {
		if m.Item == code && m.Verdict == Waived && m.content == content {
			return true
		}
	}
	return false
}

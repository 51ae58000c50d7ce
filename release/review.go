package release

import (
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Step of a version's way to customers.
type Step string

// The steps that a Gate is asked about.
const (
	StepSubmit  Step = "submit"
	StepPublish Step = "publish"
)

// Reason is why a Gate refuses.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Gate can refuse a step of a version: it gives the reasons; none lets it pass.
type Gate func(tx *store.Tx, step Step, a application.Application, v Version) ([]Reason, error)

// submit hands a draft in for review. to is how far it shall reach once approved.
func (v *Version) submit(now time.Time, by string, to Stage) error {
	if !v.Editable() {
		return errNotDraft()
	}
	v.State, v.Stage, v.Submitted, v.SubmittedBy, v.Reviewer, v.Reason = Submitted, to, now, by, "", ""
	return nil
}

func (v *Version) waiting() error {
	if v.State != Submitted && v.State != InReview {
		return problem.Conflict("version_not_waiting", "The version does not wait for a review.")
	}
	return nil
}

// withdraw takes a submission back.
func (v *Version) withdraw() error {
	if err := v.waiting(); err != nil {
		return err
	}
	v.State, v.Submitted, v.SubmittedBy, v.Reviewer = Draft, time.Time{}, "", ""
	return nil
}

// take begins the review.
func (v *Version) take(reviewer string) error {
	if v.State != Submitted {
		return problem.Conflict("version_not_waiting", "Only a submitted version can be taken on.")
	}
	v.State, v.Reviewer = InReview, reviewer
	return nil
}

// Verdict of a reviewer about a version.
type Verdict struct {
	Approve bool   `json:"approve" doc:"true: it is released at once, as far as its developers asked for; false: they can mend it and submit it again"`
	Reason  string `json:"reason,omitempty" maxLength:"2000" doc:"Needed to disapprove; the developers are told. At most 500 characters."`
}

// decide ends the review.
func (v *Version) decide(now time.Time, d Verdict, reviewer string) error {
	if err := v.waiting(); err != nil {
		return err
	}
	v.Reviewer = reviewer
	if d.Approve {
		v.State, v.Released, v.Approved, v.Reason = Live, now, now, ""
		return nil
	}
	if err := reasonGiven(d.Reason); err != nil {
		return err
	}
	v.State, v.Reason = Disapproved, d.Reason
	return nil
}

// unreviewedMost is how many chosen accounts may have a version that nobody has
// reviewed, where reviews are wanted: its use is private.
const unreviewedMost = 5

// Private reports whether a stage needs no review: the developers' own sandboxes,
// and a few accounts that are named.
func (s Stage) Private() bool {
	return s.Reach == ReachOwn || s.Reach == ReachChosen && len(s.Accounts) <= unreviewedMost
}

func errNotDraft() error {
	return problem.Conflict("version_not_draft", "A released version never changes. Begin a new one.")
}

func errReview() error {
	return problem.Conflict("review_required", "The operator reviews versions before customers get them. Submit it instead, or release it to your own sandboxes and at most 5 accounts that you name.")
}

// Limits of an application's versions; zero means the default.
type Limits struct {
	Drafts int // that can be edited or wait for a review
	Lines  int // of live and deprecated versions: numbers with the same first two parts are one line
}

// The defaults.
const (
	DraftsDefault = 5
	LinesDefault  = 10
)

func (l Limits) or() Limits {
	if l.Drafts == 0 {
		l.Drafts = DraftsDefault
	}
	if l.Lines == 0 {
		l.Lines = LinesDefault
	}
	return l
}

// drafts refuses one draft too many. all are the versions that there are.
func (l Limits) drafts(all []Version) error {
	n := 0
	for _, v := range all {
		if !v.released() && v.State != Retired {
			n++
		}
	}
	if most := l.or().Drafts; n >= most {
		return problem.Conflict("version_drafts_exceeded", "There are too many drafts. Publish or discard one first.").With("limit", most)
	}
	return nil
}

// lines refuses one line too many. A repair of a line that is there always passes.
func (l Limits) lines(all []Version, add Version) error {
	line := func(v Version) [2]int { n, _ := parseNumber(v.Number); return [2]int{n[0], n[1]} }
	have := map[[2]int]bool{}
	for _, v := range all {
		if v.ID != add.ID && (v.State == Live || v.State == Deprecated) {
			have[line(v)] = true
		}
	}
	if most := l.or().Lines; !have[line(add)] && len(have) >= most {
		return problem.Conflict("version_live_exceeded", "Too many lines of versions are live. Retire one first; repairs of a line that is live always pass.").With("limit", most)
	}
	return nil
}

package release

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
)

// VerificationState says how far the operator's review of an application is.
type VerificationState string

// The states of a verification.
const (
	VerificationDraft     VerificationState = "draft"
	VerificationSubmitted VerificationState = "submitted"
	VerificationInReview  VerificationState = "in_review"
	Verified              VerificationState = "verified"
	VerificationRejected  VerificationState = "rejected"
	VerificationSuspended VerificationState = "suspended"
)

// Statement is what the developers tell the reviewers.
type Statement struct {
	Privacy  string `json:"privacy_url" maxLength:"1200" doc:"Where the privacy statement stands"`
	Security string `json:"security_contact" maxLength:"1200" doc:"Mail address for reports of security problems"`
	Data     string `json:"data_handling" maxLength:"16000" doc:"What it keeps of customers' data, where, for how long, and how it is deleted"`
	Trial    string `json:"trial,omitempty" maxLength:"16000" doc:"How reviewers can try it: a test sign-in, a recording"`
}

// statementMost is the longest text of a statement, in characters.
const statementMost = 4000

// Check returns the findings about a statement.
func (s Statement) Check() []problem.Field {
	var f []problem.Field
	add := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
	}
	switch {
	case s.Privacy == "":
		add("/privacy_url", "required", "Say where your privacy statement stands.")
	case !strings.HasPrefix(s.Privacy, "https://") || len(s.Privacy) > 300 || strings.ContainsAny(s.Privacy, " \t\r\n\"<>"):
		add("/privacy_url", "url_invalid", "Use an address that starts with https://, of at most 300 characters.")
	}
	if a, err := mail.ParseAddress(s.Security); s.Security == "" {
		add("/security_contact", "required", "Say where people report security problems.")
	} else if err != nil || a.Address != s.Security || len(s.Security) > 254 {
		add("/security_contact", "email_invalid", "Give a mail address such as security@example.com.")
	}
	for _, t := range []struct {
		at, text string
		needed   bool
	}{{"/data_handling", s.Data, true}, {"/trial", s.Trial, false}} {
		switch n := utf8.RuneCountInString(t.text); {
		case t.needed && strings.TrimSpace(t.text) == "":
			add(t.at, "required", "Say what you keep, where, for how long, and how it is deleted.")
		case n > statementMost:
			add(t.at, "too_long", "At most 4,000 characters.")
		case !utf8.ValidString(t.text):
			add(t.at, "not_text", "This is not valid text.")
		}
	}
	return f
}

// Snapshot is what a review covered. It goes on holding after a change; what is
// new waits for the next review.
type Snapshot struct {
	Redirects []string  `json:"redirect_uris" nullable:"false"`
	Scopes    []string  `json:"scopes" nullable:"false"`
	Group     string    `json:"group"`
	At        time.Time `json:"at"`
}

// covers reports whether everything of o is part of s.
func (s Snapshot) covers(o Snapshot) bool {
	return s.Group == o.Group && within(o.Redirects, s.Redirects) && within(o.Scopes, s.Scopes)
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(x string) bool { return !slices.Contains(all, x) })
}

// Verification is the operator's review of one application. The zero State
// reads as draft: nobody asked for a review yet.
type Verification struct {
	Application string            `json:"application"`
	State       VerificationState `json:"state" enum:"draft,submitted,in_review,verified,rejected,suspended"`
	Reason      string            `json:"reason,omitempty" doc:"Why it was rejected or suspended, or why it must be reviewed again"`
	Since       time.Time         `json:"since,omitzero" doc:"When it came into this state"`
	Statement   Statement         `json:"statement"`
	Covered     *Snapshot         `json:"covered,omitempty" doc:"What the last successful review covered; that goes on holding while changes wait for the next one"`
	SubmittedBy string            `json:"submitted_by,omitempty"`
	Reviewer    string            `json:"-"` // who took it on, for operators
	Note        string            `json:"-"` // of reviewers to one another, for operators
	Revision    int64             `json:"revision"`
}

// Holds reports whether people outside the developer group, and accounts that
// are not its sandboxes, may use the application as it was verified.
func (v Verification) Holds() bool { return v.Covered != nil && v.State != VerificationSuspended }

// Use is what somebody outside wants to do with an application.
type Use struct {
	Group    string   // that owns it now
	Redirect string   // where the answer would go; "" when it goes nowhere
	Scopes   []string // that are asked for
}

// Covers reports whether the last review covered this use.
func (v Verification) Covers(u Use) bool {
	if !v.Holds() || v.Covered.Group != u.Group {
		return false
	}
	return within(u.Scopes, v.Covered.Scopes) && (u.Redirect == "" || application.Client{RedirectURIs: v.Covered.Redirects}.Redirects(u.Redirect))
}

// Vouches reports whether the operator has reviewed a version with all that it asks
// for, at its application or by approving it, and since when. An approval holds for
// the group that owned the application then.
func (v Verification) Vouches(group string, of Version) (time.Time, bool) {
	if v.Covers(Use{Group: group, Scopes: of.Scopes()}) {
		return v.VerifiedSince(), true
	}
	approved := !of.Approved.IsZero() && of.approvedFor == group && v.State != VerificationSuspended
	if !approved {
		return time.Time{}, false
	}
	return of.Approved, true
}

// VerifiedSince is when the last successful review was; zero: it does not hold.
func (v Verification) VerifiedSince() time.Time {
	if !v.Holds() {
		return time.Time{}
	}
	return v.Covered.At
}

func (v *Verification) become(now time.Time, s VerificationState, reason string) {
	v.State, v.Since, v.Reason = s, now, reason
}

// Submit asks for a review.
func (v *Verification) Submit(now time.Time, s Statement, by string) error {
	switch v.State {
	case VerificationDraft, VerificationRejected:
	case Verified:
		return problem.Conflict("verification_done", "The application is verified as it is. Ask again when something has changed.")
	case VerificationSuspended:
		return problem.Forbidden("verification_suspended", "The operator has suspended the verification. Answer the reason first; the operator lifts it.")
	default:
		return problem.Conflict("verification_waiting", "A review has been asked for already.")
	}
	v.Statement, v.SubmittedBy, v.Reviewer = s, by, ""
	v.become(now, VerificationSubmitted, "")
	return nil
}

// Withdraw takes a submission back.
func (v *Verification) Withdraw(now time.Time) error {
	if v.State != VerificationSubmitted && v.State != VerificationInReview {
		return problem.Conflict("verification_not_waiting", "There is no review to take back.")
	}
	v.Reviewer = ""
	v.become(now, VerificationDraft, "")
	return nil
}

// Take begins the review.
func (v *Verification) Take(now time.Time, reviewer string) error {
	if v.State != VerificationSubmitted {
		return problem.Conflict("verification_not_submitted", "Only a submitted application can be taken on.")
	}
	v.Reviewer = reviewer
	v.become(now, VerificationInReview, "")
	return nil
}

// Decide ends the review. present is what the application is now.
func (v *Verification) Decide(d Decision, present Snapshot) error {
	if v.State != VerificationInReview && v.State != VerificationSubmitted {
		return problem.Conflict("verification_not_waiting", "There is no review to decide.")
	}
	v.Note = d.Note
	if d.Verify {
		v.Covered = &present
		v.become(present.At, Verified, "")
		return nil
	}
	if err := reasonGiven(d.Reason); err != nil {
		return err
	}
	v.become(present.At, VerificationRejected, d.Reason)
	return nil
}

// Decision of a reviewer.
type Decision struct {
	Verify   bool   `json:"verify" doc:"false rejects"`
	Reason   string `json:"reason,omitempty" maxLength:"2000" doc:"Needed to reject; the developers are told"`
	Note     string `json:"note,omitempty" maxLength:"8000" doc:"For other operators only"`
	Revision int64  `json:"revision" doc:"The revision that was looked at: a change since then must be looked at first"`
}

// Suspend ends every use outside the group's own sandboxes.
// approved: the operator has approved a version of the application.
func (v *Verification) Suspend(now time.Time, reason string, approved bool) error {
	if err := reasonGiven(reason); err != nil {
		return err
	}
	if v.Covered == nil && !approved || v.State == VerificationSuspended {
		return problem.Conflict("verification_not_verified", "Only a verified application can be suspended.")
	}
	v.become(now, VerificationSuspended, reason)
	return nil
}

// Lift ends the suspension; what has changed meanwhile still needs a review.
func (v *Verification) Lift(present Snapshot) error {
	if v.State != VerificationSuspended {
		return problem.Conflict("verification_not_suspended", "The verification is not suspended.")
	}
	if v.Covered == nil { // only versions were approved
		v.become(present.At, VerificationDraft, "")
		return nil
	}
	v.become(present.At, Verified, "")
	v.lapse(present)
	return nil
}

// lapse asks for the next review when the application is not what was reviewed
// any more; it reports whether anything changed. A review under way begins anew,
// since what was looked at is not what would be verified.
func (v *Verification) lapse(present Snapshot) bool {
	switch v.State {
	case Verified:
		if v.Covered.covers(present) {
			return false
		}
		v.become(present.At, VerificationDraft, "Changed since the last review: "+strings.Join(v.Covered.differences(present), ", ")+".")
		return true
	case VerificationInReview, VerificationSubmitted:
		v.Reviewer = ""
		v.become(present.At, VerificationSubmitted, "The application was changed after it was submitted.")
		return true
	}
	return false
}

func (s Snapshot) differences(o Snapshot) []string {
	var out []string
	if s.Group != o.Group {
		out = append(out, "the developer group that owns it")
	}
	if !within(o.Redirects, s.Redirects) {
		out = append(out, "its redirect URIs")
	}
	if !within(o.Scopes, s.Scopes) {
		out = append(out, "the scopes that it asks for")
	}
	return out
}

func reasonGiven(reason string) error {
	if n := utf8.RuneCountInString(reason); strings.TrimSpace(reason) == "" || n > 500 {
		return problem.Invalid("reason_required", "Say why, in at most 500 characters: the developers are told.",
			problem.Field{Pointer: "/reason", Code: "required", Detail: "Give a reason."})
	}
	return nil
}

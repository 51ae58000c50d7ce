package programme

import (
	"maps"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// RequestID identifies a Request.
type RequestID = ident.ID[Request]

// RequestState says how far a request is.
type RequestState string

// The states of a request.
const (
	Pending   RequestState = "pending" // waits for the operator
	Asked     RequestState = "asked"   // waits for the developers' answer
	Granted   RequestState = "granted"
	Refused   RequestState = "refused"
	Withdrawn RequestState = "withdrawn"
	Ended     RequestState = "ended" // was granted, and holds no more
)

// Ask is what a group wants and why.
type Ask struct {
	Purpose    string `json:"purpose" maxLength:"8000" doc:"What its integrations do for customers"`
	Operations string `json:"operations" maxLength:"8000" doc:"Which operations of the API they call most, and when"`
	Sites      int64  `json:"expected_sites" doc:"Accounts in which they will be installed within a year"`
	Calls      int64  `json:"expected_calls_per_day" doc:"Calls on a busy day, over all accounts"`
	Contact    string `json:"contact" maxLength:"1000" doc:"Mail address that the operator reaches when something goes wrong"`
}

const (
	textMost   = 2000 // characters of a text that people read
	expectMost = 1_000_000_000_000
)

// Check returns the findings about what is asked.
func (a Ask) Check() []problem.Field {
	var f []problem.Field
	add := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
	}
	for _, t := range []struct{ at, text, missing string }{
		{"/purpose", a.Purpose, "Say what your integrations do for customers."},
		{"/operations", a.Operations, "Say what you call most, and whether it comes in bursts."},
	} {
		switch {
		case strings.TrimSpace(t.text) == "":
			add(t.at, "required", t.missing)
		case tooLong(t.text):
			add(t.at, "too_long", "At most 2,000 characters.")
		}
	}
	if a.Sites < 1 || a.Sites > expectMost {
		add("/expected_sites", "out_of_range", "Give a whole number, at least 1.")
	}
	if a.Calls < 1 || a.Calls > expectMost {
		add("/expected_calls_per_day", "out_of_range", "Give a whole number, at least 1.")
	}
	if f2 := contactFault("/contact", a.Contact); f2 != nil {
		f = append(f, *f2)
	}
	return f
}

func tooLong(text string) bool {
	return utf8.RuneCountInString(text) > textMost || !utf8.ValidString(text)
}

func contactFault(pointer, address string) *problem.Field {
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address || len(address) > 254 {
		return &problem.Field{Pointer: pointer, Code: "email_invalid", Detail: "Give a mail address such as team@example.com."}
	}
	return nil
}

// Turn is a question of the operator or the developers' answer.
type Turn struct {
	At       time.Time `json:"at"`
	Operator bool      `json:"operator" doc:"The operator asked; otherwise the developers answered"`
	By       string    `json:"-"` // for operators
	Text     string    `json:"text"`
}

// Request is a group's wish for production settings.
type Request struct {
	ID          RequestID        `json:"id"`
	Group       string           `json:"group"`
	State       RequestState     `json:"state" enum:"pending,asked,granted,refused,withdrawn,ended"`
	Ask         Ask              `json:"ask"`
	Turns       []Turn           `json:"turns" nullable:"false" doc:"Questions of the operator and the answers"`
	Submitted   time.Time        `json:"submitted"`
	SubmittedBy string           `json:"submitted_by"`
	Due         time.Time        `json:"due,omitzero" doc:"Until when the operator wants to decide; absent while nobody waits for the operator"`
	Reason      string           `json:"reason,omitempty" doc:"Of the decision"`
	Plan        string           `json:"plan,omitempty" doc:"The granted plan; absent when the group keeps its own"`
	Limits      map[string]int64 `json:"limits,omitempty" doc:"Granted values, by name of the limit"`
	Decided     time.Time        `json:"decided,omitzero"`
	Ends        time.Time        `json:"ends,omitzero" doc:"When what was granted ends and the limits of before hold again; absent: never"`
	Revision    int64            `json:"revision" doc:"Counts changes; decisions name the one that was looked at"`

	decidedBy string
	reminded  time.Time
}

// IDPrefix implements ident.Named.
func (Request) IDPrefix() string { return "prd" }

// Open reports whether the request still waits for somebody.
func (r Request) Open() bool { return r.State == Pending || r.State == Asked }

// Overdue reports whether the operator is late.
func (r Request) Overdue(now time.Time) bool {
	return r.State == Pending && !r.Due.IsZero() && r.Due.Before(now)
}

func errNotOpen() error {
	return problem.Conflict("production_not_open", "No request waits for a decision.")
}

// Question asks the developers back; the clock of the operator rests until they answer.
func (r *Request) Question(now time.Time, by, text string) error {
	if r.State != Pending {
		return errNotOpen()
	}
	if err := wanted("/question", text, "Say what you want to know: the developers read it."); err != nil {
		return err
	}
	r.State, r.Due, r.reminded = Asked, time.Time{}, time.Time{}
	r.Turns = append(r.Turns, Turn{At: now, Operator: true, By: by, Text: text})
	return nil
}

// Answer gives the operator the word again, with a new time to decide.
func (r *Request) Answer(now time.Time, by, text string, due time.Time) error {
	if r.State != Asked {
		return problem.Conflict("production_not_asked", "The operator has not asked anything.")
	}
	if err := wanted("/answer", text, "Answer the question first."); err != nil {
		return err
	}
	r.State, r.Due = Pending, due
	r.Turns = append(r.Turns, Turn{At: now, By: by, Text: text})
	return nil
}

// Withdraw takes the request back.
func (r *Request) Withdraw(now time.Time, by string) error {
	if !r.Open() {
		return errNotOpen()
	}
	r.decide(now, by, Withdrawn, "")
	return nil
}

// Refuse ends the request with a reason.
func (r *Request) Refuse(now time.Time, by, reason string) error {
	if !r.Open() {
		return errNotOpen()
	}
	if err := wanted("/reason", reason, "Say why: the developers are told."); err != nil {
		return err
	}
	r.decide(now, by, Refused, reason)
	return nil
}

// Decision is what an operator grants.
type Decision struct {
	Plan     string           `json:"plan,omitempty" maxLength:"60" doc:"A plan of the catalog; absent: the group keeps its own"`
	Limits   map[string]int64 `json:"limits,omitempty" doc:"Values of its own, by name of the limit; sites for installations"`
	Reason   string           `json:"reason" maxLength:"8000" doc:"Why; the developers read it"`
	Ends     time.Time        `json:"ends,omitzero" doc:"When it ends and the limits of before hold again; absent: never"`
	Revision int64            `json:"revision" doc:"The revision of the request that was looked at"`
}

// Grant gives the group what the decision names.
func (r *Request) Grant(now time.Time, by string, d Decision) error {
	if !r.Open() {
		return errNotOpen()
	}
	if d.Plan == "" && len(d.Limits) == 0 {
		return problem.Invalid("programme_invalid", "Say what is granted.",
			problem.Field{Pointer: "/plan", Code: "required", Detail: "Choose a plan, or give at least one limit a value."})
	}
	if err := wanted("/reason", d.Reason, "Say why: the developers and later operators read it."); err != nil {
		return err
	}
	if !d.Ends.IsZero() && !d.Ends.After(now) {
		return problem.Invalid("programme_invalid", "The end has passed already.",
			problem.Field{Pointer: "/ends", Code: "span", Detail: "The end must be later than now."})
	}
	r.Plan, r.Limits, r.Ends = d.Plan, maps.Clone(d.Limits), d.Ends
	r.decide(now, by, Granted, d.Reason)
	return nil
}

// end closes a grant whose time is over, or that another one replaces.
func (r *Request) end(reason string) { r.State, r.Reason = Ended, reason }

func (r *Request) decide(now time.Time, by string, to RequestState, reason string) {
	r.State, r.Reason, r.Decided, r.decidedBy, r.Due, r.reminded = to, reason, now, by, time.Time{}, time.Time{}
}

func wanted(pointer, text, missing string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return problem.Invalid("programme_invalid", missing, problem.Field{Pointer: pointer, Code: "required", Detail: missing})
	case tooLong(text):
		return problem.Invalid("programme_invalid", "The text is too long.", problem.Field{Pointer: pointer, Code: "too_long", Detail: "At most 2,000 characters."})
	}
	return nil
}

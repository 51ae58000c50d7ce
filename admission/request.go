package admission

import (
	"strings"
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a Request.
type ID = ident.ID[Request]

// State of a request.
type State string

// The states.
const (
	Waiting   State = "open"
	Approved  State = "approved"
	Denied    State = "denied"
	Withdrawn State = "withdrawn"
)

// Request is somebody's wish that an application be installed.
type Request struct {
	ID           ID        `json:"id"`
	Account      string    `json:"account"`
	Application  string    `json:"application"`
	Version      string    `json:"version" doc:"The version that was looked at"`
	Scopes       []string  `json:"scopes" nullable:"false" doc:"What was asked for; an approval grants exactly these"`
	Reason       string    `json:"reason"`
	State        State     `json:"state" enum:"open,approved,denied,withdrawn"`
	AskedBy      string    `json:"asked_by"`
	Created      time.Time `json:"created"`
	Answer       string    `json:"answer,omitempty" doc:"What was said to it"`
	AnsweredBy   string    `json:"answered_by,omitempty"`
	Answered     time.Time `json:"answered,omitzero"`
	Installation string    `json:"installation,omitempty" doc:"What came of it"`
}

// IDPrefix implements ident.Named.
func (Request) IDPrefix() string { return "irq" }

// Wish is what somebody sends who asks.
type Wish struct {
	ApplicationID string   `json:"application_id" maxLength:"500" doc:"The application ID that the developer gave"`
	Scopes        []string `json:"scopes,omitempty" maxItems:"500" doc:"What is to be granted; all that the version requires when absent"`
	Reason        string   `json:"reason" maxLength:"2000" doc:"What it is for; at most 500 characters"`
}

// textMost bounds reasons and answers, in bytes.
const textMost = 500

func words(text, pointer, detail string) error {
	if strings.TrimSpace(text) == "" || len(text) > textMost {
		return problem.Invalid("reason_required", detail, problem.Field{Pointer: pointer, Code: "required", Detail: detail})
	}
	return nil
}

// settle ends a request.
func (r *Request) settle(now time.Time, to State, by, answer string) error {
	if r.State != Waiting {
		return problem.Conflict("installation_request_closed", "This request was answered or taken back already.").With("state", string(r.State))
	}
	r.State, r.Answered, r.AnsweredBy, r.Answer = to, now, by, strings.TrimSpace(answer)
	return nil
}

package approval

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// Name is what a package calls the capability.
const Name = "changeApproval"

// Actions of this slice; people need those of the configuration.
const (
	ActionAsk  = "approval:ask"
	ActionView = "approval:view"
)

// ID identifies an Approval.
type ID = ident.ID[Approval]

// State says how an approval stands.
type State string

// The states; see the package.
const (
	Sending   State = "sending"
	NotSent   State = "not_sent"
	Pending   State = "pending"
	Approved  State = "approved"
	Declined  State = "declined"
	Applied   State = "applied"
	Failed    State = "failed"
	Withdrawn State = "withdrawn"
	Lost      State = "lost"
)

// open are the states in which something may still happen.
var open = []State{Sending, NotSent, Pending, Approved, Failed}

// What the partner has to be told after the end of an approval: nothing, or it is
// about to hear, has heard, or has not heard for good.
const (
	tellNothing = ""
	tellWaiting = "waiting"
	tellDone    = "done"
	tellFailed  = "failed"
)

// Approval is a change that waits for a decision, or has had one.
type Approval struct {
	ID            ID        `json:"id"`
	Account       string    `json:"account"`
	Configuration string    `json:"configuration"`
	Installation  string    `json:"installation"`
	Integration   string    `json:"integration" doc:"Name of the integration that decides"`
	Subject       string    `json:"subject" doc:"The resource that is to be changed, as policies name it"`
	State         State     `json:"state" enum:"sending,not_sent,pending,approved,declined,applied,failed,withdrawn,lost" doc:"not_sent: the partner could not be asked; approved: the product is asked to carry it out; failed: the product did not; lost: the partner does not know it any more"`
	Title         string    `json:"title" doc:"What is to be changed, for people"`
	Description   string    `json:"description,omitempty" doc:"What the person who asks says"`
	Requester     Requester `json:"requester"`
	Page          string    `json:"page,omitempty" doc:"Of the product, where the change waits"`
	Link          string    `json:"link,omitempty" doc:"Of the partner, where people decide"`
	Status        string    `json:"status,omitempty" doc:"What the partner last said, in its own words"`
	External      string    `json:"external,omitempty" doc:"The partner's id of it"`
	Created       time.Time `json:"created"`
	Checked       time.Time `json:"checked,omitzero" doc:"When the partner last said how it stands"`
	Decided       time.Time `json:"decided,omitzero"`
	Closed        time.Time `json:"closed,omitzero"`
	Fault         string    `json:"fault,omitempty" doc:"Why the last call or the change failed"`
	Failures      int       `json:"failures,omitempty" doc:"How many calls in a row have failed"`
	Told          string    `json:"told,omitempty" enum:",waiting,done,failed" doc:"Whether the partner has heard that the change was applied, or the request withdrawn"`
	Calls         []Call    `json:"calls,omitempty" doc:"To the partner, the newest first; when one approval is read"`

	change       json.RawMessage // as the product tells of changes
	instructions json.RawMessage // what the product gets back
	history      string          // address of the resource's changes, for people
	fields       secret.Text     // JSON: what was filled in with the request
	opened       secret.Text     // what the partner answered when it was opened
	requester    string          // the partner's id of the requester
	value        string          // of the status
	task         string
	next         time.Time // when the partner is asked again
	by           string
}

// IDPrefix implements ident.Named.
func (Approval) IDPrefix() string { return "apr" }

// Requester is the person who wants the change.
type Requester struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

// CallID identifies a Call.
type CallID = ident.ID[Call]

// Call is one call to the partner.
type Call struct {
	ID      CallID    `json:"id"`
	Name    string    `json:"name" doc:"open, status, applied or withdrawn"`
	Method  string    `json:"method"`
	Host    string    `json:"host" doc:"That was called; the rest of the address may hold secrets"`
	At      time.Time `json:"at"`
	Status  int       `json:"status,omitempty" doc:"HTTP status of the answer; absent without one"`
	Failure string    `json:"failure,omitempty" doc:"Why there was no answer, or what is wrong with it"`
}

// IDPrefix implements ident.Named.
func (Call) IDPrefix() string { return "apc" }

// unfinished is the failure of a call that nobody saw the end of.
const unfinished = "unfinished"

const (
	checkEvery   = 5 * time.Minute
	callsKept    = 50 // of one approval
	callWithin   = 15 * time.Second
	alarmAfter   = 3 // checks in a row that have failed, and people are told
	changeMost   = 64 << 10
	instructMost = 128 << 10
	openedMost   = 256 << 10
	wordsMost    = 4000
	addressMost  = 2048
	keep         = 400 * 24 * time.Hour
)

// Open reports whether something may still happen.
func (a *Approval) Open() bool { return slices.Contains(open, a.State) }

// Withdrawable reports whether it may be taken back: not while the product is
// carrying it out, nor after the end.
func (a *Approval) Withdrawable() bool {
	return a.State == Sending || a.State == NotSent || a.State == Pending || a.State == Failed
}

// errState is the answer to what this state does not allow.
func errState(detail string) error { return problem.Conflict("approval_state", detail) }

// close ends it.
func (a *Approval) close(now time.Time, s State) {
	a.State, a.Closed, a.next = s, now, time.Time{}
}

// wait has the partner asked again: at the whole minute, when the look-out for what
// is due takes place.
func (a *Approval) wait(now time.Time, least time.Duration) {
	a.next = now.Add(max(checkEvery, min(least, 24*time.Hour))).Truncate(time.Minute)
}

// asksWell reports that the partner has answered in a way that can be read.
func (a *Approval) asksWell(now time.Time, s Standing) {
	a.Checked, a.value, a.Status, a.Fault, a.Failures = now, s.Value, s.Label, "", 0
}

// fails notes a call that says nothing about the decision.
func (a *Approval) fails(why string) {
	a.Failures++
	a.Fault = why
}

// Resource is how policies of an account name an approval: it is the
// configuration's.
func (a *Approval) resource() access.Resource {
	return access.On("account", a.Account, "installation", a.Installation, "configuration", a.Configuration)
}

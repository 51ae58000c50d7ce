package trigger

import (
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// Name is what a package calls the capability.
const Name = "inboundTrigger"

// ID identifies a Trigger.
type ID = ident.ID[Trigger]

// Status says how a trigger does.
type Status string

// The states: it works; it is switched off, or its integration does not work; the
// product did not do what it last asked for.
const (
	Active   Status = "active"
	Inactive Status = "inactive"
	Failed   Status = "failed"
)

// Trigger is one address, and what a call to it does.
type Trigger struct {
	ID            ID        `json:"id"`
	Configuration string    `json:"configuration"`
	Account       string    `json:"account"`
	Description   string    `json:"description,omitempty"`
	Subject       string    `json:"subject" doc:"The resource, as policies name it"`
	Kind          string    `json:"kind" doc:"Kind of the resource in the catalog"`
	Instruction   string    `json:"instruction" doc:"What the product does to it"`
	Enabled       bool      `json:"enabled"`
	Status        Status    `json:"status" enum:"active,inactive,failed" doc:"inactive: switched off, or the integration does not work now; failed: the product did not do what was last asked for"`
	Hint          string    `json:"hint" doc:"Last four characters of the address"`
	Count         int64     `json:"count" doc:"How often it was called, without tests"`
	Tests         int64     `json:"tests" doc:"How often it was called to try it"`
	LastTriggered time.Time `json:"last_triggered,omitzero" doc:"By a call that was no test"`
	LastDone      time.Time `json:"last_done,omitzero" doc:"When the product last did what was asked"`
	LastFailed    time.Time `json:"last_failed,omitzero"`
	Fault         string    `json:"fault,omitempty" doc:"Why the product did not do what was last asked for"`
	Recent        []Call    `json:"recent,omitempty" doc:"The last ten calls, the newest first"`
	CreatedBy     string    `json:"created_by"`
	Created       time.Time `json:"created"`

	application string
	digest      secret.Digest
	shared      string // sealed: what the caller shows besides the address; "" for none
	done        int64
	failures    int64
	since       time.Time // beginning of the minute of calls that are counted for the limit
	used        int
}

// IDPrefix implements ident.Named.
func (Trigger) IDPrefix() string { return "trg" }

// Call is one call as it is remembered.
type Call struct {
	At      time.Time `json:"at"`
	Event   string    `json:"event" doc:"Name of the event at the caller"`
	Value   string    `json:"value,omitempty"`
	URL     string    `json:"url,omitempty"`
	Test    bool      `json:"test,omitempty" doc:"It changed nothing"`
	Task    string    `json:"task,omitempty" doc:"Id of the product's task"`
	Outcome string    `json:"outcome,omitempty" doc:"done, or failed; absent while it waits"`
	Body    string    `json:"body,omitempty" doc:"JSON that was sent, at most 4 KiB of it; absent when it was none"`
	Cut     bool      `json:"cut,omitempty" doc:"There was more of it"`
}

const (
	recentMost      = 10
	bodyKept        = 4 << 10
	descriptionMost = 200
	// triggersMost is how many triggers a configuration may have.
	triggersMost = 100
	// A trigger fires so often in a minute, so that an alert that flaps does not
	// make the product flap.
	callsMost  = 10
	callsEvery = time.Minute
	// fireWithin is how long a task may wait: an alert of yesterday turns nothing off.
	fireWithin = time.Hour
)

// admit counts a call, unless there are too many. Error: Limited `trigger_limit`.
func (t *Trigger) admit(now time.Time) error {
	if now.Sub(t.since) >= callsEvery || now.Before(t.since) {
		t.since, t.used = now, 0
	}
	if t.used >= callsMost {
		return problem.Limited("trigger_limit", "A trigger may be called ten times in a minute.", t.since.Add(callsEvery).Sub(now))
	}
	t.used++
	return nil
}

// called writes a call down.
func (t *Trigger) called(c Call) {
	if c.Test {
		t.Tests++
	} else {
		t.Count++
		t.LastTriggered = c.At
	}
	t.Recent = append([]Call{c}, t.Recent[:min(len(t.Recent), recentMost-1)]...)
}

// answered writes down what became of a call.
func (t *Trigger) answered(now time.Time, task, fault string) {
	outcome := "done"
	if fault == "" {
		t.LastDone, t.Fault = now, ""
		t.done++
	} else {
		outcome, t.LastFailed, t.Fault = "failed", now, fault
		t.failures++
	}
	for i := range t.Recent {
		if t.Recent[i].Task == task {
			t.Recent[i].Outcome = outcome
		}
	}
}

// status is how it does; live: its integration works.
func (t *Trigger) status(live bool) Status {
	switch {
	case !t.Enabled || !live:
		return Inactive
	case t.Fault != "":
		return Failed
	}
	return Active
}

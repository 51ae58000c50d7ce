package programme

import (
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// AccessState says how far a group's access to a preview is.
type AccessState string

// The states of access.
const (
	AccessPending AccessState = "pending"
	AccessGranted AccessState = "granted"
	AccessRefused AccessState = "refused"
)

// Access is a group's wish for a preview, and what came of it.
type Access struct {
	Group    string      `json:"group"`
	Preview  string      `json:"preview"`
	State    AccessState `json:"state" enum:"pending,granted,refused"`
	Why      string      `json:"why" doc:"What the group wants it for"`
	Asked    time.Time   `json:"asked"`
	Reason   string      `json:"reason,omitempty" doc:"Of the decision"`
	Decided  time.Time   `json:"decided,omitzero"`
	Ends     time.Time   `json:"ends,omitzero" doc:"When access ends by itself; absent: never"`
	Revision int64       `json:"revision"`

	askedBy, decidedBy string
}

// Holds reports whether the access opens anything at a moment.
func (a Access) Holds(now time.Time) bool {
	return a.State == AccessGranted && (a.Ends.IsZero() || a.Ends.After(now))
}

// ask makes a new wish out of what there was.
func (a *Access) ask(now time.Time, by, why string) error {
	if a.State == AccessPending {
		return problem.Conflict("preview_asked", "The group has asked already. Wait for the operator.")
	}
	if a.Holds(now) {
		return problem.Conflict("preview_enabled", "The group may use this already.")
	}
	if err := wanted("/why", why, "Say what you want to build with it."); err != nil {
		return err
	}
	a.State, a.Why, a.Asked, a.askedBy, a.Reason, a.Decided, a.decidedBy, a.Ends = AccessPending, why, now, by, "", time.Time{}, "", time.Time{}
	return nil
}

// AccessDecision is what an operator decides about access to a preview.
type AccessDecision struct {
	Grant    bool      `json:"grant" doc:"false refuses, or takes away what was granted"`
	Reason   string    `json:"reason,omitempty" maxLength:"8000" doc:"Needed to refuse; the developers are told"`
	Ends     time.Time `json:"ends,omitzero" doc:"When access ends by itself; absent: never"`
	Revision int64     `json:"revision" doc:"The revision that was looked at"`
}

func (a *Access) decide(now time.Time, by string, d AccessDecision) error {
	if a.State == AccessRefused || d.Grant && a.Holds(now) {
		return problem.Conflict("preview_not_asked", "There is nothing to decide: nobody waits for it.")
	}
	if !d.Grant {
		if err := wanted("/reason", d.Reason, "Say why: the developers are told."); err != nil {
			return err
		}
		a.State = AccessRefused
	} else {
		if !d.Ends.IsZero() && !d.Ends.After(now) {
			return problem.Invalid("programme_invalid", "The end has passed already.", problem.Field{Pointer: "/ends", Code: "span", Detail: "The end must be later than now."})
		}
		a.State = AccessGranted
	}
	a.Reason, a.Decided, a.decidedBy, a.Ends = d.Reason, now, by, d.Ends
	return nil
}

package snapshotpush

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/guestright/guestright/capability"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies a Target.
type ID = ident.ID[Target]

// Status says how a target does.
type Status string

// The states: the newest data has arrived; it is on its way, or there is none yet; it
// does not get through and is tried again; something has to be filled in; it is
// switched off, or its integration does not work.
const (
	Current    Status = "current"
	Waiting    Status = "waiting"
	Failing    Status = "failing"
	Incomplete Status = "incomplete"
	Inactive   Status = "inactive"
)

// Target is where the data of one resource goes.
type Target struct {
	ID            ID                 `json:"id"`
	Configuration string             `json:"configuration"`
	Account       string             `json:"account"`
	Resource      string             `json:"resource" doc:"Whose data goes there, as policies name it"`
	Enabled       bool               `json:"enabled"`
	Values        map[string]any     `json:"values" doc:"What was filled in, by the field's key. A stored secret shows as ••••••••"`
	Needs         []problem.Field    `json:"needs,omitempty" doc:"What has to be filled in before it works"`
	Status        Status             `json:"status" enum:"current,waiting,failing,incomplete,inactive" doc:"current: the newest data has arrived; waiting: it is on its way, or there is none yet; failing: it does not get through, and is tried again; incomplete: something has to be filled in; inactive: switched off, or the integration does not work now"`
	Version       *int64             `json:"version,omitempty" doc:"Of the data that arrived last"`
	Pushed        time.Time          `json:"pushed,omitzero" doc:"When it did"`
	Next          time.Time          `json:"next,omitzero" doc:"When it is tried again"`
	Successes     int64              `json:"successes"`
	Failures      int64              `json:"failures"`
	LastFailure   time.Time          `json:"last_failure,omitzero"`
	Errors        []capability.Fault `json:"errors,omitempty" doc:"The latest, newest first"`
	CreatedBy     string             `json:"created_by"`
	Created       time.Time          `json:"created"`

	application string
	live        bool
	sheet       configuration.Sheet
	wanted      int64
	reached     int64
	attempts    int
}

// IDPrefix implements ident.Named.
func (Target) IDPrefix() string { return "tgt" }

// bound names the row that secrets are sealed for.
func (t Target) bound() string { return "snapshotpush_target|" + t.ID.String() }

const (
	targetsMost = 20 // of one configuration
	errorsMost  = 5
	// A push that failed is tried again after retryFirst, then after twice as long each
	// time, at last each retryMost; or when the partner says, within retryAfter.
	retryFirst, retryMost = 5 * time.Second, time.Hour
	retryAfter            = 24 * time.Hour
	// refreshAfter is how old a push may be before it is made again: what somebody has
	// deleted or changed at the partner comes back.
	refreshAfter = 24 * time.Hour
)

// works reports whether it is to be pushed to.
func (t Target) works() bool { return t.live && t.Enabled }

// status is how it does; known: there is data.
func (t Target) status(known bool) Status {
	switch {
	case !t.works():
		return Inactive
	case len(t.Needs) > 0:
		return Incomplete
	case t.attempts > 0:
		return Failing
	case known && t.reached == t.wanted:
		return Current
	}
	return Waiting
}

// want notes a reason to push, at once.
func (t *Target) want() {
	t.wanted++
	t.attempts, t.Next = 0, time.Time{}
}

// arrived notes a push that the partner took; wanted is the target's at its beginning.
func (t *Target) arrived(s Snapshot, wanted int64, now time.Time) {
	t.Version, t.Pushed, t.reached = &s.Version, now, wanted
	t.attempts, t.Next = 0, time.Time{}
	t.Successes++
}

// failed notes a push that did not work, and when the next is due. after is how long
// the partner asks for.
func (t *Target) failed(f capability.Fault, after time.Duration) {
	wait := retryMost
	if t.attempts < 10 {
		wait = min(wait, retryFirst<<t.attempts)
	}
	wait += rand.N(wait / 4) // so that what failed together does not come back together
	t.attempts++
	t.Failures++
	t.LastFailure, t.Next = f.At, f.At.Add(max(wait, min(after, retryAfter)))
	t.Errors = append([]capability.Fault{f}, t.Errors[:min(len(t.Errors), errorsMost-1)]...)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

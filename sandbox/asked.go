package sandbox

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/problem"
)

// What the product is asked to do with a sandbox.
const (
	Create = "create"
	Reset  = "reset"
)

// State of what the product was asked.
type State string

// The states.
const (
	Waiting State = "waiting"
	Done    State = "done"
	Failed  State = "failed"
)

// Asked is what the product was asked to do with a sandbox at last.
type Asked struct {
	What     string    `json:"what" enum:"create,reset"`
	Seed     bool      `json:"seed" doc:"With the product's sample data"`
	State    State     `json:"state" enum:"waiting,done,failed"`
	Fault    string    `json:"fault,omitempty" doc:"Why it failed, in the product's words"`
	Asked    time.Time `json:"asked_at"`
	AskedBy  string    `json:"asked_by"`
	Answered time.Time `json:"answered_at,omitzero"`

	task string
}

// answered notes what became of the task. One that the operator has given out anew
// may be done after it had failed.
func (a *Asked) answered(t host.Task, now time.Time) {
	a.State, a.Fault, a.Answered = Done, "", now
	if t.State == host.Failed {
		a.State, a.Fault = Failed, t.Fault
	}
}

// Opening asks for a sandbox.
type Opening struct {
	Name string `json:"name" maxLength:"200" doc:"What it is called; 1 to 80 characters" example:"Trying out"`
	Seed *bool  `json:"seed,omitempty" doc:"With the product's sample data; absent: where the product offers it"`
}

// NameMost is the longest name of a sandbox, in characters.
const NameMost = 80

// check judges it. Error: Invalid `sandbox_invalid`.
func (o Opening) check(seeds bool) error {
	var f []problem.Field
	name := strings.TrimSpace(o.Name)
	if n := utf8.RuneCountInString(name); n == 0 || n > NameMost || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
		f = append(f, problem.Field{Pointer: "/name", Code: "name_invalid", Detail: "1 to 80 printable characters."})
	}
	if o.Seed != nil && *o.Seed && !seeds {
		f = append(f, problem.Field{Pointer: "/seed", Code: "not_offered", Detail: "The product has no sample data for sandboxes."})
	}
	if len(f) > 0 {
		return problem.Invalid("sandbox_invalid", "Some of the fields need another look.", f...)
	}
	return nil
}

// Room is how many sandboxes a group may have, and what the product does about them.
type Room struct {
	Most  int    `json:"most" doc:"How many sandboxes the group may have open at once to make another; 0: nobody makes them by themselves"`
	Open  int    `json:"open" doc:"How many it has, also those that the product told of"`
	Opens bool   `json:"opens" doc:"The product opens them by itself"`
	Seed  string `json:"seed,omitempty" doc:"The sample data with which the product fills a new one; absent: none"`
	Reset string `json:"reset,omitempty" doc:"What the product does on a reset; absent: there is none"`
}

// in is what a member of a group is in the group's sandboxes.
func in(r group.Role) string {
	if r == group.RoleOwner || r == group.RoleAdmin {
		return access.AccountAdmin
	}
	return access.AccountMember
}

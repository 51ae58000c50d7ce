package private

import (
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// ID identifies an Integration.
type ID = ident.ID[Integration]

// State of a private integration.
type State string

// The states.
const (
	Active  State = "active"
	Paused  State = "paused"  // by the account
	Blocked State = "blocked" // by the operator
	Deleted State = "deleted" // and can be restored
	Gone    State = "gone"    // deleted for good
)

const (
	// RestoreWithin is how long a deleted integration can be brought back.
	RestoreWithin = 30 * 24 * time.Hour
	// Most bounds how many private integrations an account has at a time.
	Most = 200
)

// Integration is an account's own program with its rights.
type Integration struct {
	ID          ID             `json:"id"`
	Account     string         `json:"account"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Scopes      []string       `json:"scopes"`
	Owner       string         `json:"owner" doc:"The member who answers for it"`
	Contact     string         `json:"contact,omitempty" doc:"E-mail address of those who run it"`
	Networks    grant.Networks `json:"networks" nullable:"false" doc:"Networks from which it may call; empty: from anywhere"`
	Reach       grant.Reach    `json:"reach"`
	Expiry      Expiry         `json:"expiry"`
	Grant       string         `json:"grant"`
	State       State          `json:"state" enum:"active,paused,blocked,deleted,gone"`
	Paused      bool           `json:"paused" doc:"The account's own switch"`
	Reason      string         `json:"reason,omitempty" doc:"Why it is paused or was deleted"`
	Block       string         `json:"block,omitempty" doc:"Why the operator has stopped it"`
	CreatedBy   string         `json:"created_by"`
	Created     time.Time      `json:"created"`
	DeletedAt   time.Time      `json:"deleted_at,omitzero"`
	Revision    int64          `json:"revision" doc:"Counts changes; send it with a change to be refused when somebody else was faster"`
}

// IDPrefix implements ident.Named.
func (Integration) IDPrefix() string { return "pin" }

// Expiry says how long tokens of an integration live. Zero leaves a part to the
// account's policies.
type Expiry struct {
	LifeDays   int `json:"life_days,omitempty" minimum:"0" maximum:"3650" doc:"Days after which each token ends; 0: it has no end of its own"`
	IdleDays   int `json:"idle_days,omitempty" minimum:"0" maximum:"3650" doc:"Days without use after which a token is disabled; 0: as the account's policy says"`
	RotateDays int `json:"rotate_days,omitempty" minimum:"0" maximum:"3650" doc:"Days after which a reminder asks to rotate; 0: as the account's policy says"`
}

// Life is how long each new token lives; 0: without an end.
func (e Expiry) Life() time.Duration { return time.Duration(e.LifeDays) * 24 * time.Hour }

// Idle is how long each new token may lie unused; 0: as the account's policy says.
func (e Expiry) Idle() time.Duration { return time.Duration(e.IdleDays) * 24 * time.Hour }

// Rotate is the age at which each token should be rotated; 0: as the account's
// policy says.
func (e Expiry) Rotate() time.Duration { return time.Duration(e.RotateDays) * 24 * time.Hour }

// Holder is how the grant and its tokens name the integration.
func (i Integration) Holder() string { return "private_integration/" + i.ID.String() }

// Page is its address in the console.
func (i Integration) Page() string { return "/private-integrations/" + i.ID.String() }

// settle derives the state from what holds.
func (i *Integration) settle() {
	switch {
	case i.State == Gone:
	case !i.DeletedAt.IsZero():
		i.State = Deleted
	case i.Block != "":
		i.State = Blocked
	case i.Paused:
		i.State = Paused
	default:
		i.State = Active
	}
}

// grantState is what callers with its tokens are told.
func (i Integration) grantState() (grant.State, string) {
	switch i.State {
	case Active:
		return grant.Active, ""
	case Paused:
		return grant.Suspended, "private_integration_paused"
	case Blocked:
		return grant.Suspended, "private_integration_blocked"
	}
	return grant.Ended, "deleted"
}

func (i Integration) here() error {
	if i.State == Deleted || i.State == Gone {
		return problem.Conflict("private_integration_deleted", "This private integration was deleted. Undo that first.")
	}
	return nil
}

func reasonGiven(reason string) error {
	if strings.TrimSpace(reason) == "" || len(reason) > 500 {
		return problem.Invalid("reason_required", "Say why, in at most 500 characters.",
			problem.Field{Pointer: "/reason", Code: "required", Detail: "Give a reason in 1 to 500 characters."})
	}
	return nil
}

// Pause is the account's switch.
func (i *Integration) Pause(on bool, reason string) error {
	if err := i.here(); err != nil {
		return err
	}
	if on {
		if err := reasonGiven(reason); err != nil {
			return err
		}
	} else {
		reason = ""
	}
	i.Paused, i.Reason = on, strings.TrimSpace(reason)
	i.settle()
	return nil
}

// Stop is the operator's block; an empty reason lifts it.
func (i *Integration) Stop(reason string) error {
	if err := i.here(); err != nil {
		return err
	}
	if reason == "" && i.Block == "" {
		return problem.Conflict("private_integration_not_blocked", "The operator has not stopped this private integration.")
	}
	i.Block = strings.TrimSpace(reason)
	i.settle()
	return nil
}

// Delete ends it for as long as nobody undoes that. name is what the person
// typed to confirm.
func (i *Integration) Delete(now time.Time, name, reason string) error {
	if err := i.here(); err != nil {
		return err
	}
	if strings.TrimSpace(name) != i.Name {
		return problem.Invalid("confirmation_mismatch", "Nothing was deleted: that is not the integration's name.",
			problem.Field{Pointer: "/confirm", Code: "mismatch", Detail: "Type the name exactly as it is written."})
	}
	if len(reason) > 500 {
		return reasonGiven(reason)
	}
	i.DeletedAt, i.Reason = now, strings.TrimSpace(reason)
	i.settle()
	return nil
}

// Restorable reports whether a deletion can still be undone.
func (i Integration) Restorable(now time.Time) bool {
	return i.State == Deleted && now.Sub(i.DeletedAt) <= RestoreWithin
}

// Restore undoes a deletion.
func (i *Integration) Restore(now time.Time) error {
	if i.State != Deleted && i.State != Gone {
		return problem.Conflict("private_integration_not_deleted", "This private integration is there.")
	}
	if !i.Restorable(now) {
		return problem.Conflict("restore_too_late", "A deletion can be undone for 30 days. Create the integration anew.")
	}
	i.DeletedAt = time.Time{}
	if !i.Paused {
		i.Reason = ""
	}
	i.settle()
	return nil
}

// allowing is the narrowest policy that allows the entitlements everywhere in
// an account.
func allowing(entitlements []string) access.Policy {
	p := access.Policy{}
	const most = 200 // entries of one list
	for part := range slices.Chunk(sorted(entitlements), most) {
		p = append(p, access.Statement{Effect: access.Allow, Actions: part, Resources: []string{"*"}})
	}
	return p
}

func sorted(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}

// beyond lists what is in now and not in was.
func beyond(now, was []string) []string {
	out := []string{}
	for _, n := range now {
		if !slices.Contains(was, n) {
			out = append(out, n)
		}
	}
	return out
}

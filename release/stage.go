package release

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
)

// Reach says who gets a released version.
type Reach string

// How far a release reaches; each includes those before it.
const (
	ReachOwn     Reach = "own"     // the group's own sandbox accounts
	ReachChosen  Reach = "chosen"  // and accounts that are named
	ReachPercent Reach = "percent" // and a part of all accounts
	ReachAll     Reach = "all"
)

// Stage is how far a version has been released.
type Stage struct {
	Reach    Reach    `json:"reach" enum:"own,chosen,percent,all" doc:"own: sandbox accounts of the group; chosen: accounts that are named, too; percent: a part of all accounts, too; all"`
	Accounts []string `json:"accounts,omitempty" maxItems:"500" doc:"Ids of the chosen accounts"`
	Percent  int      `json:"percent,omitempty" minimum:"0" maximum:"100" doc:"Part of all accounts. An account that is in stays in when it grows."`
}

// Everybody is the stage of a version that all can have.
var Everybody = Stage{Reach: ReachAll}

// Check returns the findings about a stage.
func (s Stage) Check() []problem.Field {
	var f []problem.Field
	add := func(pointer, code, detail string) {
		f = append(f, problem.Field{Pointer: pointer, Code: code, Detail: detail})
	}
	switch s.Reach {
	case ReachOwn, ReachAll:
	case ReachChosen:
		if len(s.Accounts) == 0 {
			add("/accounts", "required", "Name at least one account.")
		}
	case ReachPercent:
		if s.Percent < 1 || s.Percent > 99 {
			add("/percent", "percent_invalid", "Between 1 and 99; for everybody, choose all.")
		}
	default:
		add("/reach", "unknown", "own, chosen, percent or all.")
	}
	return append(f, account.CheckNamed(s.Accounts)...)
}

// Place is an account that may get a version.
type Place struct {
	Account string
	Own     bool // a sandbox of the application's own group
}

// Holds reports whether the stage of a version reaches a place.
func (s Stage) Holds(version ID, p Place) bool {
	switch {
	case p.Own, s.Reach == ReachAll:
		return true
	case s.Reach == ReachOwn:
		return false
	case slices.Contains(s.Accounts, p.Account):
		return true
	}
	return s.Reach == ReachPercent && account.Drawn(p.Account, version.String(), s.Percent)
}

// Notice of a deprecation: at least this long before its date.
const DeprecationLeast = 30 * 24 * time.Hour

// Editable reports whether developers can change the version.
func (v Version) Editable() bool { return v.State == Draft || v.State == Disapproved }

// released reports whether accounts may have the version.
func (v Version) released() bool { return !v.Released.IsZero() }

// Offered reports whether a place can get the version: it is live, its stage
// reaches there, and it was not paused meanwhile. Pausing does not hold for the
// developers' own sandboxes.
func (v Version) Offered(p Place) bool {
	return v.State == Live && v.Stage.Holds(v.ID, p) && (v.Paused.IsZero() || p.Own)
}

// setStage changes how far a live version reaches.
func (v *Version) setStage(s Stage) error {
	if v.State != Live {
		return errNotLive()
	}
	if s.Reach != ReachPercent {
		s.Percent = 0
	}
	v.Stage = s
	return nil
}

// pause keeps a live version from reaching anybody further.
func (v *Version) pause(now time.Time, reason string) error {
	if v.State != Live {
		return errNotLive()
	}
	if !v.Paused.IsZero() {
		return problem.Conflict("version_paused", "The release is paused already.")
	}
	if err := reasonGiven(reason); err != nil {
		return err
	}
	v.Paused, v.Reason = now, reason
	return nil
}

func (v *Version) resume() error {
	if v.State != Live || v.Paused.IsZero() {
		return problem.Conflict("version_not_paused", "The release is not paused.")
	}
	v.Paused, v.Reason = time.Time{}, ""
	return nil
}

// rollBack takes a version back: nobody gets it any more, and who had an earlier
// one has that again.
func (v *Version) rollBack(now time.Time, reason string) error {
	if v.State != Live && v.State != Deprecated {
		return errNotLive()
	}
	if err := reasonGiven(reason); err != nil {
		return err
	}
	v.State, v.RolledBack, v.Reason, v.Paused, v.Ends = Retired, now, reason, time.Time{}, time.Time{}
	return nil
}

// Deprecation announces that a version will not be looked after any more.
type Deprecation struct {
	Ends time.Time `json:"ends" doc:"From when on it is not looked after any more: at least 30 days ahead. Nothing stops then by itself."`
	Text string    `json:"text" maxLength:"2000" doc:"What customers should do, for them; at most 500 characters"`
}

// deprecate dates the end of a live version; a later date may replace an earlier one.
func (v *Version) deprecate(now time.Time, d Deprecation) error {
	if v.State != Live && v.State != Deprecated {
		return errNotLive()
	}
	if d.Ends.Before(now.Add(DeprecationLeast)) {
		return problem.Invalid("deprecation_too_soon", "Customers need at least 30 days.",
			problem.Field{Pointer: "/ends", Code: "too_soon", Detail: "Choose a time that is at least 30 days ahead."}).With("earliest", now.Add(DeprecationLeast).Format(time.RFC3339))
	}
	if n := utf8.RuneCountInString(d.Text); strings.TrimSpace(d.Text) == "" || n > 500 {
		return problem.Invalid("reason_required", "Say in at most 500 characters what customers should do.",
			problem.Field{Pointer: "/text", Code: "required", Detail: "Say what customers should do."})
	}
	v.State, v.Ends, v.Reason, v.Paused = Deprecated, d.Ends, d.Text, time.Time{}
	return nil
}

func errNotLive() error {
	return problem.Conflict("version_not_live", "Only a live version can be treated like this.")
}

package admission

import (
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// Cycle says how often an account's administrators confirm what is installed.
type Cycle struct {
	Days     int  `json:"days" minimum:"0" maximum:"3650" doc:"Each integration is confirmed anew after so many days; 0: never"`
	Grace    int  `json:"grace_days" minimum:"0" maximum:"365" doc:"Days after the due day until it is suspended, if suspend is set"`
	Suspends bool `json:"suspend" doc:"Suspend what nobody has confirmed once the grace is over; otherwise it is only shown as overdue"`
}

// Check returns the findings about a cycle.
func (c Cycle) Check() []problem.Field {
	var f []problem.Field
	if c.Days != 0 && (c.Days < 7 || c.Days > 3650) {
		f = append(f, problem.Field{Pointer: "/days", Code: "range", Detail: "Choose 7 to 3,650 days, or 0 for never."})
	}
	if c.Grace < 0 || c.Grace > 365 || c.Suspends && c.Grace == 0 {
		f = append(f, problem.Field{Pointer: "/grace_days", Code: "range", Detail: "Choose 1 to 365 days."})
	}
	return f
}

// Stay is how long one integration may be here.
type Stay struct {
	Ends        time.Time `json:"ends,omitzero" doc:"When it stops unless it is extended; absent: never"`
	Confirmed   time.Time `json:"confirmed,omitzero" doc:"When somebody last said that it is still wanted"`
	ConfirmedBy string    `json:"confirmed_by,omitempty"`
}

const aDay = 24 * time.Hour

// due is when a stay has to be confirmed; zero: never. from is when it was installed,
// since when the cycle was set: nothing is due before that.
func (c Cycle) due(s Stay, from, since time.Time) time.Time {
	if c.Days == 0 {
		return time.Time{}
	}
	if s.Confirmed.After(from) {
		from = s.Confirmed
	}
	if due := from.Add(time.Duration(c.Days) * aDay); due.After(since) {
		return due
	}
	return since
}

// suspends is when a stay that nobody confirms is stopped; zero: never.
func (c Cycle) suspends(due time.Time) time.Time {
	if due.IsZero() || !c.Suspends {
		return time.Time{}
	}
	return due.Add(time.Duration(c.Grace) * aDay)
}

func past(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// stops says why a stay is over; "" when it is not.
func stops(c Cycle, s Stay, from, since, now time.Time) string {
	const form = "2 January 2006"
	if past(s.Ends, now) {
		return "Its last day was " + s.Ends.Add(-time.Second).UTC().Format(form) + "."
	}
	due := c.due(s, from, since)
	if past(c.suspends(due), now) {
		return "Nobody has confirmed since " + due.UTC().Format(form) + " that it is still needed."
	}
	return ""
}

// checkEnds refuses an end that has come.
func checkEnds(ends, now time.Time) error {
	if ends.IsZero() || ends.After(now) {
		return nil
	}
	return problem.Invalid("ends_invalid", "Choose a day to come.", problem.Field{Pointer: "/ends", Code: "in_the_past", Detail: "Choose a day to come."})
}

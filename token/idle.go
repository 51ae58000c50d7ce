package token

import (
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// A static token that nobody uses is noticed three times, disabled, and expires
// at last:
//
//	active → warned (15, 7, 1 day before) → disabled → (30 days) → expired
//
// A use takes it back to the start at any time before it is disabled; after that
// somebody restores it. Nothing is disabled that was not warned of: a policy that
// is new, a sweep that came late or a clock that leapt begin the ladder at its
// first rung and end it no earlier than 15 days on.
const (
	firstRung = 15 * day
	// lateRung is how late the first notice may come for the deadline to stand.
	lateRung = 14 * day
	// betweenRungs keeps a day between the last notice and the end, however often
	// the sweep runs.
	betweenRungs = 23 * time.Hour
	// Restorable is how long a disabled token can be restored.
	Restorable = 30 * day
	// shortestIdle leaves room for the ladder.
	shortestIdle = 16 * day

	day = 24 * time.Hour
)

// Fate is what a sweep finds about one token.
type Fate string

// The fates.
const (
	Spared   Fate = ""
	Used     Fate = "used"     // warned before, in use again
	Warned   Fate = "warned"   // on the next rung
	Idle     Fate = "idle"     // disabled now
	Forsaken Fate = "forsaken" // disabled for so long that it expired
)

// IdleSince is the begin of its disuse; last is its last use, zero if never.
func (t Token) IdleSince(last time.Time) time.Time {
	since := t.Created
	for _, other := range []time.Time{t.IdleFrom, last} {
		if other.After(since) {
			since = other
		}
	}
	return since
}

// terms are what holds for one token: its own or its account's.
type terms struct{ idle, rotate time.Duration }

func (p Policy) terms(t Token) terms {
	out := terms{time.Duration(p.IdleDays) * day, time.Duration(p.RotateDays) * day}
	if t.Idle > 0 {
		out.idle = max(t.Idle.Duration(), shortestIdle)
	}
	if t.Rotate > 0 {
		out.rotate = t.Rotate.Duration()
	}
	return out
}

// Age moves the token along the ladder; last is its last use and idle how long
// it may be unused, 0: for ever.
func (t *Token) Age(now, last time.Time, idle time.Duration) Fate {
	if t.State == Disabled {
		if now.Before(t.Disabled.Add(Restorable)) {
			return Spared
		}
		t.State, t.Ended = Expired, now
		return Forsaken
	}
	if !t.Usable(now) {
		return Spared
	}
	due := t.IdleSince(last).Add(idle)
	switch {
	case t.Warned > 0 && (idle == 0 || due.Sub(now) > firstRung || due.After(t.Deadline)):
		t.Warned, t.WarnedAt, t.Deadline = 0, time.Time{}, time.Time{}
		return Used
	case idle == 0 || due.Sub(now) > firstRung:
		return Spared
	case t.Warned == 0:
		t.Deadline = due
		if due.Sub(now) < lateRung {
			t.Deadline = now.Add(firstRung)
		}
		t.Warned, t.WarnedAt = 15, now
		return Warned
	}
	return t.climb(now)
}

func (t *Token) climb(now time.Time) Fate {
	left := t.Deadline.Sub(now)
	switch {
	case t.Warned > 1 && left <= day:
		t.Warned, t.WarnedAt = 1, now
		return Warned
	case t.Warned > 7 && left <= 7*day:
		t.Warned, t.WarnedAt = 7, now
		return Warned
	case left <= 0 && now.Sub(t.WarnedAt) >= betweenRungs:
		t.State, t.Reason, t.Disabled = Disabled, "idle", now
		return Idle
	}
	return Spared
}

var (
	errNotDisabled = problem.Conflict("token_not_disabled", "This token is not disabled.")
	errForsaken    = problem.Conflict("token_not_active", "This token was disabled for more than 30 days and has expired. Make a new one.")
)

// Restore brings a token back that was disabled for disuse.
func (t *Token) Restore(now time.Time) error {
	switch {
	case t.State == Expired && !t.Disabled.IsZero(), t.State == Disabled && !now.Before(t.Disabled.Add(Restorable)),
		t.State == Disabled && !t.Expires.IsZero() && !now.Before(t.Expires):
		return errForsaken
	case t.State != Disabled:
		return errNotDisabled
	}
	t.State, t.Reason, t.Disabled = Active, "", time.Time{}
	if t.Successor != "" {
		t.State = Retiring
	}
	t.putOff(now)
	return nil
}

// Keep counts the disuse from now on, as if the token were used.
func (t *Token) Keep(now time.Time) error {
	if !t.Usable(now) {
		return errNotActive
	}
	t.putOff(now)
	return nil
}

func (t *Token) putOff(now time.Time) {
	t.IdleFrom, t.Warned, t.WarnedAt, t.Deadline = now, 0, time.Time{}, time.Time{}
}

// remind reports, once in its life, that the token is older than rotate. Who
// hears that it is unused need not hear that as well.
func (t *Token) remind(now time.Time, rotate time.Duration) bool {
	if rotate == 0 || t.State != Active || !t.Usable(now) || !t.Reminded.IsZero() || t.Warned > 0 || now.Sub(t.Created) < rotate {
		return false
	}
	t.Reminded = now
	return true
}

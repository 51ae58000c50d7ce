package quota

import (
	"strconv"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

const maxShown = 4

type state struct {
	limit *Limit
	left  int64
	reset int64 // nanoseconds
}

// Decision is the answer to one call. It is a value; keep it no longer than the
// request.
type Decision struct {
	Allowed bool
	// Wait is how long to hold an allowed call back before it is passed on.
	Wait time.Duration
	// After is when a refused call may be tried again.
	After time.Duration
	// Unsettled: not refused for good, the database has to be asked first.
	// Meter.Spend does that.
	Unsettled bool
	// Overage: the call is above a contract level or a limit that only delays.
	Overage bool

	wake     bool
	shown    uint8
	refusing *Limit
	policy   string
	states   [maxShown]state
}

// Bucket is the limit that refused the call, "" when none did.
func (d *Decision) Bucket() string {
	if d.refusing == nil {
		return ""
	}
	return d.refusing.Name
}

// Exceeded reports that a long limit refused the call: quota_exceeded, and not
// rate_limited.
func (d *Decision) Exceeded() bool { return d.refusing != nil && !d.Unsettled && d.refusing.Long() }

// RetryAfter is After in whole seconds, rounded up and at least 1; 0 when the
// call was allowed.
func (d *Decision) RetryAfter() int64 {
	if d.Allowed {
		return 0
	}
	return max(seconds(int64(d.After)), 1)
}

func seconds(ns int64) int64 { return (ns + int64(time.Second) - 1) / int64(time.Second) }

// Codes of refusals.
const (
	CodeRateLimited   = "rate_limited"
	CodeQuotaExceeded = "quota_exceeded"
)

// Problem is the refusal as a problem document: 429, naming the bucket. Nil when
// the call was allowed.
func (d *Decision) Problem() *problem.Error {
	if d.Allowed {
		return nil
	}
	if d.refusing == nil || d.Unsettled {
		return problem.Unavailable("quota_unavailable", "The limits of this caller are being read. Try again.", nil)
	}
	l := d.refusing
	code, what := CodeRateLimited, "Too many calls in a short time"
	if l.Long() {
		code, what = CodeQuotaExceeded, "The quota of calls is used up"
	}
	after := d.RetryAfter()
	detail := what + ": " + whose(l.Scope) + " may make " + strconv.FormatInt(l.Calls, 10) + " calls " + per(l) +
		". Try again in " + strconv.FormatInt(after, 10) + " s."
	return problem.Limited(code, detail, time.Duration(after)*time.Second).
		With("bucket", l.Name).With("scope", string(l.Scope)).With("limit", l.Calls).
		With("window", l.Window()).With("retry_after", after)
}

func whose(s Scope) string {
	switch s {
	case ScopeApplication:
		return "this application"
	case ScopeAccount:
		return "this application in this account"
	case ScopeKey:
		return "this key"
	}
	return "this group"
}

func per(l *Limit) string {
	if l.Shape == ShapeMonth {
		return "per month"
	}
	switch l.Per {
	case 24 * time.Hour:
		return "in 24 hours"
	case time.Hour:
		return "per hour"
	case time.Minute:
		return "per minute"
	case time.Second:
		return "per second"
	}
	if l.Per%time.Second == 0 {
		return "in " + strconv.FormatInt(int64(l.Per/time.Second), 10) + " seconds"
	}
	return "in " + l.Per.String()
}

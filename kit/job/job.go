package job

import (
	"math/rand/v2"
	"time"

	"github.com/guestright/guestright/kit/ident"
)

// State of a job that still has a row.
type State string

// The states. A finished job has no row.
const (
	Waiting   State = "waiting"
	Exhausted State = "exhausted"
)

// ID names a job.
type ID = ident.ID[Job]

// Job is a unit of work as stored, for people who look after it.
type Job struct {
	ID       ID
	Kind     string
	Lane     string
	State    State
	Due      time.Time
	Attempts int    // begun so far
	Args     string // JSON
	Request  string // id of the request that caused it
	Error    string // of the last attempt
	Created  time.Time
	Tried    time.Time // end of the last attempt
}

// IDPrefix implements ident.Named.
func (Job) IDPrefix() string { return "job" }

const (
	firstBackoff = 2 * time.Second
	longBackoff  = time.Hour
	maxError     = 500 // bytes of an error that are kept
)

// backoff is how long to wait after the nth failed attempt: doubling from 2 s
// to an hour, of which the second half is random, so that what failed together
// does not come back together.
func backoff(attempt int) time.Duration {
	d := longBackoff
	if attempt < 12 {
		d = min(d, firstBackoff<<max(attempt-1, 0))
	}
	return d/2 + rand.N(d/2)
}

package authorization

import (
	"sync"
	"time"

	"github.com/guestright/guestright/kit/secret"
)

// flights knows which codes and refresh tokens are being exchanged on this node,
// and when the exchange was answered. The database knows only when it began: a
// duplicate that arrives before the first is answered cannot be a replay of what
// the answer told.
type flights struct {
	mu    sync.Mutex
	m     map[secret.Digest]flight
	swept time.Time
}

type flight struct {
	under int       // attempts that are under way
	done  time.Time // when the first exchange was answered; zero: not here
	last  time.Time
}

// flightKept is how long an answered exchange is remembered; old ones go every
// flightSweep.
const (
	flightKept  = time.Minute
	flightSweep = 10 * time.Second
)

func (f *flights) enter(d secret.Digest, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.m == nil {
		f.m = map[secret.Digest]flight{}
	}
	if now.Sub(f.swept) > flightSweep {
		f.swept = now
		for k, v := range f.m {
			if v.under == 0 && now.Sub(v.last) > flightKept {
				delete(f.m, k)
			}
		}
	}
	v := f.m[d]
	v.under++
	v.last = now
	f.m[d] = v
}

// leave ends an attempt; first says that it was the one that succeeded.
func (f *flights) leave(d secret.Digest, now time.Time, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := f.m[d]
	v.under--
	v.last = now
	if first {
		v.done = now
	}
	if v.under == 0 && v.done.IsZero() {
		delete(f.m, d)
		return
	}
	f.m[d] = v
}

// answered gives when a use that the database dates at was answered; the future
// while that may still be under way here.
func (f *flights) answered(d secret.Digest, at time.Time) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := f.m[d]
	switch {
	case !v.done.IsZero():
		return v.done
	case v.under > 1: // the one that asks is among them
		return at.Add(flightKept)
	}
	return at // it was used on another node, or long ago
}

package identity

import (
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// Pace is a limit on attempts: some are free, then each costs a longer wait.
type Pace struct {
	Free   int           // attempts without any wait
	First  time.Duration // wait after the first one beyond, doubled for each further
	Most   time.Duration // the longest wait
	Forget time.Duration // without attempts, after which all is forgotten
}

// The paces. One person who mistypes never notices the first; a network is
// allowed more, since many people may share it. Passkeys and the links that are
// mailed do not pass the limit of the account, so whoever is being attacked can
// still get in.
var (
	accountPace = Pace{Free: 5, First: 2 * time.Second, Most: 15 * time.Minute, Forget: time.Hour}
	networkPace = Pace{Free: 50, First: 2 * time.Second, Most: 15 * time.Minute, Forget: time.Hour}
	mailPace    = Pace{Free: 3, First: time.Minute, Most: time.Hour, Forget: 6 * time.Hour}
)

// attempts is what is remembered under one key.
type attempts struct {
	Count int
	Next  time.Time
	Last  time.Time
}

// take counts one attempt. Limited `too_many_attempts` when it comes too early;
// it is not counted then, so that waiting as told always helps.
func (p Pace) take(a attempts, now time.Time) (attempts, error) {
	if now.Sub(a.Last) >= p.Forget {
		a = attempts{}
	}
	if now.Before(a.Next) {
		wait := a.Next.Sub(now)
		return a, problem.Limited("too_many_attempts", "Too many attempts. Wait "+period(max(wait, time.Minute))+" at most and try again.", wait)
	}
	a.Count++
	a.Last, a.Next = now, now.Add(p.wait(a.Count))
	return a, nil
}

// giveBack takes one attempt back that turned out well.
func (p Pace) giveBack(a attempts, now time.Time) attempts {
	a.Count = max(a.Count-1, 0)
	a.Next = now.Add(p.wait(a.Count))
	return a
}

func (p Pace) wait(count int) time.Duration {
	over := count - p.Free
	if over < 0 {
		return 0
	}
	if over > 30 {
		return p.Most
	}
	return min(p.First<<over, p.Most)
}

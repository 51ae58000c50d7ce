package quota

import "time"

// window counts the calls of a long limit. What this node may spend without
// asking is leased: it is already reserved in the database. Times in
// nanoseconds; starts 0 means that no window is open.
type window struct {
	starts, ends int64
	spent        int64 // by this node in this window
	settled      int64 // of spent, what the database knows
	leased       int64 // reserved by this node, spent or not
	free         int64 // reserved by nobody when the database was last asked
	seen         int64 // spent by all nodes when the database was last asked
	warned       int64 // levels that were told, as bits
	target       int64 // what a lease is topped up to
	asked        int64 // when the database was last asked
}

// used is what all nodes spent, as far as this one knows.
func (w *window) used() int64 { return w.seen + w.spent - w.settled }

// at closes the window when it is over, and tells when it did. A clock that went
// back keeps the count but never makes anyone wait longer than one whole period.
func (w *window) at(now int64, l *Limit) bool {
	if w.starts == 0 {
		return false
	}
	if now >= w.ends {
		*w = window{}
		return true
	}
	if now < w.starts-skew {
		w.starts, w.ends = bounds(now, l)
	}
	return false
}

// skew is how much earlier than its window a call may be and still belongs to
// it: a call has its time before it opens a window, and the clocks of nodes
// differ a little. Only beyond it has the clock gone back.
const skew = int64(time.Minute)

// rest is how long the window still lasts.
func (w *window) rest(now int64) int64 { return w.ends - max(now, w.starts) }

// bounds is the window that a call at now opens.
func bounds(now int64, l *Limit) (int64, int64) {
	if l.Shape != ShapeMonth {
		now -= now % int64(time.Microsecond) // what the database keeps
		return now, now + int64(l.Per.Truncate(time.Microsecond))
	}
	t := time.Unix(0, now).UTC()
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return first.UnixNano(), first.AddDate(0, 1, 0).UnixNano()
}

func (w *window) open(now int64, l *Limit) {
	starts, ends := bounds(now, l)
	*w = window{starts: starts, ends: ends, free: l.Calls, target: slice(l.Calls)}
}

// available is what this node may spend now: what it leased, also when it is
// alone, because a process that is killed forgets what it spent beyond. Cut off
// from the database it may use its share of what was free.
func (w *window) available(n *neighbours) int64 {
	have := w.leased - w.spent
	switch {
	case w.free < 0: // the limit was lowered below what is reserved
		return have + w.free
	case !n.leases():
		return have + w.free/int64(max(n.count, 1))
	}
	return have
}

// slice is how much of a limit a node reserves at once: at most a hundredth, or
// one call, which is also what a node that is killed wastes.
func slice(calls int64) int64 { return min(max(calls/100, 1), 10_000) }

// hungry reports that the lease is about to run out.
func (w *window) hungry() bool {
	return w.starts != 0 && w.leased-w.spent < (w.target+1)/2 && (w.free > 0 || w.spent > w.leased)
}

// Level is a part of a long limit that was used up; each is told once in a
// window.
type Level string

// The levels.
const (
	LevelSoft      Level = "soft"
	LevelContract  Level = "contract"
	LevelNear      Level = "near"      // 80 % of the limit
	LevelExhausted Level = "exhausted" // all of it
)

var levels = [...]Level{LevelNear, LevelSoft, LevelContract, LevelExhausted}

// threshold is the use at which a level is reached; 0: the limit has none.
func (l *Limit) threshold(v Level) int64 {
	switch v {
	case LevelSoft:
		return l.Soft
	case LevelContract:
		return l.Contract
	case LevelNear:
		return (l.Calls*4 + 4) / 5
	}
	return l.Calls
}

// reached is the set of levels, as bits, that used has reached.
func (l *Limit) reached(used int64) int64 {
	var bits int64
	for i, v := range levels {
		if t := l.threshold(v); t > 0 && used >= t {
			bits |= 1 << i
		}
	}
	return bits
}

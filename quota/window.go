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

// at closes the window when it is over. A clock that went back keeps the count
// but never makes anyone wait longer than one whole period.
func (w *window) at(now int64, l *Limit) {
	if w.starts == 0 {
		return
	}
	if now >= w.ends {
		*w = window{}
		return
	}
	if now < w.starts {
		w.starts, w.ends = bounds(now, l)
	}
}

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

// available is what this node may spend now. Alone it may run ahead of its
// lease, since nobody else spends; cut off from the database it may use its
// share of what was free.
func (w *window) available(n *neighbours) int64 {
	have := w.leased - w.spent
	switch {
	case w.free < 0: // the limit was lowered below what is reserved
		return have + w.free
	case n.count <= 1:
		return have + w.free
	case n.away:
		return have + w.free/int64(n.count)
	}
	return have
}

// slice is how much of a limit a node reserves at once: at most a hundredth,
// which is also what a node that is killed may leave uncounted or wasted.
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

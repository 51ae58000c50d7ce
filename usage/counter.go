package usage

import (
	"sync"
	"time"
)

// Key says what a decision was about. Empty parts were not known.
type Key struct {
	Grant       string
	Application string
	Account     string
	Group       string
	Key         string // the client key, token or secret that was used
	Operation   string // id of the route
	Entitlement string // that the route requires
	Version     string // of the product's API; "" where it has none
	Outcome     Outcome
}

// Other is the operation under which calls are counted that no longer get a
// counter of their own.
const Other = "other"

type tally [outcomes]uint32

// minuteTally is what was counted in one minute since 1970.
type minuteTally struct {
	minute int64
	n      tally
}

// heldMinutes bounds what a counter keeps while the database is away. When it is
// full the oldest two minutes become one.
const heldMinutes = 16

// Counter counts the decisions of one grant and operation. It stays valid for
// the life of the recorder.
type Counter struct {
	r     *Recorder
	key   Key // Outcome is zero
	shard uint32

	mu    sync.Mutex
	now   minuteTally
	held  []minuteTally // earlier minutes
	dirty bool          // listed for the next flush
	used  int64         // minute of the last count

	series int64 // row in usage_series, 0 when not known; only the flush touches it
}

// Add counts n decisions that ended in o. It does not allocate as a rule.
func (c *Counter) Add(now time.Time, o Outcome, n uint32) {
	if o >= outcomes {
		o = Unavailable
	}
	minute := now.Unix() / 60
	c.mu.Lock()
	if minute > c.now.minute && c.dirty {
		c.hold()
	}
	if minute > c.now.minute {
		c.now.minute, c.used = minute, minute
	}
	// A clock that went back counts into the minute that is open.
	c.now.n[o] += n
	list := !c.dirty
	c.dirty = true
	c.mu.Unlock()
	if list {
		c.r.list(c)
	}
	c.r.totals[c.shard%totalShards].n[o].Add(uint64(n))
}

// hold puts the open minute aside.
func (c *Counter) hold() {
	if c.now.n == (tally{}) {
		return
	}
	if len(c.held) == heldMinutes {
		c.held[1].n.add(&c.held[0].n)
		c.held = append(c.held[:0], c.held[1:]...)
	}
	c.held = append(c.held, c.now)
	c.now.n = tally{}
}

func (t *tally) add(o *tally) {
	for i, n := range o {
		t[i] += n
	}
}

// take empties the counter into dst.
func (c *Counter) take(dst []minuteTally) []minuteTally {
	c.mu.Lock()
	defer c.mu.Unlock()
	dst = append(dst, c.held...)
	if c.now.n != (tally{}) {
		dst = append(dst, c.now)
	}
	c.held = c.held[:0]
	c.now.n = tally{}
	c.dirty = false
	return dst
}

// putBack returns what could not be written.
func (c *Counter) putBack(ts []minuteTally) {
	c.mu.Lock()
	for _, t := range ts {
		switch {
		case t.minute == c.now.minute:
			c.now.n.add(&t.n)
		case len(c.held) > 0 && (c.held[len(c.held)-1].minute == t.minute || len(c.held) >= heldMinutes):
			c.held[len(c.held)-1].n.add(&t.n)
		default:
			c.held = append(c.held, t)
		}
	}
	list := !c.dirty
	c.dirty = true
	c.mu.Unlock()
	if list {
		c.r.list(c)
	}
}

// each calls f with every count that is not written yet.
func (c *Counter) each(f func(minute int64, o Outcome, n int64)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	emit := func(t *minuteTally) {
		for o, n := range t.n {
			if n > 0 {
				f(t.minute, Outcome(o), int64(n))
			}
		}
	}
	for i := range c.held {
		emit(&c.held[i])
	}
	emit(&c.now)
}

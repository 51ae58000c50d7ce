package webhook

import (
	"sync"
	"time"
)

// tally is what came of requests in one stretch of time.
type tally struct {
	delivered, failed, answered int64
	took, slowest               time.Duration // of those that were answered
}

func (t *tally) add(o tally) {
	t.delivered += o.delivered
	t.failed += o.failed
	t.answered += o.answered
	t.took += o.took
	t.slowest = max(t.slowest, o.slowest)
}

// quarter is the shortest stretch that is counted.
const quarter = 15 * time.Minute

// spot is an endpoint in a quarter of an hour.
type spot struct {
	endpoint string
	at       time.Time
}

// counter sums up what the books have written, until it is written itself: a
// node that is killed loses what its charts have not been told yet, at most a minute,
// and nothing else.
type counter struct {
	mu     sync.Mutex
	sums   map[spot]tally
	ripe   bool // long enough since the last time
	ticked int
}

const (
	// countTicks is how many beats pass between writing sums, and countRests of
	// many.
	countTicks = 10
	countRests = 150
	// countMost is how many sums are written at one time.
	countMost = 250
)

// beat is called now and then; true when sums wait to be written.
func (c *counter) beat() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ripe {
		return true
	}
	rest := countTicks
	if len(c.sums) > countMost {
		rest = countRests
	}
	if c.ticked++; c.ticked < rest || len(c.sums) == 0 {
		return false
	}
	c.ticked, c.ripe = 0, true
	return true
}

// add notes entries that were written.
func (c *counter) add(group []entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range group {
		if e.attempt == nil {
			continue
		}
		t := tally{delivered: 1}
		if e.item.State != Delivered {
			t = tally{failed: 1}
		}
		if e.attempt.Status != 0 {
			t.answered, t.took = 1, time.Duration(e.attempt.Took)*time.Microsecond
			t.slowest = t.took
		}
		c.put(spot{e.item.Endpoint, e.attempt.At.Time().Truncate(quarter)}, t)
	}
}

// put adds to one sum. The lock is held.
func (c *counter) put(s spot, t tally) {
	if c.sums == nil {
		c.sums = map[spot]tally{}
	}
	have := c.sums[s]
	have.add(t)
	c.sums[s] = have
}

// take gives sums that are to be written now, some of many, and all of them at
// the end.
func (c *counter) take(all bool) map[spot]tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ripe && !all {
		return nil
	}
	if all || len(c.sums) <= countMost {
		out := c.sums
		c.sums, c.ripe = nil, false
		return out
	}
	out := make(map[spot]tally, countMost)
	for s, t := range c.sums {
		if len(out) == countMost {
			break
		}
		out[s] = t
		delete(c.sums, s)
	}
	return out
}

// back takes sums that could not be written.
func (c *counter) back(sums map[spot]tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s, t := range sums {
		c.put(s, t)
	}
	c.ripe = len(c.sums) > 0
}

package webhook

import (
	"sync"
	"time"
)

const (
	// crewIdle is how many goroutines wait for the next lane: one that has made a
	// request before has the stack for it.
	crewIdle = 256
	// crewRest is how long one waits.
	crewRest = 10 * time.Second
)

// errand is a lane that has a place at its host.
type errand struct {
	host *host
	lane *lane
}

// crew are the goroutines that make requests, as many as there are errands.
type crew struct {
	run func(errand)

	busy sync.WaitGroup // errands
	mu   sync.Mutex
	idle []chan errand // the last to come is the first to go
}

// work lets somebody do an errand.
func (c *crew) work(e errand) {
	c.busy.Add(1)
	c.mu.Lock()
	n := len(c.idle)
	if n == 0 {
		c.mu.Unlock()
		go c.serve(e)
		return
	}
	next := c.idle[n-1]
	c.idle[n-1], c.idle = nil, c.idle[:n-1]
	c.mu.Unlock()
	next <- e
}

// serve does errands until there has been none for a while.
func (c *crew) serve(e errand) {
	mine := make(chan errand, 1)
	rest := time.NewTimer(crewRest)
	defer rest.Stop()
	for {
		c.run(e)
		c.busy.Done()
		if !c.wait(mine) {
			return
		}
		rest.Reset(crewRest)
		select {
		case e = <-mine:
		case <-rest.C:
			if c.leave(mine) {
				return
			}
			e = <-mine // it was given one at that moment
		}
	}
}

// wait stands in line; false when enough do.
func (c *crew) wait(mine chan errand) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) == crewIdle {
		return false
	}
	c.idle = append(c.idle, mine)
	return true
}

// leave steps out of the line; false when an errand is on its way.
func (c *crew) leave(mine chan errand) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, one := range c.idle {
		if one == mine {
			c.idle = append(c.idle[:i], c.idle[i+1:]...)
			return true
		}
	}
	return false
}

package server

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"time"
)

// Under load a small heap is collected many times a second, which takes a part of
// the processor that grows with the load. A house that is busy takes more memory instead, and gives it
// back when it is not.
const (
	usualPercent = 100 // of GOGC, the runtime's own
	busyPercent  = 400
	busyCycles   = 4         // collections a second from which on a house is busy
	busyShare    = 0.1       // of the work that collecting is, from which on a house with some work is busy
	someWork     = 0.15      // of its processors' time
	calmSeconds  = 10        // without so much as one a second, after which it is not
	garbageMost  = 512 << 20 // bytes of garbage that a busy house may hold
)

// collector settles GOGC for what the house does. See runtime/debug.SetGCPercent.
type collector struct {
	percent int
	calm    int // seconds
}

// spent is what became of one second.
type spent struct {
	cycles uint64  // collections
	live   uint64  // bytes in use after the last
	work   float64 // share of the processors' time that was not idle
	gc     float64 // share of that work which was collecting
}

// busy: many collections, or dear ones, since a large heap takes long to look through.
func (s spent) busy() bool {
	return s.cycles >= busyCycles || s.cycles > 0 && s.work >= someWork && s.gc >= busyShare
}

// second takes note of one second and gives GOGC for the next.
func (c *collector) second(s spent) int {
	cycles, live := s.cycles, s.live
	switch {
	case c.percent == usualPercent && s.busy():
		c.percent, c.calm = busyPercent, 0
	case c.percent != usualPercent && cycles > 0:
		c.calm = 0
	case c.percent != usualPercent:
		if c.calm++; c.calm >= calmSeconds {
			c.percent = usualPercent
		}
	}
	if c.percent == usualPercent || live == 0 {
		return c.percent
	}
	return max(usualPercent, min(c.percent, int(garbageMost*100/live)))
}

// collect does so until ctx ends. Who sets GOGC has decided.
func (a *App) collect(ctx context.Context) error {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	c := collector{percent: usualPercent}
	defer debug.SetGCPercent(usualPercent)
	in := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}, {Name: "/gc/heap/live:bytes"}, {Name: "/cpu/classes/gc/total:cpu-seconds"},
		{Name: "/cpu/classes/idle:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"}}
	metrics.Read(in)
	was, set := slices.Clone(in), usualPercent
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		metrics.Read(in)
		if p := c.second(between(was, in)); p != set {
			debug.SetGCPercent(p)
			set = p
		}
		copy(was, in)
	}
}

// between is what became of the time between two readings. The processors' time is
// read as of the last collection.
func between(was, now []metrics.Sample) spent {
	since := func(i int) float64 { return now[i].Value.Float64() - was[i].Value.Float64() }
	out := spent{cycles: now[0].Value.Uint64() - was[0].Value.Uint64(), live: now[1].Value.Uint64()}
	if work := since(4) - since(3); work > 0 {
		out.work, out.gc = work/since(4), since(2)/work
	}
	return out
}

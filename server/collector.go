package server

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Under load a small heap is collected many times a second, which takes a part of
// the processor that grows with the load. A house that is busy takes more memory instead, and gives it
// back when it is not.
const (
	usualPercent = 100 // of GOGC, the runtime's own
	busyPercent  = 400
	busyCycles   = 4         // collections a second from which on a house is busy
	calmSeconds  = 10        // without so much as one a second, after which it is not
	garbageMost  = 512 << 20 // bytes of garbage that a busy house may hold
)

// collector settles GOGC for what the house does. See runtime/debug.SetGCPercent.
type collector struct {
	percent int
	calm    int // seconds
}

// second takes note of the collections of one second and of the bytes in use
// after the last, and gives GOGC for the next.
func (c *collector) second(cycles, live uint64) int {
	switch {
	case c.percent == usualPercent && cycles >= busyCycles:
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
	in := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(in)
	was, set := in[0].Value.Uint64(), usualPercent
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		metrics.Read(in)
		cycles := in[0].Value.Uint64()
		if p := c.second(cycles-was, in[1].Value.Uint64()); p != set {
			debug.SetGCPercent(p)
			set = p
		}
		was = cycles
	}
}

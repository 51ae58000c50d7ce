package quota

// gcra is the generic cell rate algorithm: calls are due one every step, and
// may come early by at most depth. Times in nanoseconds.
type gcra struct {
	tat   int64 // when the next call would be due
	step  int64
	depth int64
}

// set spreads calls over per; the rounding is against the caller.
func (g *gcra) set(calls, per int64) {
	g.step = (per + calls - 1) / calls
	g.depth = g.step * calls
}

// due is when the bucket is empty again if cost is taken now. A clock that went
// back leaves at most a full bucket behind.
func (g *gcra) due(now, cost int64) int64 {
	tat := max(g.tat, now)
	if tat > now+g.depth+maxAhead {
		tat = now + g.depth
	}
	return tat + cost*g.step
}

// maxAhead is more than any call is ever held (limit.check), so a due time
// beyond it can only come from a clock that went back.
const maxAhead = int64(2 * 60 * 1e9)

// wait is how long cost must wait, 0 when it conforms.
func (g *gcra) wait(now, cost int64) int64 {
	return max(0, g.due(now, cost)-now-g.depth)
}

func (g *gcra) left(now int64) int64 {
	return max(0, (now+g.depth-max(g.tat, now))/g.step)
}

package quota

import "time"

// neighbours is what a node knows of the others that share its limits.
type neighbours struct {
	count int  // live nodes, this one included
	rank  int  // of this one among them, from 0
	away  bool // the database does not answer
	// shared: there is a database, which has to be asked before the first call.
	shared bool
}

// leases reports whether calls of long limits are reserved before they pass.
func (n *neighbours) leases() bool { return n.shared && !n.away }

// share is this node's part of a short limit. The parts add up to the limit,
// except that nobody gets less than one call.
func (n *neighbours) share(calls int64) int64 {
	if n.count <= 1 {
		return calls
	}
	part := calls / int64(n.count)
	if int64(n.rank) < calls%int64(n.count) {
		part++
	}
	return max(part, 1)
}

// bucket counts the calls of one holder under one limit. Guarded by its family.
type bucket struct {
	limit  *Limit // replaced, never changed
	holder string // "application/app_…", "" for the owner itself
	share  int64  // short limits: calls of this node

	rolling *rolling
	gcra    gcra // also paces calls above a long limit
	window  window
	loaded  bool  // window: the database was asked, or there is none
	want    int64 // window: what a call is waiting for
}

func newBucket(l *Limit, holder string, n *neighbours) *bucket {
	b := &bucket{holder: holder, loaded: !n.shared}
	b.set(l, n)
	return b
}

// set changes the limit and keeps the count.
func (b *bucket) set(l *Limit, n *neighbours) {
	if was := b.limit; was != nil && was.Long() && l.Long() && b.window.starts != 0 {
		b.window.free += l.Calls - was.Calls
		b.window.warned &= l.reached(b.window.used())
		if was.Shape != l.Shape || was.Per != l.Per {
			b.window = window{}
		}
	}
	b.limit = l
	b.share = n.share(l.Calls)
	switch l.Shape {
	case ShapeRolling:
		if b.rolling == nil || b.rolling.per != int64(l.Per) {
			b.rolling = &rolling{per: int64(l.Per)}
		}
	case ShapeGCRA:
		b.gcra.set(b.share, int64(l.Per))
	default:
		b.gcra.set(1, int64(max(l.Pace, 1)))
	}
}

// verdict is one bucket's word on a call.
type verdict struct {
	ok        bool
	wait      int64 // before passing
	after     int64 // before trying again
	unsettled bool  // the database has to be asked first
}

// check says whether cost may be taken, without taking it.
func (b *bucket) check(now, cost int64, n *neighbours) verdict {
	switch b.limit.Shape {
	case ShapeRolling:
		b.rolling.expire(now)
		if b.rolling.total+cost <= b.share {
			return verdict{ok: true}
		}
		return verdict{after: b.rolling.until(now, max(b.share-cost, 0))}
	case ShapeGCRA:
		wait := b.gcra.wait(now, cost)
		if wait == 0 {
			return verdict{ok: true}
		}
		if b.limit.Mode == ModeDelay && wait <= int64(b.limit.MaxWait) {
			return verdict{ok: true, wait: wait}
		}
		return verdict{after: wait}
	}
	return b.checkWindow(now, cost, n)
}

func (b *bucket) checkWindow(now, cost int64, n *neighbours) verdict {
	w := &b.window
	w.at(now, b.limit)
	if w.starts == 0 && cost == 0 {
		return verdict{ok: true} // looking does not begin a window
	}
	if !b.loaded || (w.starts == 0 && n.leases()) {
		b.want = max(b.want, cost)
		return verdict{unsettled: true, after: int64(time.Second)}
	}
	if w.starts == 0 {
		w.open(now, b.limit)
	}
	have := w.available(n)
	if cost <= have {
		return verdict{ok: true}
	}
	if w.free > 0 && n.leases() {
		b.want = max(b.want, cost)
		return verdict{unsettled: true, after: int64(time.Second)}
	}
	if b.limit.Mode == ModeDelay {
		// wait() measures from a bucket of depth one: the first call above the
		// limit waits one pace, those behind it longer.
		wait := b.gcra.wait(now, 1) + b.gcra.step
		if wait <= int64(b.limit.MaxWait) {
			return verdict{ok: true, wait: wait}
		}
		return verdict{after: min(wait-int64(b.limit.MaxWait), w.rest(now))}
	}
	if n.count > 1 && now-w.asked > int64(time.Second) {
		b.want = max(b.want, cost) // another node may have given back
	}
	return verdict{after: w.rest(now)}
}

// take takes cost after check allowed it.
func (b *bucket) take(now, cost int64, n *neighbours) {
	switch b.limit.Shape {
	case ShapeRolling:
		b.rolling.add(now, cost)
	case ShapeGCRA:
		b.gcra.tat = b.gcra.due(now, cost)
	default:
		if b.limit.Mode == ModeDelay && cost > b.window.available(n) {
			b.gcra.tat = b.gcra.due(now, 1)
		}
		b.window.spent += cost
	}
}

// refused counts a refused call where the limit wants that.
func (b *bucket) refused(now, cost int64) {
	switch b.limit.Shape {
	case ShapeRolling:
		b.rolling.add(now, cost)
	case ShapeGCRA:
		b.gcra.tat = min(b.gcra.due(now, cost), now+2*b.gcra.depth)
	default:
		if b.window.starts != 0 {
			b.window.spent += cost
		}
	}
}

// left is what remains for all nodes together, and when it is whole again.
func (b *bucket) left(now int64, n *neighbours) (int64, int64) {
	switch b.limit.Shape {
	case ShapeRolling:
		reset := int64(0)
		if b.rolling.n > 0 {
			reset = b.rolling.newest().last + b.rolling.per - now
		}
		return min(max(b.share-b.rolling.total, 0)*int64(max(n.count, 1)), b.limit.Calls), reset
	case ShapeGCRA:
		return min(b.gcra.left(now)*int64(max(n.count, 1)), b.limit.Calls), max(b.gcra.tat-now, 0)
	}
	if b.window.starts == 0 {
		return b.limit.Calls, 0
	}
	return max(b.limit.Calls-b.window.used(), 0), b.window.rest(now)
}

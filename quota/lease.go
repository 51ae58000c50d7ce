package quota

// record is the row of a window in the database. Times in nanoseconds.
type record struct {
	starts, ends    int64
	reserved, spent int64
	warned          int64
}

// claim is what a node says and wants when it settles one bucket: its window as
// it was when the settlement began, and how much more it needs at once.
type claim struct {
	key    bucketKey
	limit  *Limit
	window window
	want   int64
	whole  bool // give back what is left of the lease
}

// settled is what both sides know afterwards.
type settled struct {
	row     record
	window  window
	crossed int64 // levels to tell now, as bits
	changed bool  // the row has to be written
}

// settle books a claim on the row. It is the whole protocol of sharing long
// limits: nothing is reserved above the limit, nothing spent is forgotten.
// A spent part without a lease (the node ran ahead alone, or was cut off) is
// reserved afterwards, even when that passes the limit.
func (c *claim) settle(row record, now int64, nodes int) settled {
	w := c.window
	w.at(now, c.limit)
	was := row
	open := row.starts != 0 && now < row.ends
	if open && (row.starts > now+skew || row.ends > row.starts+maxLength(c.limit)) { // a clock went back, or the period is shorter now
		row.starts, row.ends = bounds(now, c.limit)
	}
	leased, news := w.leased, w.spent-w.settled
	switch {
	case open && w.starts != 0 && (w.starts == row.starts || w.starts == was.starts):
	case open: // another window is in force: what the row does not know yet counts there
		w.spent = news
		leased = 0
	case w.starts != 0: // ours is the first to be known
		row = record{starts: w.starts, ends: w.ends}
		leased, news = 0, w.spent
	case c.want > 0:
		starts, ends := bounds(now, c.limit)
		row = record{starts: starts, ends: ends}
	default:
		return settled{row: record{}, window: window{}}
	}
	row.reserved += max(0, w.spent-leased)
	row.spent += news
	leased = max(leased, w.spent)
	free := c.limit.Calls - row.reserved
	target := slice(c.limit.Calls)
	if nodes > 1 {
		target = max(min(target, free/int64(2*nodes)), 1)
	}
	more := c.topUp(leased-w.spent, free, target)
	leased += more
	row.reserved += more
	reached := c.limit.reached(row.spent)
	crossed := reached &^ row.warned
	row.warned = reached
	w = window{starts: row.starts, ends: row.ends, spent: w.spent, settled: w.spent, leased: leased,
		free: c.limit.Calls - row.reserved, seen: row.spent, warned: row.warned, target: target, asked: now}
	return settled{row: row, window: w, crossed: crossed, changed: row != was}
}

// topUp is by how much a lease changes: have is what is left of it, free what
// nobody reserved.
func (c *claim) topUp(have, free, target int64) int64 {
	if c.whole {
		return -have
	}
	return min(max(max(target, c.want)-have, 0), max(free, 0))
}

// maxLength is the longest that a window of the limit can be.
func maxLength(l *Limit) int64 {
	if l.Shape == ShapeMonth {
		return 31 * 24 * 3600 * 1e9
	}
	return int64(l.Per)
}

// apply puts the outcome into the bucket unless its window is another one by
// now. Calls that were taken meanwhile stay spent and are settled next time.
func (b *bucket) apply(before window, s settled) {
	if b.window.starts != before.starts {
		return
	}
	spent := s.window.spent + b.window.spent - before.spent
	b.window = s.window
	b.window.spent = spent
}

// claims lists what the family has to settle at now. how.soon leaves out what
// can wait for the next flush, so that one busy bucket does not have all others
// written; how.whole also lists those that only have a lease to give back.
func (f *family) claims(now int64, how settlement) []claim {
	var out []claim
	for k, b := range f.buckets {
		if !b.limit.Long() {
			continue
		}
		if b.window.at(now, b.limit) {
			b.want = 0 // nobody waits for a window that is over; the next call opens one
		}
		w := &b.window
		rest := b.loaded && b.want == 0 && (how.soon || w.spent == w.settled) && !w.hungry() && b.limit.reached(w.used())&^w.warned == 0
		if rest && !(how.whole && w.leased > w.spent) {
			continue
		}
		out = append(out, claim{key: k, limit: b.limit, window: *w, want: b.want, whole: how.whole})
		b.want = 0
	}
	return out
}

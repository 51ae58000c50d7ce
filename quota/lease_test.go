package quota

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The protocol of sharing a long limit, with nodes that call, settle, stop and
// crash in any order, against a plain count of what really passed in the window:
// never more passes than the limit, a lease is never more than a hundredth of it
// (or what one call costs), and a crash wastes no more than that.
func TestLeasesAgainstPlainCount(t *testing.T) {
	t.Parallel()
	const dearest = 5 // what a call may cost
	rapid.Check(t, func(rt *rapid.T) {
		calls := rapid.Int64Range(1, 2000).Draw(rt, "calls")
		nodes := rapid.IntRange(1, 3).Draw(rt, "nodes")
		l := Limit{Name: "day", Calls: calls, Per: 24 * time.Hour}.with()
		near := neighbours{count: nodes, shared: true}
		boot := func() *bucket { return newBucket(&l, "", &near) }
		buckets := make([]*bucket, nodes)
		for i := range buckets {
			buckets[i] = boot()
		}
		var row record
		now := start.UnixNano()
		passed, wasted, begun := int64(0), int64(0), int64(0) // in the window
		settle := func(b *bucket, whole bool) {
			if b.window.at(now, &l) {
				b.want = 0
			}
			before := b.window.leased - b.window.spent
			c := claim{limit: &l, window: b.window, want: b.want, whole: whole}
			b.want = 0
			out := c.settle(row, now, nodes)
			if out.changed {
				row = out.row
			}
			b.apply(c.window, out)
			b.loaded = true
			if have := b.window.leased - b.window.spent; have > max(calls/100, dearest) || c.want == 0 && have > max(calls/100, 1, before) {
				rt.Fatalf("%d of %d leased for a call of %d, %d before", have, calls, c.want, before)
			}
		}
		call := func(b *bucket, cost int64) bool {
			if begun == 0 || now >= begun+int64(l.Per) {
				passed, wasted, begun = 0, 0, now // the first call opens a window, passed or not
			}
			v := b.check(now, cost, &near)
			for try := 0; v.unsettled && try < 2; try++ {
				settle(b, false)
				v = b.check(now, cost, &near)
			}
			if v.ok {
				b.take(now, cost, &near)
				passed += cost
			}
			return v.ok
		}
		for range 300 {
			i := rapid.IntRange(0, nodes-1).Draw(rt, "node")
			b := buckets[i]
			switch rapid.SampledFrom([]string{"call", "call", "call", "call", "settle", "settle", "wait", "stop", "crash"}).Draw(rt, "step") {
			case "call":
				call(b, rapid.Int64Range(1, dearest).Draw(rt, "cost"))
			case "settle":
				settle(b, false)
			case "wait":
				now += rapid.Int64Range(0, int64(9*time.Hour)/1000).Draw(rt, "gap") * 1000
			case "stop":
				settle(b, true)
				if b.window.leased != b.window.spent {
					rt.Fatalf("a node stopped with %d leased and %d spent", b.window.leased, b.window.spent)
				}
				buckets[i] = boot()
			case "crash":
				b.window.at(now, &l)
				lost := b.window.leased - b.window.spent
				if lost < 0 || lost > max(calls/100, dearest) {
					rt.Fatalf("a crash loses %d of %d", lost, calls)
				}
				wasted += lost
				buckets[i] = boot()
			}
			if row.reserved > calls || row.spent > row.reserved || passed > calls {
				rt.Fatalf("%d passed of %d; row %+v", passed, calls, row)
			}
		}
		// The others give back what they hold; then one uses up all that is left.
		for _, b := range buckets[1:] {
			settle(b, true)
		}
		for begun == 0 || passed < calls {
			if call(buckets[0], 1) {
				continue
			}
			settle(buckets[0], false) // hears what the others gave back
			if !call(buckets[0], 1) {
				break
			}
		}
		if passed > calls || passed < calls-wasted {
			rt.Fatalf("%d passed of %d; crashes wasted %d", passed, calls, wasted)
		}
	})
}

// Alone, a limit is used to the last call however settling and calling mix.
func TestAloneTheWholeLimitIsUsable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		calls := rapid.Int64Range(1, 300).Draw(rt, "calls")
		l := Limit{Name: "month", Calls: calls, Shape: ShapeMonth}.with()
		near := neighbours{count: 1, shared: true}
		b := newBucket(&l, "", &near)
		var row record
		now := start.UnixNano()
		settle := func() {
			c := claim{limit: &l, window: b.window, want: b.want}
			b.want = 0
			out := c.settle(row, now, 1)
			row = out.row
			b.apply(c.window, out)
			b.loaded = true
		}
		for n := range calls {
			v := b.check(now, 1, &near)
			if v.unsettled {
				settle()
				v = b.check(now, 1, &near)
			}
			if !v.ok {
				rt.Fatalf("call %d of %d refused", n+1, calls)
			}
			b.take(now, 1, &near)
			if rapid.Bool().Draw(rt, "settle") {
				settle()
			}
		}
		if v := b.check(now, 1, &near); v.ok || v.unsettled {
			rt.Fatalf("call %d of %d: %+v", calls+1, calls, v)
		}
	})
}

func TestSettleAfterClockLeaps(t *testing.T) {
	t.Parallel()
	l := Limit{Name: "day", Calls: 100, Per: 24 * time.Hour}.with()
	now := start.UnixNano()
	future := start.AddDate(1, 0, 0).UnixNano()
	row := record{starts: future, ends: future + int64(l.Per), reserved: 40, spent: 40}
	c := claim{limit: &l, want: 1}
	out := c.settle(row, now, 1)
	if out.row.starts != now || out.row.ends != now+int64(l.Per) || out.row.spent != 40 {
		t.Errorf("a window of the future: %+v", out.row)
	}
	long := record{starts: now - 1000, ends: now + 31*int64(l.Per), reserved: 40, spent: 40} // was a month
	if out := c.settle(long, now, 1); out.row.ends != now+int64(l.Per) || out.row.spent != 40 {
		t.Errorf("a window longer than the limit's: %+v", out.row)
	}
}

package quota

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The protocol of sharing a long limit, with nodes that call, settle, stop and
// crash in any order, against a plain count of what really passed in the window.
func TestLeasesAgainstPlainCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		calls := rapid.Int64Range(1, 400).Draw(rt, "calls")
		nodes := rapid.IntRange(1, 3).Draw(rt, "nodes")
		l := Limit{Name: "day", Calls: calls, Per: 24 * time.Hour}.with()
		boot := func() *bucket { return newBucket(&l, "", &neighbours{shared: true}) }
		near := neighbours{count: nodes, shared: true}
		buckets := make([]*bucket, nodes)
		for i := range buckets {
			buckets[i] = boot()
		}
		var row record
		now := start.UnixNano()
		passed, begun, forgotten := int64(0), int64(0), int64(0) // in the window; forgotten by crashes
		settle := func(b *bucket, whole bool) {
			b.window.at(now, &l)
			c := claim{limit: &l, window: b.window, want: b.want, whole: whole}
			b.want = 0
			out := c.settle(row, now, nodes)
			if out.changed {
				row = out.row
			}
			b.apply(c.window, out)
			b.loaded = true
		}
		for range 300 {
			i := rapid.IntRange(0, nodes-1).Draw(rt, "node")
			b := buckets[i]
			switch rapid.SampledFrom([]string{"call", "call", "call", "call", "settle", "settle", "wait", "stop", "crash"}).Draw(rt, "step") {
			case "call":
				cost := rapid.Int64Range(1, 5).Draw(rt, "cost")
				if begun == 0 || now >= begun+int64(l.Per) {
					passed, begun, forgotten = 0, now, 0 // the first call opens a window, passed or not
				}
				v := b.check(now, cost, &near)
				for try := 0; v.unsettled && try < 2; try++ {
					settle(b, false)
					v = b.check(now, cost, &near)
				}
				if !v.ok {
					continue
				}
				b.take(now, cost, &near)
				passed += cost
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
				forgotten += max(0, b.window.spent-b.window.leased)
				buckets[i] = boot()
			}
			if row.reserved > calls+forgotten || row.spent > row.reserved+forgotten {
				rt.Fatalf("row %+v of %d", row, calls)
			}
			// Nodes that share never pass more than the limit. One alone may pass, after
			// a crash, what it had not reserved yet.
			if passed > calls+forgotten || (nodes > 1 && forgotten > 0) {
				rt.Fatalf("%d passed of %d, %d forgotten by crashes of %d nodes", passed, calls, forgotten, nodes)
			}
		}
	})
}

// Alone, a limit is used to the last call however settling and calling mix.
func TestAloneTheWholeLimitIsUsable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		calls := rapid.Int64Range(1, 300).Draw(rt, "calls")
		l := Limit{Name: "month", Calls: calls, Shape: ShapeMonth}.with()
		near := neighbours{count: 1}
		b := newBucket(&l, "", &near)
		var row record
		now := start.UnixNano()
		for n := range calls {
			if v := b.check(now, 1, &near); !v.ok {
				rt.Fatalf("call %d of %d refused", n+1, calls)
			}
			b.take(now, 1, &near)
			if rapid.Bool().Draw(rt, "settle") {
				c := claim{limit: &l, window: b.window}
				out := c.settle(row, now, 1)
				row = out.row
				b.apply(c.window, out)
			}
		}
		if v := b.check(now, 1, &near); v.ok {
			rt.Fatalf("call %d of %d passed", calls+1, calls)
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

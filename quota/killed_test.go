package quota

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// booked reads what the database knows of the one window of a group.
func booked(t *testing.T, db *store.DB, group string) record {
	t.Helper()
	var rows map[bucketKey]record
	try(t, db.Read(context.Background(), func(tx *store.Tx) error {
		var err error
		rows, err = windows(tx, group, nil)
		return err
	}))
	return rows[bucketKey{"", "day"}]
}

// A node reserves a hundredth of a limit, at least one call and at most 10,000;
// it never holds more than that unspent, and never spends what it did not
// reserve first.
func TestLeaseIsAtMostAHundredth(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		for calls, lease := range map[int64]int64{1: 1, 99: 1, 100: 1, 250: 2, 10_000: 100, 1_000_000: 10_000, 5_000_000: 10_000} {
			group := Holder{Group: fmt.Sprint("grp_", calls)}
			s := node(t, db, "")
			on(t, s, Limit{Name: "day", Calls: calls, Per: 24 * time.Hour})
			m := s.Meter(group)
			for n := range min(calls, 230) {
				if got := spend(m, clock.Now(), 1); got != 1 {
					t.Fatalf("call %d of %d refused", n+1, calls)
				}
				if row := booked(t, db, group.Group); row.reserved < n+1 || row.reserved-(n+1) > lease || n == 0 && row.reserved != lease {
					t.Fatalf("limit %d: %d reserved after %d calls; a lease is %d", calls, row.reserved, n+1, lease)
				}
			}
		}
	})
}

// Nodes that are killed again and again, alone or beside one that lives, and
// never settle: no more calls pass than the limit, and each of them wastes at
// most one lease.
func TestKilledNodesNeverGiveCallsBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		for _, limit := range []int64{150, 1000} {
			for _, beside := range []bool{false, true} {
				group := Holder{Group: fmt.Sprint("grp_", limit, beside)}
				boot := func(name string) *Service {
					s := node(t, db, name)
					on(t, s, Limit{Name: "day", Calls: limit, Per: 24 * time.Hour})
					return s
				}
				var survivor *Service
				name := ""
				if beside {
					survivor, name = boot("a"), "b"
					try(t, survivor.Beat(t.Context()))
				}
				var passed atomic.Int64
				together := func(nodes []*Service, each int) {
					var clients sync.WaitGroup
					for _, s := range nodes {
						for range 4 {
							clients.Go(func() { passed.Add(int64(spend(s.Meter(group), clock.Now(), each))) })
						}
					}
					clients.Wait()
				}
				const kills = 4
				for range kills {
					nodes := []*Service{boot(name)}
					if beside {
						try(t, nodes[0].Beat(t.Context()))
						try(t, survivor.Beat(t.Context()))
						nodes = append(nodes, survivor)
					}
					together(nodes, int(limit)/70) // and nobody hears of the new one again
				}
				last := survivor
				if !beside {
					last = boot("")
				}
				together([]*Service{last}, int(limit))
				if n := passed.Load(); n > limit || n < limit-kills*slice(limit) {
					t.Errorf("%d calls of %d passed (beside another: %v); %d kills waste at most %d each", n, limit, beside, kills, slice(limit))
				}
				if row := booked(t, db, group.Group); row.reserved > limit {
					t.Errorf("%d of %d reserved", row.reserved, limit)
				}
				if beside {
					clock.Advance(beatLive + time.Second)
				}
			}
		}
	})
}

// Many calls at once under a limit whose lease is a single call: each waits for
// its turn, and none is told that the quota is used up before it is.
func TestSmallLimitUnderManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := node(t, db, "")
		on(t, s, Limit{Name: "day", Calls: 60, Per: 24 * time.Hour})
		m := s.Meter(holder)
		var passed, refused atomic.Int64
		var clients sync.WaitGroup
		for range 80 {
			clients.Go(func() {
				switch d := m.Spend(context.Background(), clock.Now(), 1); {
				case d.Allowed:
					passed.Add(1)
				case d.Exceeded():
					refused.Add(1)
				default:
					t.Errorf("undecided: %v", d.Problem())
				}
			})
		}
		clients.Wait()
		if passed.Load() != 60 || refused.Load() != 20 {
			t.Errorf("%d passed, %d refused; want 60 and 20", passed.Load(), refused.Load())
		}
	})
}

// A call has its time before it opens a window, and clocks of nodes differ: by
// a second such calls neither lose a lease nor are counted twice, in the window
// that they open and in the one that follows.
func TestClocksALittleApart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		for _, shape := range []Limit{{Name: "day", Calls: 1000, Per: 24 * time.Hour}, {Name: "day", Calls: 1000, Shape: ShapeMonth}} {
			group := Holder{Group: "grp_" + string(shape.with().Shape)}
			a, b := node(t, db, "a"), node(t, db, "b")
			for _, s := range []*Service{a, b, a} {
				on(t, s, shape)
				try(t, s.Beat(t.Context()))
			}
			early := func() time.Time { return clock.Now().Add(-time.Second) }
			for round := range 2 {
				for range 50 {
					if spend(a.Meter(group), early(), 1)+spend(b.Meter(group), clock.Now(), 1) != 2 {
						t.Fatal("refused")
					}
				}
				try(t, a.Flush(t.Context()))
				try(t, b.Flush(t.Context()))
				// By a's clock the last window goes on a little: what it had leased there it
				// may spend there.
				least := int64(100 - round*10)
				if row := booked(t, db, group.Group); row.spent > 100 || row.spent < least || row.reserved > 120 {
					t.Errorf("%s, round %d: %d spent and %d reserved after 100 calls", shape.Shape, round, row.spent, row.reserved)
				}
				clock.Advance(time.Unix(0, booked(t, db, group.Group).ends).Sub(clock.Now()))
			}
		}
	})
}

// Another node that opened the next window first does not charge what this one
// spent in the last.
func TestLastWindowIsNotChargedToTheNext(t *testing.T) {
	t.Parallel()
	l := Limit{Name: "day", Calls: 1000, Per: 24 * time.Hour}.with()
	now := start.UnixNano()
	ours := window{starts: now - int64(l.Per) + 1e9, ends: now + 1e9, spent: 507, settled: 500, leased: 510}
	c := claim{limit: &l, window: ours}
	out := c.settle(record{starts: now, ends: now + int64(l.Per), reserved: 10, spent: 3}, now, 2)
	if out.row.spent != 10 || out.row.reserved != 10+7+10 || out.window.spent != 7 || out.window.starts != now {
		t.Errorf("row %+v, window %+v", out.row, out.window)
	}
}

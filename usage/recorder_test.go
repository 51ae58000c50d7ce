package usage

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func (r *Recorder) sum() map[string]int64 {
	got := map[string]int64{}
	r.pending(func(*Key) bool { return true }, func(k *Key, minute int64, o Outcome, n int64) {
		got[fmt.Sprintf("%s %s +%d %s", k.Grant, k.Operation, minute-start.Unix()/60, o)] += n
	})
	return got
}

func TestRecordCountsByMinuteAndOutcome(t *testing.T) {
	t.Parallel()
	r := NewRecorder(0)
	k := Key{Grant: "g", Operation: "listThings"}
	r.Record(start, k, 1)
	r.Record(start.Add(59*time.Second), k, 2)
	k.Outcome = RateLimited
	r.Record(start.Add(60*time.Second), k, 3)
	r.Record(start, k, 1) // the clock went back: counted in the open minute
	want := map[string]int64{"g listThings +0 ok": 3, "g listThings +1 rate_limited": 4}
	if got := r.sum(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := r.Totals(); got[OK] != 3 || got[RateLimited] != 4 {
		t.Errorf("totals %v", got)
	}
}

func TestNothingIsLostWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	r := NewRecorder(0)
	c := r.Counter(Key{Grant: "g"})
	for i := range 100 {
		c.Add(start.Add(time.Duration(i)*time.Minute), OK, 1)
		if i%10 == 0 {
			for _, l := range r.listed(1000) {
				l.putBack(l.take(nil))
			}
		}
	}
	var sum int64
	for _, n := range r.sum() {
		sum += n
	}
	if sum != 100 || len(c.held) > heldMinutes {
		t.Errorf("%d counted in %d held minutes, want 100 in at most %d", sum, len(c.held), heldMinutes)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	r := NewRecorder(10)
	for i := range 10_000 {
		r.Record(start, Key{Grant: fmt.Sprint("g", i%100), Application: fmt.Sprint("a", i%50), Operation: fmt.Sprint("op", i)}, 1)
	}
	if r.Live() > 31 {
		t.Errorf("%d combinations in memory, want at most 31", r.Live())
	}
	var sum, other int64
	for k, n := range r.sum() {
		sum += n
		if k == " other +0 ok" {
			other += n
		}
	}
	if sum != 10_000 || other == 0 {
		t.Errorf("%d counted, %d of them together; want all 10000", sum, other)
	}
}

func TestIdleCountersAreForgottenButStillCount(t *testing.T) {
	t.Parallel()
	r := NewRecorder(0)
	c := r.Counter(Key{Grant: "g"})
	c.Add(start, OK, 1)
	r.forget(start.Add(time.Hour))
	if r.Live() != 1 {
		t.Error("a counter with something to write was forgotten")
	}
	for _, l := range r.listed(1000) {
		l.take(nil)
	}
	r.forget(start.Add(time.Hour))
	if r.Live() != 0 {
		t.Error("an idle counter was kept")
	}
	c.Add(start, OK, 5)
	r.Counter(Key{Grant: "g"}).Add(start, OK, 6)
	if got := r.sum()["g  +0 ok"]; got != 11 {
		t.Errorf("old and new handle counted %d, want 11", got)
	}
}

func TestParallelRecords(t *testing.T) {
	t.Parallel()
	r := NewRecorder(0)
	var taken int64
	var mu sync.Mutex
	flush := func() {
		for _, c := range r.listed(1000) {
			for _, m := range c.take(nil) {
				mu.Lock()
				for _, n := range m.n {
					taken += int64(n)
				}
				mu.Unlock()
			}
		}
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				k := Key{Grant: fmt.Sprint("g", i%7), Outcome: Outcome(i % int(outcomes))}
				r.Record(start.Add(time.Duration(i)*time.Second), k, 1)
				r.Touch(Subject{"token", "t"}, start.Add(time.Duration(i)), Call{Operation: "op"})
				if w == 0 && i%100 == 0 {
					flush()
					r.takeStamps()
				}
			}
		})
	}
	wg.Wait()
	flush()
	if taken != 8000 {
		t.Errorf("%d counted, want 8000", taken)
	}
}

func TestStampKeepsTheLatestUse(t *testing.T) {
	t.Parallel()
	r := NewRecorder(0)
	s := Subject{"token", "tok_1"}
	r.Touch(s, start, Call{Operation: "b", Account: "acc_b", From: netip.MustParseAddr("::ffff:203.0.113.77")})
	r.Touch(s, start.Add(-time.Second), Call{Operation: "a", Account: "acc_a", From: netip.MustParseAddr("192.0.2.1")})
	want := Last{At: start, Operation: "b", Account: "acc_b", Network: "203.0.113.0/24"}
	if got := r.Stamp(s).last(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOutcomeNames(t *testing.T) {
	t.Parallel()
	for _, o := range Outcomes() {
		if got, ok := OutcomeOf(o.String()); !ok || got != o {
			t.Errorf("%d is named %s, which is %d", o, o, got)
		}
	}
	if _, ok := OutcomeOf("fine"); ok {
		t.Error("fine is no outcome")
	}
}

func TestRecordDoesNotAllocate(t *testing.T) {
	r := NewRecorder(0)
	k := Key{Grant: "gra_1", Application: "app_1", Operation: "listThings", Outcome: OK}
	c, s := r.Counter(k), r.Stamp(Subject{"token", "tok_1"})
	from := netip.MustParseAddr("203.0.113.7")
	now := start
	if n := testing.AllocsPerRun(1000, func() {
		now = now.Add(time.Millisecond)
		c.Add(now, OK, 1)
		r.Record(now, k, 1)
		s.Touch(now, Call{Operation: "listThings", From: from})
	}); n != 0 {
		t.Errorf("%v allocations per call", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	r := NewRecorder(0)
	c := r.Counter(Key{Grant: "gra_1", Operation: "listThings"})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Add(start, OK, 1)
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	r := NewRecorder(0)
	k := Key{Grant: "gra_01jd3w2q9v8c7b6n5m4k3h2g1f", Application: "app_01jd3w2q9v8c7b6n5m4k3h2g1f", Operation: "listThings"}
	b.ReportAllocs()
	for b.Loop() {
		r.Record(start, k, 1)
	}
}

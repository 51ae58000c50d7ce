package quota

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func ready(t testing.TB, limits ...Limit) []Limit {
	t.Helper()
	p, err := Plan{Name: "test", Limits: limits}.Ready()
	if err != nil {
		t.Fatal(err)
	}
	return p.Limits
}

func alone(t testing.TB, limits ...Limit) *Meter {
	t.Helper()
	f := newFamily("grp_a", neighbours{count: 1}, nil)
	f.setLimits(ready(t, limits...))
	return f.meter(Holder{Group: "grp_a", Application: "app_a", Account: "acc_a", Key: "key_a"})
}

// R-01, H30: the 101st call in 10 s is refused, with a Retry-After of at most
// 10 that agrees with t, whatever the spacing.
func TestHundredAndFirstCall(t *testing.T) {
	t.Parallel()
	for _, gap := range []time.Duration{0, time.Microsecond, time.Millisecond, 99 * time.Millisecond} {
		m := alone(t, Development().Limits...)
		now := start
		for i := range 100 {
			if d := m.Take(now, 1); !d.Allowed {
				t.Fatalf("gap %s: call %d refused by %s", gap, i+1, d.Bucket())
			}
			now = now.Add(gap)
		}
		d := m.Take(now, 1)
		if d.Allowed || d.Bucket() != "burst" || d.Exceeded() {
			t.Fatalf("gap %s: call 101: %+v", gap, d)
		}
		if r := d.RetryAfter(); r < 1 || r > 10 {
			t.Errorf("gap %s: Retry-After %d", gap, r)
		}
		if got, want := string(d.AppendState(nil)), fmt.Sprintf(`"burst";r=0;t=%d`, d.RetryAfter()); got != want {
			t.Errorf("RateLimit %s, want %s", got, want)
		}
		if d := m.Take(now.Add(time.Duration(d.RetryAfter())*time.Second), 1); !d.Allowed {
			t.Errorf("gap %s: still refused after Retry-After", gap)
		}
	}
}

// The rolling bucket never lets more through than allowed in any stretch, and
// refuses only what an exact count of a stretch 1/16 longer would refuse.
func TestRollingAgainstExactCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		calls := rapid.Int64Range(1, 40).Draw(rt, "calls")
		per := rapid.Int64Range(1, 20).Draw(rt, "seconds") * int64(time.Second)
		m := alone(t, Limit{Calls: calls, Per: time.Duration(per), Name: "burst"})
		type taken struct{ at, n int64 }
		var log []taken
		sum := func(now, length int64) int64 {
			var n int64
			for _, c := range log {
				if c.at > now-length {
					n += c.n
				}
			}
			return n
		}
		now := start.UnixNano()
		for range 200 {
			now += rapid.Int64Range(0, per/4).Draw(rt, "gap")
			cost := rapid.Int64Range(1, 3).Draw(rt, "cost")
			d := m.Take(time.Unix(0, now), cost)
			exact := sum(now, per)
			if d.Allowed && exact+cost > calls {
				rt.Fatalf("let %d through on top of %d, allowed %d", cost, exact, calls)
			}
			if !d.Allowed && sum(now, per+per/16+1)+cost <= calls {
				rt.Fatalf("refused %d on top of %d, allowed %d", cost, exact, calls)
			}
			if !d.Allowed && cost <= calls {
				again := now + int64(d.After)
				if sum(again, per)+cost > calls {
					rt.Fatalf("After %s is too early", d.After)
				}
			}
			if d.Allowed {
				log = append(log, taken{now, cost})
			}
		}
	})
}

// The cell rate bucket agrees with a slow leaky bucket that drains in steps.
func TestGCRAAgainstLeakyBucket(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		calls := rapid.Int64Range(1, 50).Draw(rt, "calls")
		step := int64(time.Second) / 10
		mode := rapid.SampledFrom([]Mode{ModeReject, ModeDelay}).Draw(rt, "mode")
		l := Limit{Name: "burst", Calls: calls, Per: time.Duration(step * calls), Shape: ShapeGCRA, Mode: mode, MaxWait: time.Second}
		if l.Per < time.Second {
			l.Per, step = time.Second, (int64(time.Second)+calls-1)/calls
		}
		m := alone(t, l)
		now, level, at := start.UnixNano(), int64(0), start.UnixNano() // level: nanoseconds of work in the bucket
		for range 200 {
			now += rapid.Int64Range(0, 5*step).Draw(rt, "gap")
			cost := rapid.Int64Range(1, 4).Draw(rt, "cost")
			level = max(0, level-(now-at))
			at = now
			over := level + cost*step - calls*step
			want := over <= 0 || (mode == ModeDelay && over <= int64(l.MaxWait))
			d := m.Take(time.Unix(0, now), cost)
			if d.Allowed != want {
				rt.Fatalf("allowed %v, want %v (over %d)", d.Allowed, want, over)
			}
			if !want {
				if int64(d.After) != over {
					rt.Fatalf("After %d, want %d", d.After, over)
				}
				continue
			}
			if int64(d.Wait) != max(over, 0) {
				rt.Fatalf("Wait %d, want %d", d.Wait, over)
			}
			level += cost * step
		}
	})
}

// parallel clients never get more than the limit.
func TestParallelTakesNeverOvershoot(t *testing.T) {
	t.Parallel()
	m := alone(t, Limit{Name: "burst", Calls: 500, Per: 10 * time.Second}, Limit{Name: "day", Calls: 700, Per: 24 * time.Hour},
		Limit{Name: "paced", Calls: 600, Per: time.Minute, Shape: ShapeGCRA, Scope: ScopeKey})
	round := func(now time.Time) int64 {
		var passed atomic.Int64
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 400 {
					if d := m.Take(now, 1); d.Allowed {
						passed.Add(1)
					}
				}
			})
		}
		wg.Wait()
		return passed.Load()
	}
	if n := round(start); n != 500 {
		t.Errorf("first round passed %d, want 500", n)
	}
	// Refused calls took nothing from the day: 200 are left.
	if n := round(start.Add(time.Minute)); n != 200 {
		t.Errorf("second round passed %d, want 200", n)
	}
}

func TestDayBeginsWithFirstCall(t *testing.T) {
	t.Parallel()
	m := alone(t, Limit{Name: "day", Calls: 10, Per: 24 * time.Hour})
	for range 10 {
		if d := m.Take(start, 1); !d.Allowed {
			t.Fatal("refused below the limit")
		}
	}
	d := m.Take(start.Add(23*time.Hour), 1)
	if d.Allowed || !d.Exceeded() || d.RetryAfter() != 3600 {
		t.Fatalf("11th call: allowed %v, Retry-After %d", d.Allowed, d.RetryAfter())
	}
	p := d.Problem()
	if p.Code != CodeQuotaExceeded || p.Extra["bucket"] != "day" {
		t.Errorf("problem %+v", p)
	}
	if d := m.Take(start.Add(24*time.Hour), 1); !d.Allowed {
		t.Error("refused in the next window")
	}
}

// K-03: months end where the calendar says, and clocks that leap neither lose
// nor give back quota, nor lock anyone out for longer than one window.
func TestClockLeaps(t *testing.T) {
	t.Parallel()
	month := alone(t, Limit{Name: "month", Calls: 2, Shape: ShapeMonth})
	end := time.Date(2028, 2, 29, 23, 59, 59, 0, time.UTC)
	month.Take(end, 1)
	month.Take(end, 1)
	if d := month.Take(end, 1); d.Allowed || d.RetryAfter() != 1 {
		t.Errorf("end of February: allowed %v, Retry-After %d", d.Allowed, d.RetryAfter())
	}
	if d := month.Take(end.Add(time.Second), 1); !d.Allowed {
		t.Error("March has begun")
	}
	day := alone(t, Limit{Name: "day", Calls: 1, Per: 24 * time.Hour})
	day.Take(start.AddDate(1, 0, 0), 1)
	d := day.Take(start, 1)
	if d.Allowed || d.After > 24*time.Hour {
		t.Errorf("after a leap back: allowed %v, After %s", d.Allowed, d.After)
	}
	burst := alone(t, Limit{Name: "burst", Calls: 1, Per: 10 * time.Second})
	burst.Take(start.Add(time.Hour), 1)
	if d := burst.Take(start, 1); d.Allowed || d.After > 10*time.Second {
		t.Errorf("burst after a leap back: allowed %v, After %s", d.Allowed, d.After)
	}
	paced := alone(t, Limit{Name: "burst", Calls: 1, Per: 10 * time.Second, Shape: ShapeGCRA})
	paced.Take(start.Add(time.Hour), 1)
	if d := paced.Take(start, 1); d.Allowed || d.After > 10*time.Second {
		t.Errorf("gcra after a leap back: allowed %v, After %s", d.Allowed, d.After)
	}
}

func TestDelayAboveLongLimit(t *testing.T) {
	t.Parallel()
	m := alone(t, Limit{Name: "day", Calls: 2, Per: 24 * time.Hour, Mode: ModeDelay, Pace: time.Second, MaxWait: 2 * time.Second})
	m.Take(start, 2)
	for i, want := range []time.Duration{time.Second, 2 * time.Second} {
		d := m.Take(start, 1)
		if !d.Allowed || d.Wait != want || !d.Overage {
			t.Errorf("call %d above: %+v", i+1, d)
		}
	}
	if d := m.Take(start, 1); d.Allowed {
		t.Error("a wait above the cap must be refused")
	}
}

func TestRejectedCallsCountOnlyWhenConfigured(t *testing.T) {
	t.Parallel()
	for _, counted := range []bool{false, true} {
		m := alone(t, Limit{Name: "burst", Calls: 1, Per: 10 * time.Second}, Limit{Name: "day", Calls: 10, Per: 24 * time.Hour, CountRejected: counted})
		for range 5 {
			m.Take(start, 1)
		}
		d := m.Take(start.Add(time.Minute), 0)
		want := `"burst";r=1;t=0, "day";r=9;t=86340`
		if counted {
			want = `"burst";r=1;t=0, "day";r=5;t=86340`
		}
		if got := string(d.AppendState(nil)); got != want {
			t.Errorf("counted %v: %s, want %s", counted, got, want)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	m := alone(t, Development().Limits...)
	d := m.Take(start, 1)
	if got, want := string(d.AppendPolicy(nil)), `"burst";q=100;w=10, "day";q=10000;w=86400`; got != want {
		t.Errorf("RateLimit-Policy %s, want %s", got, want)
	}
	if got, want := string(d.AppendState(nil)), `"burst";r=99;t=10, "day";r=9999;t=86400`; got != want {
		t.Errorf("RateLimit %s, want %s", got, want)
	}
	if got := d.AppendRetryAfter(nil); len(got) != 0 {
		t.Errorf("Retry-After %s on an allowed call", got)
	}
	for style, want := range map[Style]string{
		StyleNone:      "[]",
		StyleXRate:     "[{X-Rate-Limit-Limit 10000} {X-Rate-Limit-Remaining 9999}]",
		StyleXRateReal: "[{X-Ratelimit-Limit 100} {X-Ratelimit-Remaining 99} {X-Ratelimit-Reset 10}]",
		StyleInterval: "[{X-Ratelimit-Max 100} {X-Ratelimit-Remaining 99} {X-Ratelimit-Interval-Milliseconds 10000}" +
			" {X-Ratelimit-Limit-Daily 10000} {X-Ratelimit-Daily-Remaining 9999}]",
	} {
		if got := fmt.Sprint(d.Compatible(style, nil)); got != want {
			t.Errorf("%q: %s, want %s", style, got, want)
		}
	}
}

func TestTakeDoesNotAllocate(t *testing.T) {
	m := alone(t, append(Development().Limits, Limit{Calls: 1e9, Per: time.Second, Shape: ShapeGCRA, Scope: ScopeKey})...)
	buf := make([]byte, 0, 512)
	now := start
	if n := testing.AllocsPerRun(1000, func() {
		d := m.Take(now, 1)
		buf = d.AppendState(d.AppendPolicy(buf[:0]))
		now = now.Add(time.Millisecond)
	}); n != 0 {
		t.Errorf("%v allocations per call", n)
	}
}

func BenchmarkTake(b *testing.B) {
	huge := []Limit{{Name: "burst", Calls: 1e12, Per: 10 * time.Second}, {Name: "day", Calls: 1e12, Per: 24 * time.Hour}}
	four := append([]Limit{{Name: "key", Calls: 1e9, Per: time.Second, Scope: ScopeKey, Shape: ShapeGCRA},
		{Name: "acc", Calls: 1e12, Per: 24 * time.Hour, Scope: ScopeAccount}}, huge...)
	for name, limits := range map[string][]Limit{"two": huge, "four": four} {
		b.Run(name, func(b *testing.B) {
			m := alone(b, limits...)
			b.ReportAllocs()
			now := start
			for b.Loop() {
				now = now.Add(time.Microsecond)
				m.Take(now, 1)
			}
		})
		b.Run(name+"Parallel", func(b *testing.B) {
			m := alone(b, limits...)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				now := start
				for pb.Next() {
					now = now.Add(time.Microsecond)
					m.Take(now, 1)
				}
			})
		})
	}
}

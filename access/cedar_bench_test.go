package access_test

import (
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/guestright/guestright/access"
)

// BenchmarkAgainstCedar asks the same question of the same 50 statements here and of Cedar, in turn, so that a busy
// machine slows both. It reports nanoseconds of each and how many times slower Cedar is.
func BenchmarkAgainstCedar(b *testing.B) {
	const ours = 50 // questions to us for each one to Cedar
	q := question(b)
	set := asCedar(b, fiftyPolicy(b), nil)
	entities, ask := cedarQuestion("updateRules", q.Resource)
	layer, on := q.Layers[0], q.Resource
	var here, there time.Duration
	n := 0
	for b.Loop() {
		at := time.Now()
		for range ours {
			if !layer.Allows("updateRules", &on) {
				b.Fatal("refused")
			}
		}
		mid := time.Now()
		if decision, _ := cedar.Authorize(set, entities, ask); decision != cedar.Allow {
			b.Fatal("Cedar refuses")
		}
		here, there = here+mid.Sub(at), there+time.Since(mid)
		n++
	}
	a, c := float64(here.Nanoseconds())/float64(n*ours), float64(there.Nanoseconds())/float64(n)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(a, "ns/ours")
	b.ReportMetric(c, "ns/cedar")
	b.ReportMetric(c/a, "times")
}

func fiftyPolicy(t testing.TB) access.Policy {
	t.Helper()
	var p access.Policy
	for _, text := range fiftyTexts() {
		p = append(p, st(t, text))
	}
	return p
}

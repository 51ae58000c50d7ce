package server

import "testing"

// A house that collects garbage often holds more of it, as long as it is busy
// and the garbage is bounded.
func TestCollectorFollowsLoad(t *testing.T) {
	t.Parallel()
	c := collector{percent: usualPercent}
	for i, s := range []struct {
		cycles, live uint64
		times, want  int
		work, gc     float64
	}{
		{0, 20 << 20, 30, 100, 0.9, 0.05},
		{3, 20 << 20, 30, 100, 0.9, 0.05}, // a little to do
		{4, 20 << 20, 1, 400, 0.9, 0.05},
		{1, 20 << 20, 30, 400, 0.9, 0.05},  // what the same load makes with more room
		{1, 256 << 20, 1, 200, 0.9, 0.05},  // not more than 512 MiB of garbage
		{1, 4096 << 20, 1, 100, 0.9, 0.05}, // and never less than the runtime would take
		{1, 0, 1, 400, 0.9, 0.05},          // nothing is known of it yet
		{0, 20 << 20, 9, 400, 0.9, 0.05},
		{1, 20 << 20, 1, 400, 0.9, 0.05}, // not calm yet
		{0, 20 << 20, 9, 400, 0.9, 0.05},
		{0, 20 << 20, 1, 100, 0.9, 0.05},
		{2, 20 << 20, 5, 100, 0.9, 0.05},
		{90, 20 << 20, 1, 400, 0.9, 0.05},
		{0, 20 << 20, 9, 400, 0.9, 0.05},
		{0, 20 << 20, 1, 100, 0.9, 0.05},
		{1, 128 << 20, 5, 100, 0.1, 0.5}, // hardly anything else to do
		{1, 128 << 20, 1, 400, 0.4, 0.2}, // a large heap, dear to look through
	} {
		for range s.times {
			if got := c.second(spent{cycles: s.cycles, live: s.live, work: s.work, gc: s.gc}); got != s.want {
				t.Errorf("step %d: GOGC %d, want %d", i, got, s.want)
				break
			}
		}
	}
}

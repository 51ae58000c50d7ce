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
	}{
		{0, 20 << 20, 30, 100},
		{3, 20 << 20, 30, 100}, // a little to do
		{4, 20 << 20, 1, 400},
		{1, 20 << 20, 30, 400},  // what the same load makes with more room
		{1, 256 << 20, 1, 200},  // not more than 512 MiB of garbage
		{1, 4096 << 20, 1, 100}, // and never less than the runtime would take
		{1, 0, 1, 400},          // nothing is known of it yet
		{0, 20 << 20, 9, 400},
		{1, 20 << 20, 1, 400}, // not calm yet
		{0, 20 << 20, 9, 400},
		{0, 20 << 20, 1, 100},
		{2, 20 << 20, 5, 100},
		{90, 20 << 20, 1, 400},
	} {
		for range s.times {
			if got := c.second(s.cycles, s.live); got != s.want {
				t.Errorf("step %d: GOGC %d, want %d", i, got, s.want)
				break
			}
		}
	}
}

package webhook

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Everybody who has a place at a host is served at once, however many there are,
// and who has served is asked again before somebody new is.
func TestCrew(t *testing.T) {
	t.Parallel()
	const many = 2 * crewIdle
	var begun sync.WaitGroup
	var done atomic.Int64
	c := &crew{run: func(errand) {
		begun.Done()
		begun.Wait() // nobody goes on before all have begun
		done.Add(1)
	}}
	for round := range int64(3) {
		begun.Add(many)
		for range many {
			c.work(errand{})
		}
		c.busy.Wait()
		if got := done.Load(); got != (round+1)*many {
			t.Fatalf("%d errands are done after round %d", got, round)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) > crewIdle {
		t.Errorf("%d wait", len(c.idle))
	}
}

// One that waits leaves the line once, and not when it was given an errand.
func TestCrewLeaves(t *testing.T) {
	t.Parallel()
	c := &crew{}
	a, b := make(chan errand, 1), make(chan errand, 1)
	if !c.wait(a) || !c.wait(b) {
		t.Fatal("the line is full")
	}
	c.work(errand{lane: &lane{id: "one"}})
	if got := (<-b).lane.id; got != "one" {
		t.Errorf("the last to come got %q", got)
	}
	if c.leave(b) {
		t.Error("it left with an errand")
	}
	if !c.leave(a) || c.leave(a) {
		t.Error("it does not leave once")
	}
}

// Sums of many endpoints rest longer and are written in parts, and none is lost.
func TestCountsInParts(t *testing.T) {
	t.Parallel()
	c := &counter{}
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	const many = 2*countMost + 7
	for i := range many {
		c.put(spot{string(rune('a' + i)), at}, tally{delivered: int64(i)})
	}
	beats := 1
	for ; !c.beat(); beats++ {
		if len(c.take(false)) > 0 {
			t.Fatal("taken before its time")
		}
	}
	if beats != countRests {
		t.Errorf("they rested for %d beats", beats)
	}
	seen, sum := map[spot]bool{}, int64(0)
	for parts := 1; ; parts++ {
		got := c.take(false)
		if parts > 1 && len(got) == 0 {
			if parts != 4 {
				t.Errorf("%d parts", parts-1)
			}
			break
		}
		if len(got) > countMost {
			t.Errorf("%d at one time", len(got))
		}
		if parts == 1 { // it could not be written
			c.back(got)
			got = c.take(false)
		}
		for s, one := range got {
			if seen[s] {
				t.Errorf("%v comes twice", s)
			}
			seen[s] = true
			sum += one.delivered
		}
	}
	if len(seen) != many || sum != many*(many-1)/2 {
		t.Errorf("%d of %d sums, %d in all", len(seen), many, sum)
	}
	for range countTicks {
		c.put(spot{"z", at}, tally{failed: 1})
		if c.beat() {
			return
		}
	}
	t.Error("few sums rest longer than they should")
}

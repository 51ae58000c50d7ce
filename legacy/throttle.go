package legacy

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/network"
	"github.com/guestright/guestright/kit/problem"
)

const (
	// wrongMost is how many different wrong keys one network may try within
	// wrongWithin. A broken client that repeats one wrong key counts once.
	wrongMost   = 100
	wrongWithin = 10 * time.Minute
	goodMost    = 256    // keys of a network that are let through meanwhile
	networks    = 10_000 // that are remembered
)

// throttle slows down who guesses legacy keys: those may be short, unlike ours.
// Once a network has tried too many wrong ones, only keys that it used before are
// looked at, so that an answer tells nothing about others.
type throttle struct {
	seed maphash.Seed
	mu   sync.Mutex
	all  map[netip.Prefix]*tries
}

// tries are what a network presented since its first wrong key.
type tries struct {
	ends  time.Time
	wrong []uint64
	good  []uint64
}

func newThrottle() *throttle {
	return &throttle{seed: maphash.MakeSeed(), all: map[netip.Prefix]*tries{}}
}

func (t *throttle) mark(raw string) uint64 { return maphash.String(t.seed, raw) }

// judgement of a presented key before anything is computed.
type judgement uint8

const (
	look  judgement = iota // nothing is known
	wrong                  // it was wrong a moment ago
	slow                   // too many wrong ones
)

func (t *throttle) before(n netip.Prefix, mark uint64, now time.Time) (judgement, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.all[n]
	switch {
	case w == nil || !now.Before(w.ends):
		return look, 0
	case slices.Contains(w.wrong, mark):
		return wrong, 0
	case len(w.wrong) >= wrongMost && !slices.Contains(w.good, mark):
		return slow, w.ends.Sub(now)
	}
	return look, 0
}

func (t *throttle) after(n netip.Prefix, mark uint64, known bool, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.all[n]
	if w != nil && !now.Before(w.ends) {
		delete(t.all, n)
		w = nil
	}
	if known {
		if w != nil && len(w.good) < goodMost && !slices.Contains(w.good, mark) {
			w.good = append(w.good, mark)
		}
		return
	}
	if w == nil {
		network.Room(t.all, networks, func(w *tries) bool { return !now.Before(w.ends) })
		w = &tries{ends: now.Add(wrongWithin)}
		t.all[n] = w
	}
	if len(w.wrong) < wrongMost && !slices.Contains(w.wrong, mark) {
		w.wrong = append(w.wrong, mark)
	}
}

// forget lets wrong keys be tried again: more were imported.
func (t *throttle) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.all)
}

func errSlow(after time.Duration) error {
	return problem.Limited("legacy_key_attempts", "Too many different wrong keys came from this network.", after)
}

package usage

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	shards      = 64
	totalShards = 16
	// idleMinutes is how long a counter that nobody adds to stays in the map.
	// Whoever still holds it may go on using it.
	idleMinutes = 15
	// DefaultMaxSeries bounds the combinations in memory: about 300 bytes each.
	DefaultMaxSeries = 100_000
)

// Recorder counts decisions in memory. Make one with NewRecorder.
type Recorder struct {
	maxSeries int64
	seed      maphash.Seed
	live      atomic.Int64
	shards    [shards]shard
	totals    [totalShards]total
	stamps    stamps
	matters   matters

	// flushing is held while counts move from memory to the database: readers
	// see each count exactly once.
	flushing sync.RWMutex
}

type shard struct {
	mu    sync.RWMutex
	all   map[Key]*Counter
	dirty []*Counter
	_     [64]byte
}

type total struct {
	n [outcomes]atomic.Uint64
}

// NewRecorder makes a recorder that keeps at most maxSeries combinations (0:
// DefaultMaxSeries), besides the "other" ones.
func NewRecorder(maxSeries int) *Recorder {
	if maxSeries <= 0 {
		maxSeries = DefaultMaxSeries
	}
	r := &Recorder{maxSeries: int64(maxSeries), seed: maphash.MakeSeed()}
	for i := range r.shards {
		r.shards[i].all = map[Key]*Counter{}
	}
	r.stamps.init()
	r.matters.init()
	return r
}

// Record counts n decisions. Where the same key comes again and again, keep its
// Counter instead.
func (r *Recorder) Record(now time.Time, k Key, n uint32) {
	r.Counter(k).Add(now, k.Outcome, n)
}

// Counter gives the counter of a key, whatever its outcome. It never fails: when
// memory is full it is a wider one.
func (r *Recorder) Counter(k Key) *Counter {
	k.Outcome = 0
	if c := r.find(k); c != nil {
		return c
	}
	if r.live.Load() < r.maxSeries {
		return r.make(k)
	}
	// Wider and wider; each step has as much room again.
	wider := [...]Key{
		{Grant: k.Grant, Application: k.Application, Account: k.Account, Group: k.Group, Key: k.Key, Operation: Other},
		{Application: k.Application, Group: k.Group, Operation: Other},
	}
	for i, w := range wider {
		if c := r.find(w); c != nil {
			return c
		}
		if r.live.Load() < r.maxSeries*int64(i+2) {
			return r.make(w)
		}
	}
	all := Key{Operation: Other}
	if c := r.find(all); c != nil {
		return c
	}
	return r.make(all)
}

func (r *Recorder) shardOf(k Key) (*shard, uint32) {
	h := uint32(maphash.Comparable(r.seed, k))
	return &r.shards[h%shards], h
}

func (r *Recorder) find(k Key) *Counter {
	s, _ := r.shardOf(k)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.all[k]
}

func (r *Recorder) make(k Key) *Counter {
	s, h := r.shardOf(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.all[k]; c != nil {
		return c
	}
	c := &Counter{r: r, key: k, shard: h}
	s.all[k] = c
	r.live.Add(1)
	return c
}

// list notes that c has something to write.
func (r *Recorder) list(c *Counter) {
	s := &r.shards[c.shard%shards]
	s.mu.Lock()
	s.dirty = append(s.dirty, c)
	s.mu.Unlock()
}

// waiting is how many counters have something to write.
func (r *Recorder) waiting() int {
	n := 0
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.RLock()
		n += len(s.dirty)
		s.mu.RUnlock()
	}
	return n
}

// listed takes counters with something to write off their lists, those that wait
// longest of each list first. r.flushing is held: who reads meanwhile would miss
// what is neither on a list nor written.
func (r *Recorder) listed(most int) []*Counter {
	var out []*Counter
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		n := min(len(s.dirty), most-len(out))
		out = append(out, s.dirty[:n]...)
		s.dirty = slices.Delete(s.dirty, 0, n)
		s.mu.Unlock()
	}
	return out
}

// pending calls f with every count of keys that match and are not written yet.
func (r *Recorder) pending(match func(*Key) bool, f func(k *Key, minute int64, o Outcome, n int64)) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.RLock()
		some := make([]*Counter, 0, len(s.dirty))
		for _, c := range s.dirty {
			if match(&c.key) {
				some = append(some, c)
			}
		}
		s.mu.RUnlock()
		for _, c := range some {
			c.each(func(minute int64, o Outcome, n int64) { f(&c.key, minute, o, n) })
		}
	}
}

// forget drops counters that were idle from the maps.
func (r *Recorder) forget(now time.Time) {
	before := now.Unix()/60 - idleMinutes
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		for k, c := range s.all {
			c.mu.Lock()
			idle := !c.dirty && c.used < before
			c.mu.Unlock()
			if idle {
				delete(s.all, k)
				r.live.Add(-1)
			}
		}
		s.mu.Unlock()
	}
}

// Totals is what this process decided since it started, by outcome.
func (r *Recorder) Totals() [outcomes]uint64 {
	var out [outcomes]uint64
	for i := range r.totals {
		for o := range out {
			out[o] += r.totals[i].n[o].Load()
		}
	}
	return out
}

// Live is how many combinations are in memory.
func (r *Recorder) Live() int64 { return r.live.Load() }

package token

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/guestright/guestright/kit/secret"
)

// digestOf gives digests of which many begin their search at the same place, the
// last one among them.
func digestOf(n int) secret.Digest {
	d := secret.Digest(sha256.Sum256(fmt.Append(nil, n)))
	binary.LittleEndian.PutUint64(d[8:], uint64(n%7)*uint64(n%11)-3)
	return d
}

// Whatever is put and removed in whatever order, a shard knows what a map knows.
func TestShardIsAMap(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, model := newShard(), map[secret.Digest]remembered{}
		for step := range 3000 {
			d := digestOf(r.IntN(300))
			if i, known := s.at(&d); r.IntN(5) < 2 && known {
				s.remove(i)
				delete(model, d)
			} else {
				e := remembered{expires: int64(step), seat: uint32(step), taken: true}
				s.put(d, d, e)
				model[d] = e
			}
			if step%50 == 0 {
				same(t, &s, model)
			}
		}
		same(t, &s, model)
	}
}

func same(t *testing.T, s *shard, model map[secret.Digest]remembered) {
	t.Helper()
	if s.n != len(model) {
		t.Fatalf("%d in the shard, %d were put", s.n, len(model))
	}
	for n := range 300 {
		d := digestOf(n)
		i, known := s.at(&d)
		want, is := model[d]
		if known != is || known && (s.place[i].remembered != want || s.about[i] != d) {
			t.Fatalf("token %d: known %v, put %v, found %+v, want %+v", n, known, is, s.place[i].remembered, want)
		}
	}
}

// A memory that is full forgets what has ended before what has not, stays below
// its bound, and what it remembers it finds by both names.
func TestFullMemoryForgets(t *testing.T) {
	t.Parallel()
	m, now := newMemory(), time.Now()
	live := m.number(&Seat{Holding: &Holding{}})
	var epoch atomic.Uint64
	name := func(n int) (presented, about secret.Digest) {
		presented, about = sha256.Sum256(fmt.Append(nil, n)), sha256.Sum256(fmt.Append(nil, -n-1))
		presented[0] = 5 // all in one shard
		return presented, about
	}
	const room = most / shards
	for n := range room {
		e := remembered{seat: live, expires: now.Add(time.Hour).UnixMicro()}
		if n%4 == 0 {
			e.expires = now.UnixMicro()
		}
		presented, about := name(n)
		m.put(presented, about, e, now, 0, &epoch)
	}
	s := &m.shard[5]
	if s.n != room {
		t.Fatalf("%d of %d that fit are remembered", s.n, room)
	}
	presented, about := name(room)
	m.put(presented, about, remembered{seat: live}, now, 0, &epoch)
	for n := range room {
		presented, _ := name(n)
		if _, known := m.find(presented); known != (n%4 != 0) {
			t.Fatalf("token %d of a full shard: known %v", n, known)
		}
	}
	for n := room + 1; n < 3*room; n++ {
		presented, about := name(n)
		m.put(presented, about, remembered{seat: live}, now, 0, &epoch)
		if _, known := m.find(presented); !known || s.n > room {
			t.Fatalf("token %d: known %v among %d", n, known, s.n)
		}
	}
	kept := 0
	for n := range 3 * room {
		presented, about := name(n)
		if _, known := m.find(presented); known {
			kept++
			m.forget(about, &epoch)
			if _, known := m.find(presented); known {
				t.Fatalf("token %d is still known after it was forgotten", n)
			}
		}
	}
	left := s.n
	for i := range m.names {
		left += len(m.names[i].m)
	}
	if kept < room*7/8-1 || left != 0 {
		t.Errorf("%d were remembered, %d are left after all were forgotten", kept, left)
	}
}

// One token is one line of the processor's cache.
func TestPlaceIsALine(t *testing.T) {
	t.Parallel()
	if n := unsafe.Sizeof(place{}); n != 64 {
		t.Errorf("a place has %d bytes", n)
	}
}

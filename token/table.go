package token

import (
	"encoding/binary"
	"sync"

	"github.com/guestright/guestright/kit/secret"
)

// smallest is how many places a shard begins with.
const smallest = 16

// shard is a part of the tokens that are remembered, with open addressing and
// linear probing: a Go map reads two places in memory that the processor has not
// at hand, this one in most cases one, which is a sixth of a decision.
//
// What is looked up is a SHA-256 of what was presented, and only what we issued
// gets in, so nobody can choose where entries come to lie.
type shard struct {
	mu    sync.RWMutex
	place []place         // a power of two of them
	about []secret.Digest // stored digest of the token in each place
	n     int
	hand  int // where shrink goes on
}

// place holds a token, or nothing. It is as long as a line of the processor's
// cache, and places lie at the begin of one.
type place struct {
	presented secret.Digest
	remembered
}

// remembered is what is known of a token.
type remembered struct {
	token   [16]byte
	expires int64 // microseconds since 1970, 0: never
	seat    uint32
	ended   cause
	taken   bool
}

func newShard() shard {
	return shard{place: make([]place, smallest), about: make([]secret.Digest, smallest)}
}

// start is where the search for a digest begins.
func (s *shard) start(presented *secret.Digest) int {
	return int(binary.LittleEndian.Uint64(presented[8:])) & (len(s.place) - 1)
}

// at finds the place of presented, or the free one where it belongs.
func (s *shard) at(presented *secret.Digest) (int, bool) {
	for i := s.start(presented); ; i = (i + 1) & (len(s.place) - 1) {
		p := &s.place[i]
		if !p.taken {
			return i, false
		}
		if p.presented == *presented {
			return i, true
		}
	}
}

// put remembers e, whose stored digest is about.
func (s *shard) put(presented, about secret.Digest, e remembered) {
	i, known := s.at(&presented)
	if !known {
		if s.n >= len(s.place)*5/8 {
			s.grow()
			i, _ = s.at(&presented)
		}
		s.n++
	}
	e.taken = true
	s.place[i], s.about[i] = place{presented, e}, about
}

func (s *shard) grow() {
	was, about := s.place, s.about
	s.place, s.about = make([]place, 2*len(was)), make([]secret.Digest, 2*len(was))
	for i := range was {
		if was[i].taken {
			to, _ := s.at(&was[i].presented)
			s.place[to], s.about[to] = was[i], about[i]
		}
	}
}

// remove frees place i. Those behind it that would not be found past a free place
// move up.
func (s *shard) remove(i int) {
	s.n--
	mask := len(s.place) - 1
	for next := (i + 1) & mask; s.place[next].taken; next = (next + 1) & mask {
		home := s.start(&s.place[next].presented)
		if (next-home)&mask >= (next-i)&mask {
			s.place[i], s.about[i] = s.place[next], s.about[next]
			i = next
		}
	}
	s.place[i], s.about[i] = place{}, secret.Digest{}
}

package token

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/kit/secret"
)

const (
	shards = 64
	// most is how many tokens are remembered; beyond it a shard forgets a part.
	most = 262144
	// seatRow times seatRows is how many seats a memory can number.
	seatRow  = 1024
	seatRows = 1024
)

// memory remembers tokens by what was presented. Neither its keys nor its
// entries hold pointers, so that the garbage collector has nothing to follow in
// a hundred thousand of them; what tokens share stands in numbered seats, of
// which there are few. A number is never used twice: when they run out, another
// memory takes the place of this one.
type memory struct {
	shard [shards]shard
	names [shards]names
	rows  [seatRows]atomic.Pointer[[seatRow]atomic.Pointer[Seat]]
	seats uint32 // how many were numbered; guarded by the Authenticator
}

// names finds what was presented by the stored digest, by which changes are
// announced.
type names struct {
	mu sync.Mutex
	m  map[secret.Digest]secret.Digest
}

func newMemory() *memory {
	m := &memory{}
	for i := range shards {
		m.shard[i], m.names[i].m = newShard(), map[secret.Digest]secret.Digest{}
	}
	return m
}

// find gives what is remembered of a presented token and still holds.
func (m *memory) find(presented secret.Digest) (Bearer, bool) {
	s := &m.shard[presented[0]%shards]
	s.mu.RLock()
	i, ok := s.at(&presented)
	e := s.place[i].remembered
	s.mu.RUnlock()
	if !ok {
		return Bearer{}, false
	}
	seat := m.seat(e.seat)
	if seat == nil || seat.Holding.stale.Load() {
		return Bearer{}, false
	}
	return Bearer{Seat: seat, token: e.token, expires: e.expires, ended: e.ended}, true
}

func (m *memory) seat(n uint32) *Seat {
	row := m.rows[n/seatRow].Load()
	if row == nil {
		return nil
	}
	return row[n%seatRow].Load()
}

// full reports whether no seat can be numbered any more.
func (m *memory) full() bool { return m.seats == seatRow*seatRows }

// number gives a seat its number. The Authenticator's lock is held.
func (m *memory) number(s *Seat) uint32 {
	n := m.seats
	m.seats++
	row := m.rows[n/seatRow].Load()
	if row == nil {
		row = new([seatRow]atomic.Pointer[Seat])
		m.rows[n/seatRow].Store(row)
	}
	row[n%seatRow].Store(s)
	return n
}

// clear gives the seats of a stale holding to the garbage collector.
func (m *memory) clear(numbers map[string]uint32) {
	for _, n := range numbers {
		m.rows[n/seatRow].Load()[n%seatRow].Store(nil)
	}
}

// put remembers e, stored as about, unless something has changed since epoch was
// read: forget counts it up under the lock that is held here while it is
// compared, so a token that ended meanwhile is either not put or found and
// deleted.
func (m *memory) put(presented, about secret.Digest, e remembered, now time.Time, epoch uint64, current *atomic.Uint64) {
	s, n := &m.shard[presented[0]%shards], m.named(&about)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.at(&presented); !known && s.n >= most/shards {
		m.shrink(s, now)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if current.Load() != epoch {
		return
	}
	n.m[about] = presented
	s.put(presented, about, e)
}

// named is where a stored digest is kept: its begin may be a time, its end is not.
func (m *memory) named(d *secret.Digest) *names { return &m.names[d[len(d)-1]%shards] }

// forget drops the token with the stored digest d.
func (m *memory) forget(d secret.Digest, current *atomic.Uint64) {
	n := m.named(&d)
	n.mu.Lock()
	current.Add(1)
	presented, known := n.m[d]
	delete(n.m, d)
	n.mu.Unlock()
	if !known {
		return
	}
	s := &m.shard[presented[0]%shards]
	s.mu.Lock()
	if i, known := s.at(&presented); known {
		s.remove(i)
	}
	s.mu.Unlock()
}

// shrink forgets what has ended and then an eighth, each time those that follow
// in the shard. The lock of s is held.
func (m *memory) shrink(s *shard, now time.Time) {
	at := now.UnixMicro()
	for i := range s.place {
		for s.place[i].taken && m.over(&s.place[i].remembered, at) {
			m.drop(s, i)
		}
	}
	for s.n >= most/shards*7/8 {
		s.hand = (s.hand + 1) & (len(s.place) - 1)
		for s.place[s.hand].taken && s.n >= most/shards*7/8 {
			m.drop(s, s.hand)
		}
	}
}

// over reports whether e opens nothing any more.
func (m *memory) over(e *remembered, at int64) bool {
	seat := m.seat(e.seat)
	return e.ended != 0 || e.expires != 0 && at >= e.expires || seat == nil || seat.Holding.stale.Load() || seat.Holding.refusal != nil
}

func (m *memory) drop(s *shard, i int) {
	about := s.about[i]
	n := m.named(&about)
	n.mu.Lock()
	delete(n.m, about)
	n.mu.Unlock()
	s.remove(i)
}

package webhook

import (
	"slices"
	"sync"
	"time"

	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/token"
)

const (
	// laneMost bounds what waits in the memory of one lane, and laneFew does
	// while all lanes together hold much. A lane that sends all it has within
	// laneBrisk may hold more.
	laneMost  = 4096
	laneFew   = 256
	laneBrisk = 5 * time.Second
	// laneLow is when a lane with more on disk asks for it.
	laneLow = 128
)

// item is a delivery in memory.
type item struct {
	Delivery
	event   *event.Event
	holding *token.Holding // of the grant; nil: not read yet
	probe   bool
}

// size is about how many bytes it takes in memory.
func (it *item) size() int64 {
	if it.event == nil {
		return 1 << 10
	}
	return int64(len(it.event.Data)) + 1<<10
}

// lane is the queue of one endpoint.
type lane struct {
	id string

	mu      sync.Mutex
	to      *destination // nil: disabled or gone
	circuit Circuit
	queue   []*item
	running int
	due     time.Time            // when the first row that is not in memory is due; zero: there is none
	held    map[int64]bool       // rows that are in memory
	again   map[int64]bool       // those of them that were due on disk meanwhile: to be looked at once they are written
	flying  map[string]bool      // ordering keys under way
	blocked map[string]time.Time // ordering keys that wait for a retry, and until when
	probed  map[string]bool      // ordering keys that an open circuit was probed with
	loading bool                 // rows of an ordered endpoint are being read, and come before what is new
	next    time.Time            // the rate allows nothing before
	woken   bool                 // somebody calls when the rate allows more
	usual   time.Duration        // what a request takes of late; 0: none was made
}

// timed notes what a request took. The lock is held.
func (l *lane) timed(took time.Duration) {
	if l.usual == 0 {
		l.usual = took
	}
	l.usual += (took - l.usual) / 16
}

// brisk reports whether all that waits goes out soon. Ordered lanes look through
// what waits for each event, so they hold little. The lock is held.
func (l *lane) brisk() bool {
	return l.usual > 0 && l.to.Rate == 0 && !l.to.Ordered && time.Duration(len(l.queue)/l.to.Concurrency)*l.usual < laneBrisk
}

// take decides what becomes of a new event while all lanes hold so much: true,
// and it is in the queue; or false and when it is due as a row.
func (l *lane) take(it *item, now time.Time, held int64) (bool, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to != nil && l.to.Ordered && it.ordering != "" {
		if until, ok := l.blocked[it.ordering]; ok && until.After(now) {
			return false, until
		}
	}
	backlog := l.loading || !l.due.IsZero() && !l.due.After(now)
	most := laneMost
	if held >= memoryMost/2 {
		most = laneFew
	}
	if l.to == nil || l.circuit.State == Open || l.circuit.State == HalfOpen || backlog || len(l.queue) >= most && (held >= memoryMost*3/4 || !l.brisk()) {
		l.later(now)
		return false, now
	}
	l.queue = append(l.queue, it)
	return true, time.Time{}
}

// later notes that a row is due. The lock is held.
func (l *lane) later(due time.Time) {
	if l.due.IsZero() || due.Before(l.due) {
		l.due = due
	}
}

// picked is what pop gives: an item, or items that have to wait as rows, or a
// pause until the rate allows more.
type picked struct {
	it    *item
	spill []*item
	pause time.Duration
	low   bool // there is more on disk
}

// pop takes the next item that may be sent now.
func (l *lane) pop(now time.Time) picked {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out picked
	if len(l.queue) == 0 {
		l.running--
		return out
	}
	if l.to == nil || l.circuit.State == Open && !l.queue[0].probe || l.circuit.State == HalfOpen && !l.queue[0].probe {
		out.spill, l.queue = l.queue, nil
		for _, it := range out.spill {
			it.Due = now
		}
		l.later(now)
		l.running--
		return out
	}
	if l.to.Rate > 0 && l.next.After(now) {
		out.pause = l.next.Sub(now)
		l.running--
		return out
	}
	at := 0
	if l.to.Ordered {
		at = slices.IndexFunc(l.queue, func(it *item) bool { return it.ordering == "" || !l.flying[it.ordering] })
		if at < 0 {
			l.running--
			return out
		}
	}
	out.it = l.queue[at]
	if at == 0 {
		l.queue[0] = nil
		l.queue = l.queue[1:]
	} else {
		l.queue = slices.Delete(l.queue, at, at+1)
	}
	out.low = len(l.queue) == laneLow && !l.due.IsZero() && !l.due.After(now)
	if l.to.Ordered && out.it.ordering != "" {
		l.flying[out.it.ordering] = true
	}
	if l.to.Rate > 0 {
		l.next = later(l.next, now).Add(time.Second / time.Duration(l.to.Rate))
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// done notes how an attempt came out and gives what has to wait behind it.
func (l *lane) done(it *item, now time.Time) []*item {
	l.mu.Lock()
	defer l.mu.Unlock()
	if it.ordering == "" || l.to == nil || !l.to.Ordered {
		return nil
	}
	delete(l.flying, it.ordering)
	if it.State != Waiting {
		delete(l.blocked, it.ordering)
		return nil
	}
	l.blocked[it.ordering] = it.Due
	var behind []*item
	l.queue = slices.DeleteFunc(l.queue, func(other *item) bool {
		if other.ordering != it.ordering {
			return false
		}
		other.Due = it.Due
		behind = append(behind, other)
		return true
	})
	return behind
}

// room is how many more requests may begin, and at which host.
func (l *lane) room() (int, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to == nil {
		return 0, ""
	}
	n := max(min(l.to.Concurrency-l.running, len(l.queue)), 0)
	l.running += n
	return n, l.to.host
}

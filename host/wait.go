package host

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

const (
	// takersMost bounds how many requests wait on a node.
	takersMost = 100
	// lookLeast is how long nobody looks again after a look that brought nothing
	// although something seemed to be there.
	lookLeast = 200 * time.Millisecond
)

// room is where those wait who want tasks, on this node.
type room struct {
	once   sync.Once
	mu     sync.Mutex
	here   map[*taker]bool
	closed bool
}

// taker is one of them.
type taker struct {
	kinds []string
	bell  chan struct{}
	end   chan struct{} // closed when the server stops; nil: our own work, which ends otherwise
}

// stir wakes those who want tasks of a kind; all for "".
func (r *room) stir(kind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for t := range r.here {
		if kind != "" && len(t.kinds) > 0 && !slices.Contains(t.kinds, kind) {
			continue
		}
		select {
		case t.bell <- struct{}{}:
		default:
		}
	}
}

func (r *room) enter(t *taker) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case t.end == nil:
	case len(r.here) >= takersMost:
		return problem.Limited("task_takers", "Too many requests wait for tasks. Ask for more at a time instead.", 10*time.Second)
	case r.closed:
		close(t.end)
		return nil
	}
	if r.here == nil {
		r.here = map[*taker]bool{}
	}
	r.here[t] = true
	return nil
}

func (r *room) leave(t *taker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.here, t)
}

// EndWaiting sends home all who wait on this node, which is about to stop.
func (s *Service) EndWaiting() {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	s.room.closed = true
	for t := range s.room.here {
		if t.end != nil {
			close(t.end)
			delete(s.room.here, t)
		}
	}
}

// await gives out tasks as soon as there are some. end, when given, sends home.
func (s *Service) await(ctx context.Context, q Query, end chan struct{}) ([]Task, error) {
	s.room.once.Do(func() {
		s.DB.OnChange(Topic, s.room.stir)
		s.DB.OnLost(func() { s.room.stir("") })
	})
	me := &taker{kinds: q.Kinds, bell: make(chan struct{}, 1), end: end}
	if err := s.room.enter(me); err != nil {
		return nil, err
	}
	defer s.room.leave(me)
	over := time.NewTimer(q.Wait)
	defer over.Stop()
	for {
		got, next, err := s.now(ctx, q)
		if err != nil || len(got) > 0 || q.Wait <= 0 {
			return got, err
		}
		pause := q.Wait
		if !next.IsZero() {
			pause = max(next.Sub(s.DB.Now()), lookLeast)
		}
		wake := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-me.end:
		case <-over.C:
		case <-me.bell:
			wake.Stop()
			continue
		case <-wake.C:
			continue
		}
		wake.Stop()
		return nil, nil
	}
}

// now gives out what is due, ends what is overdue, and otherwise tells when to look
// again.
func (s *Service) now(ctx context.Context, q Query) ([]Task, time.Time, error) {
	var at seen
	see := func(tx *store.Tx) error {
		var err error
		at, err = look(tx, q.Kinds)
		return err
	}
	if err := s.DB.Read(ctx, see); err != nil {
		return nil, time.Time{}, err
	}
	if at.late {
		s.endOverdue(ctx)
		if err := s.DB.Read(ctx, see); err != nil { // the next of their keys may go
			return nil, time.Time{}, err
		}
	}
	if !at.ready {
		return nil, at.next, nil
	}
	if q.Lease <= 0 {
		q.Lease = leaseDefault
	}
	var got []Task
	err := s.DB.Batch(ctx, func(tx *store.Tx) error {
		var err error
		if got, err = claim(tx, q); err == nil {
			got, err = s.opened(tx, got)
		}
		return err
	})
	return got, s.DB.Now(), err // somebody else was quicker: look again at once
}

// overdueMost is how many tasks are ended at a time.
const overdueMost = 50

// endOverdue ends tasks that are given out no more, each by itself: what somebody
// who asked cannot hear of holds up nobody else.
func (s *Service) endOverdue(ctx context.Context) {
	var late []Task
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		late, err = overdue(tx, overdueMost)
		return err
	})
	for _, t := range late {
		e := s.DB.Write(ctx, func(tx *store.Tx) error {
			t, err := find(tx, t.ID)
			if err != nil || !t.overdue(tx.Now()) {
				return err
			}
			return s.settle(tx, t)
		})
		if e != nil {
			err = e
		}
	}
	if err != nil && ctx.Err() == nil {
		s.Log.Error("tasks: some that are overdue could not be ended", "error", err)
	}
}

package snapshot

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// Sender sends in the background, of each resource the newest only.
type Sender struct {
	Client
	// Failed, if given, is told of each failure. After one that is a final *Refusal the snapshot is dropped, after any other
	// it is tried again.
	Failed func(Snapshot, error)

	mu      sync.Mutex
	order   []place
	waiting map[place]Snapshot
	bell    chan struct{}
}

type place struct{ account, resource string }

// waitLeast and waitMost bound the pause after trouble; it doubles from one to the next.
const waitLeast, waitMost = time.Second, 30 * time.Second

// Send has a snapshot sent, in place of an older one of the resource that still waits. It does not wait.
func (s *Sender) Send(one Snapshot) {
	s.put(one)
	select {
	case s.ring() <- struct{}{}:
	default:
	}
}

func (s *Sender) put(one Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := place{one.AccountKey, one.Resource}
	old, there := s.waiting[at]
	if there && old.Version > one.Version {
		return
	}
	if s.waiting == nil {
		s.waiting = map[place]Snapshot{}
	}
	if !there {
		s.order = append(s.order, at)
	}
	s.waiting[at] = one
}

func (s *Sender) ring() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bell == nil {
		s.bell = make(chan struct{}, 1)
	}
	return s.bell
}

// next takes the one that has waited longest.
func (s *Sender) next() (Snapshot, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 {
		return Snapshot{}, false
	}
	at := s.order[0]
	out := s.waiting[at]
	s.order = s.order[1:]
	delete(s.waiting, at)
	return out, true
}

// Run sends until ctx ends.
func (s *Sender) Run(ctx context.Context) {
	bell := s.ring()
	for wait := waitLeast; ctx.Err() == nil; {
		one, ok := s.next()
		if !ok {
			select {
			case <-ctx.Done():
			case <-bell:
			}
			continue
		}
		_, err := s.Put(ctx, one)
		if err == nil {
			wait = waitLeast
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if s.Failed != nil {
			s.Failed(one, err)
		}
		pause := wait/2 + rand.N(wait/2)
		if r, ok := errors.AsType[*Refusal](err); ok {
			if r.Final() {
				continue
			}
			pause = max(pause, r.After)
		}
		s.put(one) // unless a newer one has come
		wait = min(2*wait, waitMost)
		rest := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-rest.C:
		}
		rest.Stop()
	}
}

package usage

import (
	"net/netip"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/network"
)

// Subject is something whose last use is kept.
type Subject struct {
	Kind string // "token", "key" or "grant"
	ID   string
}

// Call is one use of a subject: a call of the product or of the token endpoint.
type Call struct {
	Operation string
	Account   string     // id of the account that it was for, "" when it was for none
	From      netip.Addr // the invalid address when not known
}

// Last is the last use of a subject.
type Last struct {
	At        time.Time `json:"at"`
	Operation string    `json:"operation,omitempty"`
	Account   string    `json:"account,omitempty" doc:"Account that it was for; absent when it was for none"`
	Network   string    `json:"network,omitempty" doc:"Where it came from: 203.0.113.0/24 or 2001:db8::/48; absent when not known"`
}

// Stamp holds the last use of one subject until it is written. Keep it next to
// the credential.
type Stamp struct {
	r       *Recorder
	subject Subject
	roams   bool // the networks that it is used from are kept, too

	mu     sync.Mutex
	at     int64 // microseconds
	call   Call
	places []seen // of grants and of tokens that live long only
	dirty  bool
}

type stamps struct {
	mu    sync.RWMutex
	all   map[Subject]*Stamp
	dirty []*Stamp
}

func (s *stamps) init() { s.all = map[Subject]*Stamp{} }

// Stamp gives the stamp of a subject.
func (r *Recorder) Stamp(s Subject) *Stamp {
	r.stamps.mu.RLock()
	p := r.stamps.all[s]
	r.stamps.mu.RUnlock()
	if p != nil {
		return p
	}
	r.stamps.mu.Lock()
	defer r.stamps.mu.Unlock()
	if p := r.stamps.all[s]; p != nil {
		return p
	}
	p = &Stamp{r: r, subject: s, roams: s.Kind == "grant" || s.Kind == "token"}
	r.stamps.all[s] = p
	return p
}

// Touch notes a use. Earlier ones than the last known are ignored.
func (s *Stamp) Touch(now time.Time, c Call) {
	at := now.UnixMicro()
	s.mu.Lock()
	if at < s.at {
		s.mu.Unlock()
		return
	}
	s.at, s.call = at, c
	if s.roams {
		s.notePlace(at, c.From)
	}
	list := !s.dirty
	s.dirty = true
	s.mu.Unlock()
	if list {
		s.r.stamps.mu.Lock()
		s.r.stamps.dirty = append(s.r.stamps.dirty, s)
		s.r.stamps.mu.Unlock()
	}
}

// Touch is Stamp(s).Touch, for callers that keep no stamp.
func (r *Recorder) Touch(s Subject, now time.Time, c Call) {
	r.Stamp(s).Touch(now, c)
}

func (s *Stamp) last() Last {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == 0 {
		return Last{}
	}
	return Last{At: time.UnixMicro(s.at).UTC(), Operation: s.call.Operation, Account: s.call.Account, Network: network.Name(s.call.From)}
}

// takeStamps empties the list of stamps to write.
func (r *Recorder) takeStamps() []*Stamp {
	r.stamps.mu.Lock()
	defer r.stamps.mu.Unlock()
	out := r.stamps.dirty
	r.stamps.dirty = nil
	for _, s := range out {
		s.mu.Lock()
		s.dirty = false
		s.mu.Unlock()
	}
	return out
}

// relist puts stamps back that could not be written.
func (r *Recorder) relist(list []*Stamp) {
	r.stamps.mu.Lock()
	defer r.stamps.mu.Unlock()
	for _, s := range list {
		s.mu.Lock()
		again := !s.dirty
		s.dirty = true
		s.mu.Unlock()
		if again {
			r.stamps.dirty = append(r.stamps.dirty, s)
		}
	}
}

// forgetStamps drops stamps that are written from the map.
func (r *Recorder) forgetStamps(before time.Time) {
	r.stamps.mu.Lock()
	defer r.stamps.mu.Unlock()
	for k, s := range r.stamps.all {
		s.mu.Lock()
		idle := !s.dirty && s.at < before.UnixMicro()
		s.mu.Unlock()
		if idle {
			delete(r.stamps.all, k)
		}
	}
}

// lastOf is the last use that this node remembers.
func (r *Recorder) lastOf(s Subject) (Last, bool) {
	r.stamps.mu.RLock()
	p := r.stamps.all[s]
	r.stamps.mu.RUnlock()
	if p == nil {
		return Last{}, false
	}
	l := p.last()
	return l, !l.At.IsZero()
}

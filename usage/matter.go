package usage

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/guestright/guestright/kit/store"
)

const (
	// MattersKept is how long it is known what calls were about: long enough to ask
	// what a change of rights would have refused in the last 30 days.
	MattersKept = 31 * 24 * time.Hour
	// mattersMost bounds what is kept in memory between two flushes, on each shard.
	mattersMost = 4000
	// mattersDay bounds what is kept of one grant and day; further ones are not
	// told apart.
	mattersDay = 2000

	matterShards = 16
)

// Matter says how often one grant called one operation on one resource in one day,
// with success. An empty resource stands for those that were not told apart.
type Matter struct {
	Day       time.Time
	Grant     string
	Account   string
	Operation string
	Resource  string // its path, without facts
	Calls     int64
}

type matterShard struct {
	mu  sync.Mutex
	all map[string]*matter
	_   [64]byte
}

// matter counts since the last flush.
type matter struct {
	Matter
	idle bool // not counted since the last flush
}

type matters struct {
	seed   maphash.Seed
	shards [matterShards]matterShard
}

func (m *matters) init() {
	m.seed = maphash.MakeSeed()
	for i := range m.shards {
		m.shards[i].all = map[string]*matter{}
	}
}

// About notes that a call that passed was about a resource. resource is copied when
// it has to be kept; nothing is allocated for what was seen lately.
func (r *Recorder) About(now time.Time, k *Key, operation string, resource []byte) {
	r.about(now, k, operation, resource, 1)
}

func (r *Recorder) about(now time.Time, k *Key, operation string, resource []byte, n int64) {
	var room [256]byte
	key := append(room[:0], k.Grant...)
	key = append(append(key, 0), k.Account...)
	key = append(append(key, 0), operation...)
	key = append(append(key, 0), resource...)
	s := &r.matters.shards[maphash.Bytes(r.matters.seed, key)%matterShards]
	day := now.UTC().Truncate(24 * time.Hour)
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.all[string(key)]
	if m == nil {
		if len(s.all) >= mattersMost {
			return // the gap to the counts of calls shows
		}
		m = &matter{Matter: Matter{Day: day, Grant: k.Grant, Account: k.Account, Operation: operation, Resource: string(resource)}}
		s.all[string(key)] = m
	}
	if m.Calls == 0 {
		m.Day = day
	}
	m.Calls += n
	m.idle = false
}

// takeMatters empties the counts; what was not counted twice in a row is forgotten.
func (r *Recorder) takeMatters() []Matter {
	var out []Matter
	for i := range r.matters.shards {
		s := &r.matters.shards[i]
		s.mu.Lock()
		for k, m := range s.all {
			switch {
			case m.Calls > 0:
				out = append(out, m.Matter)
				m.Calls = 0
			case m.idle:
				delete(s.all, k)
			}
			m.idle = true
		}
		s.mu.Unlock()
	}
	return out
}

// keepMatters puts back what could not be written.
func (r *Recorder) keepMatters(list []Matter) {
	for _, m := range list {
		k := Key{Grant: m.Grant, Account: m.Account}
		r.about(m.Day, &k, m.Operation, []byte(m.Resource), m.Calls)
	}
}

// pendingMatters are the counts of a grant that are not written yet.
func (r *Recorder) pendingMatters(grant string) []Matter {
	var out []Matter
	for i := range r.matters.shards {
		s := &r.matters.shards[i]
		s.mu.Lock()
		for _, m := range s.all {
			if m.Grant == grant && m.Calls > 0 {
				out = append(out, m.Matter)
			}
		}
		s.mu.Unlock()
	}
	return out
}

func (s *Service) flushMatters(ctx context.Context) error {
	r := s.Recorder
	r.flushing.Lock()
	defer r.flushing.Unlock()
	list := r.takeMatters()
	if len(list) == 0 {
		return nil
	}
	slices.SortFunc(list, func(a, b Matter) int {
		return cmp.Or(strings.Compare(a.Grant, b.Grant), a.Day.Compare(b.Day), strings.Compare(a.Operation, b.Operation), strings.Compare(a.Account, b.Account), strings.Compare(a.Resource, b.Resource))
	})
	err := s.DB.Batch(ctx, func(tx *store.Tx) error {
		for rest := list; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n].Grant == rest[0].Grant && rest[n].Day.Equal(rest[0].Day) {
				n++
			}
			if err := saveMatters(tx, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	})
	if err != nil {
		r.keepMatters(list)
	}
	return err
}

// Matters lists what calls of a grant that passed were about since a day. It does
// not authorise.
func (s *Service) Matters(ctx context.Context, grant string, since time.Time) ([]Matter, error) {
	s.Recorder.flushing.RLock()
	defer s.Recorder.flushing.RUnlock()
	var out []Matter
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		out, err = mattersOf(tx, grant, since)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, m := range s.Recorder.pendingMatters(grant) {
		if !m.Day.Before(since) {
			out = append(out, m)
		}
	}
	return out, nil
}

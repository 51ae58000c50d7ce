package quota

import (
	"sync"
	"sync/atomic"
	"time"
)

// Holder names whose calls a meter counts. Group may be empty for integrations
// of an account's own; their limits belong to the account.
type Holder struct {
	Group       string
	Application string
	Account     string
	Key         string
	Sandbox     bool // the account is a sandbox
}

func (h Holder) owner() string {
	if h.Group != "" {
		return h.Group
	}
	return h.Account
}

// at is the holder under one scope; false when it has none.
func (h Holder) at(s Scope) (string, bool) {
	switch s {
	case ScopeGroup:
		return "", true
	case ScopeApplication:
		return "application/" + h.Application, h.Application != ""
	case ScopeAccount:
		return "application/" + h.Application + ":account/" + h.Account, h.Account != ""
	case ScopeKey:
		return "key/" + h.Key, h.Key != ""
	}
	return "", false
}

type bucketKey struct{ holder, limit string }

// family is all buckets of one owner under one lock.
type family struct {
	owner   string
	service *Service
	wake    func(*family) // asks for a settlement soon; must not block

	mu       sync.Mutex
	near     neighbours
	limits   []*Limit
	buckets  map[bucketKey]*bucket
	meters   map[Holder]*Meter
	moved    []*Meter // meters of a family that was given up
	loaded   bool     // limits were read
	stale    bool     // limits changed
	asked    bool     // a settlement was asked for
	last     int64    // time of the last call, nanoseconds
	closed   bool     // given up while idle; its meters move to a new family
	until    int64    // when the limits have to be read again, 0: not foreseen
	settling sync.Mutex
}

func newFamily(owner string, near neighbours, wake func(*family)) *family {
	return &family{owner: owner, near: near, wake: wake, buckets: map[bucketKey]*bucket{}, meters: map[Holder]*Meter{}}
}

// setLimits puts other limits in force and keeps the counts of those that stay.
func (f *family) setLimits(limits []Limit) {
	f.limits = f.limits[:0:0]
	byName := map[string]*Limit{}
	for _, l := range limits {
		f.limits = append(f.limits, &l)
		byName[l.Name] = &l
	}
	for k, b := range f.buckets {
		l, ok := byName[k.limit]
		if !ok || l.Scope != b.limit.Scope || l.Long() != b.limit.Long() {
			delete(f.buckets, k)
			continue
		}
		b.set(l, &f.near)
	}
	for _, m := range f.meters {
		f.bind(m)
	}
	for _, m := range f.moved {
		f.bind(m)
	}
	f.loaded = true
}

// bind gives a meter its buckets, the narrow ones first: they tell a caller most.
func (f *family) bind(m *Meter) {
	m.buckets = m.buckets[:0:0]
	for _, scope := range [...]Scope{ScopeKey, ScopeAccount, ScopeApplication, ScopeGroup} {
		for _, l := range f.limits {
			holder, ok := m.holder.at(scope)
			if l.Scope != scope || !ok {
				continue
			}
			k := bucketKey{holder, l.Name}
			if f.buckets[k] == nil {
				f.buckets[k] = newBucket(l, holder, &f.near)
			}
			m.buckets = append(m.buckets, f.buckets[k])
		}
	}
	m.policy = string(appendPolicy(nil, m.buckets))
}

func (f *family) meter(h Holder) *Meter {
	if m := f.meters[h]; m != nil {
		return m
	}
	m := &Meter{holder: h, service: f.service}
	m.family.Store(f)
	f.meters[h] = m
	f.bind(m)
	return m
}

// setNeighbours divides the short limits anew.
func (f *family) setNeighbours(n neighbours) {
	f.near = n
	for _, b := range f.buckets {
		b.share = n.share(b.limit.Calls)
		if b.limit.Shape == ShapeGCRA {
			b.gcra.set(b.share, int64(b.limit.Per))
		}
	}
}

// Meter takes calls from all buckets of one holder. It stays valid when plans
// change, so it can be kept next to a credential.
type Meter struct {
	holder  Holder
	service *Service
	family  atomic.Pointer[family]
	buckets []*bucket // guarded by the family, like policy
	policy  string
}

// Holder is whose calls the meter counts.
func (m *Meter) Holder() Holder { return m.holder }

// Take takes cost from every bucket or from none. It neither blocks nor
// allocates. A cost of 0 or less takes nothing and only reads.
func (m *Meter) Take(now time.Time, cost int64) Decision {
	f := m.family.Load()
	at := now.UnixNano()
	f.mu.Lock()
	var d Decision
	m.take(f, at, max(cost, 0), &d)
	ask := d.wake && !f.asked
	f.asked = f.asked || ask
	f.mu.Unlock()
	if ask && f.wake != nil {
		f.wake(f)
	}
	return d
}

func (m *Meter) take(f *family, now, cost int64, d *Decision) {
	d.policy = m.policy
	if f.closed || !f.loaded {
		d.Unsettled = true
		d.After = time.Second
		return
	}
	f.last = now
	var wait int64
	var refusing *bucket
	for _, b := range m.buckets {
		v := b.check(now, cost, &f.near)
		if v.ok {
			wait = max(wait, v.wait)
			continue
		}
		// Of several that refuse, the one that takes longest decides when to come
		// back; one that only has to ask the database decides nothing yet.
		if refusing == nil || (d.Unsettled && !v.unsettled) || (d.Unsettled == v.unsettled && v.after > int64(d.After)) {
			refusing, d.Unsettled, d.After = b, v.unsettled, time.Duration(v.after)
		}
	}
	if refusing != nil {
		m.refuse(f, now, cost, refusing, d)
		return
	}
	d.Allowed, d.Wait = true, time.Duration(wait)
	for _, b := range m.buckets {
		b.take(now, cost, &f.near)
		if b.limit.Long() {
			m.watch(b, d)
		}
		if d.shown < maxShown {
			left, reset := b.left(now, &f.near)
			d.states[d.shown] = state{limit: b.limit, left: left, reset: reset}
			d.shown++
		}
	}
}

// watch notices what the database has to hear soon.
func (m *Meter) watch(b *bucket, d *Decision) {
	used := b.window.used()
	if b.window.hungry() || b.limit.reached(used)&^b.window.warned != 0 {
		d.wake = true
	}
	if b.limit.Contract > 0 && used > b.limit.Contract || used > b.limit.Calls {
		d.Overage = true
	}
}

func (m *Meter) refuse(f *family, now, cost int64, by *bucket, d *Decision) {
	d.refusing = by.limit
	d.wake = d.Unsettled || by.want > 0
	left, _ := by.left(now, &f.near)
	d.states[0] = state{limit: by.limit, left: min(left, max(cost-1, 0)), reset: int64(d.After)}
	d.shown = 1
	if d.Unsettled {
		return // nothing was decided
	}
	for _, b := range m.buckets {
		if b.limit.CountRejected {
			b.refused(now, cost)
		}
	}
}

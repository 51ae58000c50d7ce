package webhook

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/manifest/template"
	"github.com/guestright/guestright/token"
	"github.com/guestright/guestright/webhook/broker"
)

// destination is an enabled endpoint as delivery needs it.
type destination struct {
	Endpoint
	subs   []Subscription
	via    *broker.Target     // nil: a web server
	host   string             // hostOf its address
	body   *template.Template // nil: the event itself
	keys   [][]byte           // that sign
	ends   time.Time          // when the first of them stops, zero: none does
	making Making             // of an endpoint that another slice keeps; nil: its requests are in our own form
	lost   error              // what is stored of it can't be read: each attempt fails with this
}

// about reports whether an event tells an application of itself. That it gets at
// its own endpoint also while its installation opens nothing: not complete yet,
// switched off or removed. How else would it hear of that?
func (to *destination) about(e *event.Event) bool {
	return e.Own() && e.Application != "" && e.Application == to.Application
}

// target is a destination under a grant of an account.
type target struct {
	to      *destination
	grant   string
	holding atomic.Pointer[token.Holding]
}

// index remembers who receives what, by account, and forgets all of it when an
// endpoint, a subscription or a grant changes.
type index struct {
	s *Service

	mu       sync.RWMutex
	epoch    uint64
	accounts map[string][]*target
	places   map[string]*destination // nil: absent or disabled
}

func (x *index) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.epoch++
	x.accounts, x.places = map[string][]*target{}, map[string]*destination{}
}

// of gives the targets in an account.
func (x *index) of(ctx context.Context, account string) ([]*target, error) {
	x.mu.RLock()
	have, ok := x.accounts[account]
	epoch := x.epoch
	x.mu.RUnlock()
	if ok {
		return have, nil
	}
	var out []*target
	err := x.s.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		found, err := receivers(tx, account)
		if err != nil || len(found) == 0 {
			return err
		}
		ids := make([]string, len(found))
		for i, r := range found {
			ids[i] = r.Endpoint
		}
		places, err := x.load(tx, ids, epoch)
		if err != nil {
			return err
		}
		for _, r := range found {
			if to := places[r.Endpoint]; to != nil && len(to.subs) > 0 {
				out = append(out, &target{to: to, grant: r.GrantID})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.epoch == epoch {
		x.accounts[account] = out
	}
	return out, nil
}

// load gives destinations by id, from memory when it can. What it reads is
// remembered unless something has changed since epoch, which is that of before tx
// read anything: it may see what was there then.
func (x *index) load(tx *store.Tx, ids []string, epoch uint64) (map[string]*destination, error) {
	out := make(map[string]*destination, len(ids))
	var missing []string
	x.mu.RLock()
	for _, id := range ids {
		if to, ok := x.places[id]; ok {
			out[id] = to
			continue
		}
		missing = append(missing, id)
	}
	x.mu.RUnlock()
	if len(missing) == 0 {
		return out, nil
	}
	found, err := endpoints(tx, "e.id IN (?) AND e.state = ?", bun.In(missing), Enabled)
	if err != nil {
		return nil, err
	}
	subs, err := subscriptions(tx, "s.endpoint IN (?)", bun.In(missing))
	if err != nil {
		return nil, err
	}
	for _, id := range missing {
		out[id] = nil
	}
	for _, e := range found {
		to := &destination{Endpoint: e, host: hostOf(e.URL)}
		if err := x.s.reads(tx, to); err != nil { // of this one only: others of the account go on
			to.lost = err
		}
		out[e.ID.String()] = to
	}
	for _, s := range subs {
		if to := out[s.Endpoint]; to != nil {
			to.subs = append(to.subs, s)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.epoch == epoch {
		for _, id := range missing {
			x.places[id] = out[id]
		}
	}
	return out, nil
}

// place gives one destination; nil when it is absent or disabled.
func (x *index) place(ctx context.Context, id string) (*destination, error) {
	x.mu.RLock()
	to, ok := x.places[id]
	epoch := x.epoch
	x.mu.RUnlock()
	if ok && (to == nil || to.ends.IsZero() || x.s.DB.Now().Before(to.ends)) {
		return to, nil
	}
	if ok { // one of its secrets has just ended
		x.mu.Lock()
		delete(x.places, id)
		x.mu.Unlock()
	}
	var out *destination
	err := x.s.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := x.load(tx, []string{id}, epoch)
		out = got[id]
		return err
	})
	return out, err
}

// wants decides whether an event goes to a target: a subscription names it, its
// filter lets it pass, and the grant is live and may receive it. past: also what
// happened before it subscribed.
func (x *index) wants(ctx context.Context, cat *catalog.Catalog, t *target, e *event.Event, past bool) (bool, error) {
	named := false
	for i := range t.to.subs {
		s := &t.to.subs[i]
		if !s.names(e, past) {
			continue
		}
		if len(s.Filter) == 0 {
			named = true
			break
		}
		on, err := access.ParseResource(e.Subject)
		if e.Subject == "" || err != nil {
			continue
		}
		if on, err = x.s.Facts.Fill(ctx, e.Account, on); err != nil {
			return false, err
		}
		if s.passes(&on) {
			named = true
			break
		}
	}
	if named && t.to.making != nil {
		var err error
		if named, err = t.to.making.Wants(ctx, e); err != nil {
			return false, err
		}
	}
	if !named {
		return false, nil
	}
	h := t.holding.Load()
	if h == nil || !h.Current() {
		fresh, err := x.s.Bearers.Standing(ctx, t.grant)
		if err != nil {
			return false, err
		}
		t.holding.Store(fresh)
		h = fresh
	}
	if t.to.about(e) {
		return true, nil
	}
	if h.Live() != nil {
		return false, nil
	}
	return x.s.Events.Receives(ctx, cat, h, e)
}

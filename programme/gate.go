package programme

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Topics of the change feed: GateTopic's key is the group, AgreementTopic has none.
const (
	GateTopic      = "programme"
	AgreementTopic = "programme.agreement"
)

// gateMost bounds how many groups are remembered.
const gateMost = 20_000

// Gate decides from memory, for calls, what a group's standing in the programme
// opens. Make it with NewGate.
type Gate struct {
	db      *store.DB
	catalog *catalog.Current
	terms   atomic.Pointer[Agreement] // nil: not read yet; number 0: there is none

	mu    sync.RWMutex
	epoch uint64 // counts changes: what was read before one is not remembered
	known map[string]*groupFacts
}

// NewGate remembers, and forgets by the change feed of db.
func NewGate(db *store.DB, cat *catalog.Current) *Gate {
	g := &Gate{db: db, catalog: cat, known: map[string]*groupFacts{}}
	db.OnChange(GateTopic, g.forget)
	db.OnChange(AgreementTopic, func(string) { g.forget("") })
	db.OnLost(func() { g.forget("") })
	return g
}

func (g *Gate) forget(group string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.epoch++
	if group == "" {
		g.terms.Store(nil)
		g.known = map[string]*groupFacts{}
		return
	}
	delete(g.known, group)
}

func (g *Gate) facts(ctx context.Context, group string) (*groupFacts, error) {
	g.mu.RLock()
	f, epoch := g.known[group], g.epoch
	g.mu.RUnlock()
	if f != nil {
		return f, nil
	}
	err := g.db.Read(ctx, func(tx *store.Tx) error {
		var err error
		f, err = factsOf(tx, group)
		return err
	})
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.epoch == epoch {
		if len(g.known) >= gateMost {
			g.known = map[string]*groupFacts{}
		}
		g.known[group] = f
	}
	return f, nil
}

// Preview says why a group may not use a preview: Forbidden `product_not_enabled`.
// It fails closed: when the standing cannot be read, nothing passes. Callers
// without a group have no previews.
func (g *Gate) Preview(ctx context.Context, group, preview string) error {
	if group == "" {
		return notEnabled(preview)
	}
	f, err := g.facts(ctx, group)
	if err != nil {
		return err
	}
	if ends, ok := f.granted[preview]; ok && (ends.IsZero() || g.db.Now().Before(ends)) {
		return nil
	}
	if cat := g.catalog.Get(); cat != nil && brings(cat, f.tier, preview) {
		return nil
	}
	return notEnabled(preview)
}

// brings reports whether a tier of the catalog opens a preview.
func brings(cat *catalog.Catalog, tier, preview string) bool {
	t, ok := cat.Tier(tier)
	if !ok {
		return false
	}
	for _, p := range t.Previews {
		if p == preview {
			return true
		}
	}
	return false
}

func notEnabled(preview string) error {
	return problem.Forbidden("product_not_enabled", "This part of the API is not open to everybody yet. The developers can ask for access on the page of their group.").With("product", preview)
}

// Agreed says why a group may not call any more: Forbidden `agreement_pending`
// once the deadline of an agreement that it has not accepted has passed. As a
// rule it compares two times and looks nowhere. A database that is away holds
// nobody up: what is asked is a signature, not safety.
func (g *Gate) Agreed(ctx context.Context, group string, at time.Time) error {
	a := g.terms.Load()
	if a == nil {
		a = g.read(ctx)
	}
	if a == nil || a.Deadline.IsZero() || at.Before(a.Deadline) {
		return nil
	}
	f, err := g.facts(ctx, group)
	if err != nil || f.accepted >= a.Number || at.Before(a.Due(f.founded)) {
		return nil //nolint:nilerr // see above
	}
	return problem.Forbidden("agreement_pending", "The developers have not accepted version "+strconv.FormatInt(a.Number, 10)+" of the agreement, and the time for it is over. An administrator of the group accepts it in the console.").
		With("version", a.Number)
}

func (g *Gate) read(ctx context.Context) *Agreement {
	g.mu.RLock()
	epoch := g.epoch
	g.mu.RUnlock()
	var a Agreement
	if err := g.db.Read(ctx, func(tx *store.Tx) error {
		var err error
		a, err = currentAgreement(tx)
		return err
	}); err != nil {
		return nil
	}
	a.Text = ""
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.epoch == epoch {
		g.terms.Store(&a)
	}
	return &a
}

package event

import (
	"context"

	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// byHand is the source of events that somebody made up. The product cannot use it,
// so it is also the mark by which they are known again.
const byHand = catalog.OwnEvents + "sandbox"

// Making is an event that somebody makes up.
type Making struct {
	Draft
	// May refuses it, in its transaction: who makes it up, and where.
	May func(tx *store.Tx) error
	// Made hears of it, in the same transaction.
	Made func(tx *store.Tx, e *Event) error
}

// MakeUp puts an event that did not happen into the log of an account, from where
// it goes the way of all others. It says "test": true. MakeUp does not authorise:
// that is what May is for. Error: Invalid `event_invalid`.
func (s *Service) MakeUp(ctx context.Context, m Making) (Receipt, error) {
	cat := s.Catalog.Get()
	if cat == nil {
		return Receipt{}, problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	acc, err := s.account(ctx, m.Account)
	if err != nil {
		return Receipt{}, err
	}
	if _, f := m.check(cat, ""); len(f) > 0 {
		return Receipt{}, invalid(f)
	}
	e := m.event(acc.id)
	e.Source, e.Test = byHand, true
	o := &offer{events: []*Event{e}, first: m.May, also: func(tx *store.Tx) error { return m.Made(tx, e) }}
	if err := s.publish(ctx, o); err != nil {
		return Receipt{}, err
	}
	return Receipt{ID: e.ID, Account: e.Account, Sequence: e.Sequence}, nil
}

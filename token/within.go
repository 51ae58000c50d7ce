package token

import (
	"context"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// errOutside is the answer for an account that does not exist and for one that
// the grant does not reach.
var errOutside = problem.NotFound("account")

// In gives what a token stands for in the account with the product's key: itself
// in the grant's own account, and in a child account that the grant reaches a
// Bearer whose Holding speaks of that account. Both are remembered until
// something changes; a child that moves away, closes or gets another key counts
// as such a change. Errors: NotFound `account`; Unavailable when it cannot be told.
func (a *Authenticator) In(ctx context.Context, b Bearer, key string) (Bearer, error) {
	h := b.Holding
	if key == h.AccountKey {
		return b, nil
	}
	if !h.Reach.Wide() {
		return b, errOutside
	}
	if there, ok := b.within.Load(key); ok {
		if s, ok := there.(*Seat); ok {
			b.Seat = s
			return b, nil
		}
	}
	return a.enter(ctx, b, key)
}

func (a *Authenticator) enter(ctx context.Context, b Bearer, key string) (Bearer, error) {
	epoch, h := a.epoch.Load(), b.Holding
	var child account.Account
	err := a.db.Read(ctx, func(tx *store.Tx) error {
		var err error
		child, err = (&account.Service{}).ByKey(tx, key)
		return err
	})
	if err != nil && !absent(err) {
		return b, err
	}
	// A child of the parent as it was when the grant was read: had that changed
	// since, the holding would be stale.
	if err != nil || child.Parent != h.Account || !h.Reach.Covers(child.ID.String()) {
		return b, errOutside
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	root := b.Seat
	if a.epoch.Load() != epoch || h.stale.Load() {
		b.Seat = root.inside(h.inside(child))
		return b, nil // something changed while we read: answer this call only
	}
	id := child.ID.String()
	there := h.children[id]
	if there == nil {
		there = h.inside(child)
		if h.children == nil {
			h.children = map[string]*Holding{}
		}
		h.children[id] = there
		owner := account.Topic + "/" + id
		if a.owners[owner] == nil {
			a.owners[owner] = map[string]struct{}{}
		}
		a.owners[owner][h.Grant] = struct{}{}
	}
	kept, _ := root.within.LoadOrStore(key, root.inside(there))
	if s, ok := kept.(*Seat); ok {
		b.Seat = s
	}
	return b, nil
}

// inside is the seat as it stands in a child account.
func (s *Seat) inside(h *Holding) *Seat {
	return &Seat{Key: s.Key, Static: s.Static, Scopes: s.Scopes, Holding: h, brownFrom: s.brownFrom, brownUntil: s.brownUntil}
}

// inside is the holding as it stands in a child account.
func (h *Holding) inside(child account.Account) *Holding {
	c := &Holding{Grant: h.Grant, Kind: h.Kind, Application: h.Application, PublicID: h.PublicID, Group: h.Group, Installation: h.Installation,
		Subject: h.Subject, SubjectKey: h.SubjectKey, APIVersion: h.APIVersion, ScopeNames: h.ScopeNames, Layers: h.Layers, Networks: h.Networks,
		scopes: h.scopes, refusal: h.refusal,
		Account: child.ID.String(), AccountKey: child.Key, AccountName: child.Name, Sandbox: child.Kind == account.Sandbox, Upstream: child.Upstream}
	if child.State != account.Active && c.refusal == nil {
		c.refusal = errClosed
	}
	return c
}

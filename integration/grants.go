package integration

import (
	"context"
	"sync"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
)

// grantsMost bounds how many grants are remembered.
const grantsMost = 65536

// Grants finds with which grant an application acts in an account, from memory
// when it can. A change of the grant or account makes it forget, on this node in
// the commit, on all nodes within a second. Only what was found is remembered,
// and only for accounts that were named.
type Grants struct {
	service *Service
	mu      sync.RWMutex
	found   map[place]grant.Grant
	epoch   uint64 // counts what was forgotten: what was read before is not kept after
}

type place struct{ application, account string }

// NewGrants remembers and forgets by the change feed of the database.
func NewGrants(s *Service) *Grants {
	g := &Grants{service: s, found: map[place]grant.Grant{}}
	s.DB.OnChange(grant.Topic, func(id string) { g.forget(func(have grant.Grant) bool { return have.ID.String() == id }) })
	s.DB.OnChange(account.Topic, func(id string) { g.forget(func(have grant.Grant) bool { return have.Account == id }) })
	s.DB.OnLost(func() { g.forget(func(grant.Grant) bool { return true }) })
	return g
}

// Of gives the grant of an authenticated application. Errors: as
// Service.GrantOf; Unavailable when it cannot be told.
func (g *Grants) Of(ctx context.Context, app application.Application, accountName string) (grant.Grant, error) {
	at := place{app.ID.String(), accountName}
	g.mu.RLock()
	have, ok := g.found[at]
	epoch := g.epoch
	g.mu.RUnlock()
	if ok {
		return have, have.Live()
	}
	err := g.service.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		have, err = g.service.GrantOf(tx, app, accountName)
		return err
	})
	if err != nil || accountName == "" {
		return have, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.epoch == epoch {
		if len(g.found) >= grantsMost {
			clear(g.found)
		}
		g.found[at] = have
	}
	return have, nil
}

func (g *Grants) forget(stands func(grant.Grant) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.epoch++
	for at, have := range g.found {
		if stands(have) {
			delete(g.found, at)
		}
	}
}

package group

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/store"
)

// Stop joins: it suspends, for package suspension, which tells why and to whom.
func (s *Service) Stop(tx *store.Tx, by access.Principal, id ID, reason string) error {
	_, _, err := s.changeIn(tx, by, "suspend", id, func(_ *store.Tx, g *Group) error { return g.Suspend(reason) })
	return err
}

// Thaw joins: the applications of a suspended group work again in some accounts.
func (s *Service) Thaw(tx *store.Tx, by access.Principal, id ID, t Thaw) error {
	_, _, err := s.changeIn(tx, by, "reinstate", id, func(_ *store.Tx, g *Group) error { return g.SetThaw(t) })
	return err
}

// Start joins: it takes a Stop back.
func (s *Service) Start(tx *store.Tx, by access.Principal, id ID) error {
	_, _, err := s.changeIn(tx, by, "reinstate", id, func(_ *store.Tx, g *Group) error { return g.Lift() })
	return err
}

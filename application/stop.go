package application

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/group"
	"github.com/guestright/guestright/kit/store"
)

// Stop joins: it suspends (or, for one kind of grant, refuses its tokens), for
// package suspension, which tells why and to whom.
func (s *Service) Stop(tx *store.Tx, by access.Principal, id ID, kind, reason string) error {
	_, _, err := s.changeIn(tx, by, "suspend", id, func(_ *store.Tx, a *Application) error {
		if kind != "" {
			return a.SetHalt(kind, true)
		}
		return a.Suspend(reason)
	})
	return err
}

// Thaw joins: a suspended application works again in some accounts.
func (s *Service) Thaw(tx *store.Tx, by access.Principal, id ID, t group.Thaw) error {
	_, _, err := s.changeIn(tx, by, "reinstate", id, func(_ *store.Tx, a *Application) error { return a.SetThaw(t) })
	return err
}

// Start joins: it takes a Stop back.
func (s *Service) Start(tx *store.Tx, by access.Principal, id ID, kind string) error {
	_, _, err := s.changeIn(tx, by, "reinstate", id, func(_ *store.Tx, a *Application) error {
		if kind != "" {
			return a.SetHalt(kind, false)
		}
		return a.Lift()
	})
	return err
}

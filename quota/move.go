package quota

import (
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// Moving are installations whose application goes to another group.
type Moving struct {
	From, To      string
	Installations []string
}

// MoveSites lets the places of installations go with their application; those
// without a place stay without one. Conflict installation_quota_exceeded when
// the new group has too few; the transaction must then fail.
func (s *Service) MoveSites(tx *store.Tx, m Moving) error {
	for _, i := range m.Installations {
		owner, err := siteOwner(tx, i)
		if err != nil {
			return problem.Internal("quota.move_sites", err)
		}
		if owner != m.From {
			continue
		}
		if err := s.ClaimSite(tx, m.To, i); err != nil {
			return err
		}
	}
	return nil
}

package token

import "github.com/guestright/guestright/kit/store"

// OfGrant lists the live tokens of a grant, the oldest first. It joins and does
// not authorise.
func (s *Service) OfGrant(tx *store.Tx, grantID string) ([]Token, error) {
	return live(tx, "grant_id = ?", grantID)
}

// Load finds a token without authorising, for slices that join.
func (s *Service) Load(tx *store.Tx, id ID) (Token, error) { return find(tx, "id = ?", id) }

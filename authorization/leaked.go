package authorization

import "github.com/guestright/guestright/kit/store"

// EndLeaked ends a family one of whose refresh tokens a stranger holds. It joins;
// it neither authorises nor records.
func (s *Service) EndLeaked(tx *store.Tx, id string) error {
	f, err := findFamily(tx, id)
	if err != nil || !f.End("leaked") {
		return err
	}
	if err := saveFamily(tx, f); err != nil {
		return err
	}
	return s.Tokens.RevokeFamily(tx, f.ID.String(), "leaked")
}

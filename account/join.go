package account

import "github.com/guestright/guestright/kit/store"

// MembersOf lists the people of an account without authorising, for slices that
// join.
func (s *Service) MembersOf(tx *store.Tx, account string) ([]Member, error) {
	return members(tx, account, "")
}

// ChildrenOf lists every child of an account without authorising, for slices that
// join.
func (s *Service) ChildrenOf(tx *store.Tx, parent string) ([]Account, error) {
	const step = 1000
	var out []Account
	for after := ""; ; {
		part, err := list(tx, listing{Parent: parent, After: after, Limit: step})
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
		if len(part) < step {
			return out, nil
		}
		after = part[len(part)-1].ID.String()
	}
}

package group

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// secondLeast is how many administrators a group needs for the rule, the owner
// among them: one asks, another confirms.
const secondLeast = 2

// SetSecondPerson turns the rule on or off that a second member confirms what goes
// to customers. Only the owner does it: whoever could turn it off could do without
// the second. Error: Conflict `second_person_missing`.
func (s *Service) SetSecondPerson(ctx context.Context, by access.Principal, id ID, on bool) (Group, error) {
	var out Group
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		before, after, err := s.changeIn(tx, by, "transfer", id, func(tx *store.Tx, g *Group) error {
			g.SecondPerson = on
			if !on {
				return nil
			}
			all, err := members(tx, id.String(), "")
			if err != nil {
				return err
			}
			may := 0
			for _, m := range all {
				if m.Role == RoleOwner || m.Role == RoleAdmin {
					may++
				}
			}
			if may < secondLeast {
				return problem.Conflict("second_person_missing", "Nobody else could confirm. Make another member an administrator first.")
			}
			return nil
		})
		if err != nil {
			return err
		}
		out = after
		return s.record(tx, by, "group.second_person", after, before, after)
	})
	return out, err
}

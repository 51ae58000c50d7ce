package integration

import (
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
)

// Tried is an installation in a sandbox of the developers' own group.
type Tried struct {
	Installation
	Ended bool   // its grant opens nothing any more
	Broad bool   // its role is of the administrator class
	Why   string // it is
}

// triedMost bounds how many Tried looks at.
const triedMost = 100

// Tried lists where a group tries an application: its installations, also removed
// ones, in the group's own sandboxes, the latest first. It does not authorise.
func (s *Service) Tried(tx *store.Tx, a application.Application) ([]Tried, error) {
	var rows []row
	err := tx.NewSelect().Model(&rows).Where("i.application = ? AND i.account IN (SELECT id FROM account_account WHERE kind = ? AND developer_group = ?)", a.ID, account.Sandbox, a.Group).
		Order("i.id DESC").Limit(triedMost).Scan(tx.Ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Tried, 0, len(rows))
	for k := range rows {
		t := Tried{Installation: rows[k].installation()}
		g, err := s.Grants.Load(tx, t.Grant)
		if err != nil {
			return nil, err
		}
		t.Ended = g.State == grant.Ended
		r, err := s.Accounts.RoleIn(tx, t.Account, t.Role)
		switch {
		case absent(err): // its role was deleted afterwards: nobody can say what it was
			t.Broad, t.Why = true, "Its role is no more."
		case err != nil:
			return nil, err
		default:
			t.Broad, t.Why = s.tooBroad(r)
		}
		out = append(out, t)
	}
	return out, nil
}

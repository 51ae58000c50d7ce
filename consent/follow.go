package consent

import (
	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/store"
)

// Follow lets the consents given through an installation say what it says:
// suspended with it, bounded by what its administrator approves, over when it is
// removed. It joins the transaction of the change.
func (s *Service) Follow(tx *store.Tx, i integration.Installation) error {
	all, err := list(tx, "installation = ? AND state = ?", i.ID, Active)
	if err != nil {
		return err
	}
	for _, c := range all {
		if i.State != integration.Removed {
			if _, err := s.follow(tx, c, i); err != nil {
				return err
			}
			continue
		}
		before := c
		c.State, c.Over, c.Reason = Ended, tx.Now(), "the application was removed from the account"
		if err := s.end(tx, access.System("the application was removed"), "end", before, c); err != nil {
			return err
		}
	}
	return nil
}

// follow makes one grant say what its consent and the installation say.
func (s *Service) follow(tx *store.Tx, c Consent, i integration.Installation) (grant.Grant, error) {
	g, err := s.Grants.Load(tx, c.Grant)
	if err != nil {
		return g, err
	}
	state, reason := c.standing(i)
	scopes := c.bound(i)
	if g.State == state && g.Reason == reason && equal(g.Scopes, scopes) {
		return g, nil
	}
	g.Scopes, g.Layers = scopes, s.Integrations.Approved(scopes)
	return s.Grants.Become(tx, g, state, reason)
}

func equal(a, b []string) bool { return len(less(a, b)) == 0 && len(less(b, a)) == 0 }

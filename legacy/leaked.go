package legacy

import (
	"context"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

// Possible reports whether raw may be an imported key, without the database. It is
// wrong about one key in billions.
func (g *Gate) Possible(ctx context.Context, raw secret.Text) (bool, error) {
	if any, err := g.Any(ctx); err != nil || !any {
		return false, err
	}
	switch err := g.may(ctx, g.bearers.AdoptedDigestsOf(raw.Reveal())); {
	case err == nil:
		return true, nil
	case problem.CodeOf(err) == "invalid_token":
		return false, nil
	default:
		return false, err
	}
}

// Find gives the key that raw is, usable or not; NotFound otherwise. It joins and
// does not authorise.
func (s *Service) Find(tx *store.Tx, raw secret.Text) (Key, error) {
	t, err := s.Tokens.Adopted(tx, token.SumOf(raw.Reveal()))
	if err != nil {
		return Key{}, err
	}
	k, err := one(tx, "grant_id = ?", t.Grant)
	if err != nil {
		return k, err
	}
	return s.whole(tx, k)
}

// EndLeaked ends a key that a stranger holds, and reports whether it opened
// anything until then. It joins and announces; it neither authorises nor records.
func (s *Service) EndLeaked(tx *store.Tx, k Key) (Key, bool, error) {
	if k.State == Ended || k.State == Revoked {
		return k, false, nil
	}
	k, err := s.stop(tx, k, "It was reported as leaked.")
	return k, err == nil, err
}

// stop ends a key for good.
func (s *Service) stop(tx *store.Tx, k Key, reason string) (Key, error) {
	if err := s.Tokens.RevokeGrant(tx, k.Grant, "revoked"); err != nil {
		return k, err
	}
	if _, err := s.Grants.SetState(tx, k.Grant, grant.Ended, "revoked"); err != nil {
		return k, err
	}
	k.State, k.Reason = Revoked, reason
	return k, save(tx, k)
}

package integration

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

// ListTokens gives the live tokens of an installation, for its account and for
// its developers.
func (s *Service) ListTokens(ctx context.Context, by access.Principal, id ID) ([]token.Token, error) {
	var out []token.Token
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		i, a, err := s.load(tx, by, customer, "installation:view", id)
		if absent(err) && i.Account != "" {
			err = by.Reach("installation", "installation:view", application.Resource(a.Group, a.ID))
		}
		if err != nil {
			return err
		}
		all, err := s.Tokens.OfGrant(tx, i.Grant)
		for _, t := range all {
			if t.Usable(tx.Now()) {
				out = append(out, t)
			}
		}
		return err
	})
	return out, err
}

// RevokeToken ends one token of an installation, on the administrator's word.
// The application obtains a new one as long as it may.
func (s *Service) RevokeToken(ctx context.Context, by access.Principal, id ID, t token.ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		i, _, err := s.load(tx, by, customer, "installation:update", id)
		if err != nil {
			return err
		}
		found, err := s.Tokens.Load(tx, t)
		if err != nil {
			return err
		}
		if found.Grant != i.Grant {
			return problem.NotFound("token")
		}
		g, err := s.Grants.Load(tx, i.Grant)
		if err != nil {
			return err
		}
		return s.Tokens.Revoke(tx, by, found, g)
	})
}

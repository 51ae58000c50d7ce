package token

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// ListHolder gives the tokens of a holder such as installation/ins_…, the newest
// first, behind the one last seen. The account's people and the application's
// developers may see them; nobody sees more of a token than its hint.
func (s *Service) ListHolder(ctx context.Context, by access.Principal, holder string, q Query) ([]Token, error) {
	var out []Token
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		g, err := (&grant.Service{}).OfHolder(tx, holder)
		if err != nil {
			return problem.NotFound("installation")
		}
		if err := s.reach(tx, by, want{"installation", "token:view"}, g); err != nil {
			return err
		}
		got, err := page(tx, g.ID.String(), q)
		now := tx.Now()
		for i := range got {
			got[i] = got[i].seen(now)
		}
		out = got
		return err
	})
	return out, err
}

// Query is a part of a list.
type Query struct {
	Before ID // the last one seen
	Limit  int
	Kind   Kind // "": all kinds
}

// RevokeID ends one token at once; ending it again changes nothing.
func (s *Service) RevokeID(ctx context.Context, by access.Principal, id ID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		t, err := find(tx, "id = ?", id)
		if err != nil {
			return err
		}
		g, err := (&grant.Service{}).Load(tx, t.Grant)
		if err != nil {
			return err
		}
		if err := s.reach(tx, by, want{"token", "token:revoke"}, g); err != nil {
			return err
		}
		return s.Revoke(tx, by, t, g)
	})
}

// Keeper lets the slice that owns a kind of grant say who may do what to its
// tokens. It answers as access.Principal.Reach does: absent for those who may not
// see the holder.
type Keeper func(tx *store.Tx, by access.Principal, action string, g grant.Grant) error

// Kept lets the slice that owns a kind of grant decide about its tokens and say
// who hears of them; nil leaves either as it is.
func (s *Service) Kept(k grant.Kind, keeper Keeper, d Describe) {
	if s.Keepers == nil {
		s.Keepers = map[grant.Kind]Keeper{}
	}
	if s.Holders == nil {
		s.Holders = map[grant.Kind]Describe{}
	}
	if keeper != nil {
		s.Keepers[k] = keeper
	}
	if d != nil {
		s.Holders[k] = d
	}
}

// reach authorises by the keeper of the kind, or by either side of a grant: its
// account, or the developers who own its application now.
func (s *Service) reach(tx *store.Tx, by access.Principal, w want, g grant.Grant) error {
	if keeper := s.Keepers[g.Kind]; keeper != nil {
		return keeper(tx, by, w.action, g)
	}
	fromAccount := by.Reach(w.noun, w.action, g.Resource())
	if fromAccount == nil || g.Application == "" {
		return fromAccount
	}
	id, err := parseApplication(g.Application)
	if err != nil {
		return err
	}
	app, err := (&application.Service{}).Load(tx, id)
	if absent(err) {
		return fromAccount
	}
	if err != nil {
		return err
	}
	fromDeveloper := by.Reach(w.noun, w.action, application.Resource(app.Group, id))
	if fromDeveloper == nil || absent(fromAccount) {
		return fromDeveloper
	}
	return fromAccount
}

type want struct{ noun, action string }

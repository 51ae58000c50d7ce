package token

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/usage"
)

// Subject is the kind under which the last use of static tokens is kept; their
// calls are counted under their id. Access tokens are too many for that.
const Subject = "token"

// Generation is one token of a grant with what it was used for.
type Generation struct {
	Token
	BrownedOut bool           `json:"browned_out,omitempty" doc:"It fails now, because of a brown-out"`
	Activity   usage.Activity `json:"activity"`
}

// seen is the token as a caller meets it: the clock ends a token, not a job.
func (t Token) seen(now time.Time) Token {
	if (t.State == Active || t.State == Retiring || t.State == Disabled) && !t.Expires.IsZero() && !now.Before(t.Expires) {
		t.State = Expired
	}
	return t
}

// List gives the tokens of a grant with the activity of each, the newest first,
// behind the one last seen. Nobody sees more of a token than its hint.
func (s *Service) List(ctx context.Context, by access.Principal, g grant.ID, q Query) ([]Generation, error) {
	return s.generations(ctx, func(tx *store.Tx) ([]Token, error) {
		of, err := (&grant.Service{}).Load(tx, g.String())
		if err != nil {
			return nil, err
		}
		if err := s.reach(tx, by, want{"grant", "token:view"}, of); err != nil {
			return nil, err
		}
		return page(tx, of.ID.String(), q)
	})
}

// Get gives one token with its activity.
func (s *Service) Get(ctx context.Context, by access.Principal, id ID) (Generation, error) {
	got, err := s.generations(ctx, func(tx *store.Tx) ([]Token, error) {
		t, err := find(tx, "id = ?", id)
		if err != nil {
			return nil, err
		}
		g, err := (&grant.Service{}).Load(tx, t.Grant)
		if err != nil {
			return nil, err
		}
		return []Token{t}, s.reach(tx, by, want{"token", "token:view"}, g)
	})
	if err != nil {
		return Generation{}, err
	}
	return got[0], nil
}

// generations adds to tokens what they were used for.
func (s *Service) generations(ctx context.Context, load func(tx *store.Tx) ([]Token, error)) ([]Generation, error) {
	var tokens []Token
	var now time.Time
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		got, err := load(tx)
		tokens, now = got, tx.Now()
		return err
	})
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(tokens))
	for _, t := range tokens {
		if t.Kind == Static {
			ids = append(ids, t.ID.String())
		}
	}
	activity, err := s.Usage.Activities(ctx, Subject, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Generation, 0, len(tokens))
	for _, t := range tokens {
		a, ok := activity[t.ID.String()]
		if !ok {
			a = usage.Activity{Day: usage.Tally{}, Month: usage.Tally{}}
		}
		out = append(out, Generation{Token: t.seen(now), BrownedOut: t.Browned(now), Activity: a})
	}
	return out, nil
}

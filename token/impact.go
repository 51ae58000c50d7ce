package token

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/usage"
)

// ImpactOver is how far back an impact looks.
const ImpactOver = 7 * day

// Impact is what one token was used for of late, and so what stops with it.
type Impact struct {
	Since      time.Time
	Calls      int64 // all of them
	Passed     int64 // that got through to the product
	Operations []usage.Part
	Places     []usage.Place
}

// Impact tells what would stop if a static token ended now.
func (s *Service) Impact(ctx context.Context, by access.Principal, id ID) (Impact, error) {
	out := Impact{}
	f := usage.Filter{Key: id.String()}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		t, err := find(tx, "id = ?", id)
		if err != nil {
			return err
		}
		g, err := (&grant.Service{}).Load(tx, t.Grant)
		if err != nil {
			return err
		}
		if err := s.reach(tx, by, want{"token", "token:view"}, g); err != nil {
			return err
		}
		f.Grant, out.Since = t.Grant, tx.Now().Add(-ImpactOver)
		out.Places, err = s.Usage.Places(tx, usage.Subject{Kind: Subject, ID: id.String()}, out.Since)
		return err
	})
	if err != nil {
		return Impact{}, err
	}
	// Whoever may see the token may see its calls, in whatever account they were.
	out.Operations, err = s.Usage.Parts(ctx, access.System("use of a token"), usage.Query{Filter: f, From: out.Since, Step: usage.StepHour}, usage.ByOperation)
	for _, p := range out.Operations {
		out.Calls += p.Total
		out.Passed += p.Outcomes[usage.OK] + p.Outcomes[usage.ProductError]
	}
	return out, err
}

package token

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/store"
)

// Rotate gives a static token a successor with the same authority. The old one
// ends at once, or after r.Grace; until then both work. Errors: Invalid
// `token_overlap_invalid`, `reason_required`; Conflict `token_not_rotatable`,
// `token_not_active`, `token_already_retiring`, `token_overlap_running`.
func (s *Service) Rotate(ctx context.Context, by access.Principal, id ID, r Rotation) (Issued, error) {
	var out Issued
	err := s.change(ctx, by, step{id, "token:rotate"}, func(tx *store.Tx, old *Token, g grant.Grant) (entry, error) {
		if old.Kind != Static {
			return entry{}, errNotRotatable
		}
		if err := r.check(); err != nil {
			return entry{}, err
		}
		if r.Grace > 0 && old.Replaces != "" {
			before, err := find(tx, "id = ?", old.Replaces)
			if err != nil && !absent(err) {
				return entry{}, err
			}
			if before.Successor == id.String() && before.retiring(tx.Now()) == nil {
				return entry{}, errOverlap
			}
		}
		if err := old.Retire(tx.Now(), r.Grace); err != nil {
			return entry{}, err
		}
		made, err := s.Issue(tx, Order{Grant: g, Kind: old.Kind, Life: old.Life.Duration(), Key: old.Key, Scopes: old.Scopes,
			Idle: old.Idle.Duration(), Rotate: old.Rotate.Duration(), replaces: id.String()})
		if err != nil {
			return entry{}, err
		}
		old.Successor, out = made.ID.String(), made
		return entry{action: "token.rotate", reason: r.Reason, after: rotated{*old, made.Token}}, nil
	})
	if err != nil {
		return Issued{}, err
	}
	return out, nil
}

// rotated is how the audit log shows a rotation.
type rotated struct {
	Old Token `json:"old"`
	New Token `json:"new"`
}

// CancelRotation undoes the rotation of the old token id: its successor dies and
// it stays as it was, with the expiry it had. Errors: Conflict
// `token_not_retiring`, `token_successor_replaced`.
func (s *Service) CancelRotation(ctx context.Context, by access.Principal, id ID) (Token, error) {
	return s.changed(ctx, by, step{id, "token:rotate"}, func(tx *store.Tx, old *Token, _ grant.Grant) (entry, error) {
		if err := old.retiring(tx.Now()); err != nil {
			return entry{}, err
		}
		successor, err := find(tx, "id = ?", old.Successor)
		if err != nil {
			return entry{}, err
		}
		if successor.Successor != "" {
			return entry{}, errSuccessorMoved
		}
		if err := s.revoke(tx, successor, "rotation_cancelled"); err != nil {
			return entry{}, err
		}
		successor.Revoke(tx.Now(), "rotation_cancelled")
		if err := old.Reinstate(tx.Now()); err != nil {
			return entry{}, err
		}
		return entry{action: "token.cancel_rotation", after: rotated{*old, successor}}, nil
	})
}

// Extend makes the overlap of the old token id longer. Errors: Conflict
// `token_not_retiring`; Invalid `token_overlap_invalid`.
func (s *Service) Extend(ctx context.Context, by access.Principal, id ID, until time.Time) (Token, error) {
	return s.changed(ctx, by, step{id, "token:rotate"}, func(tx *store.Tx, t *Token, _ grant.Grant) (entry, error) {
		return entry{action: "token.extend"}, t.Extend(tx.Now(), until.UTC().Truncate(time.Microsecond))
	})
}

// Expire ends the overlap of the old token id now. Errors: Conflict
// `token_not_retiring`.
func (s *Service) Expire(ctx context.Context, by access.Principal, id ID) (Token, error) {
	return s.changed(ctx, by, step{id, "token:rotate"}, func(tx *store.Tx, t *Token, _ grant.Grant) (entry, error) {
		return entry{action: "token.expire"}, t.Expire(tx.Now())
	})
}

// BrownOut lets the old token id fail for two minutes, so that whoever still uses
// it notices while there is a way back. Errors: Conflict `token_not_retiring`,
// `token_brown_out_running`.
func (s *Service) BrownOut(ctx context.Context, by access.Principal, id ID) (Token, error) {
	return s.changed(ctx, by, step{id, "token:rotate"}, func(tx *store.Tx, t *Token, _ grant.Grant) (entry, error) {
		return entry{action: "token.brown_out"}, t.BrownOut(tx.Now())
	})
}

// EndBrownOut ends a brown-out early. Errors: Conflict `token_no_brown_out`.
func (s *Service) EndBrownOut(ctx context.Context, by access.Principal, id ID) (Token, error) {
	return s.changed(ctx, by, step{id, "token:rotate"}, func(tx *store.Tx, t *Token, _ grant.Grant) (entry, error) {
		return entry{action: "token.end_brown_out"}, t.EndBrownOut(tx.Now())
	})
}

// step is one operation on one token.
type step struct {
	id     ID
	action string
}

// entry is what the audit log gets; after nil stands for the token itself.
type entry struct {
	action, reason string
	after          any
}

type rule func(tx *store.Tx, t *Token, g grant.Grant) (entry, error)

// change loads, authorises, applies the rule, saves, announces and audits.
func (s *Service) change(ctx context.Context, by access.Principal, do step, f rule) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		t, err := find(tx, "id = ?", do.id)
		if err != nil {
			return err
		}
		g, err := (&grant.Service{}).Load(tx, t.Grant)
		if err != nil {
			return err
		}
		if err := s.reach(tx, by, want{"token", do.action}, g); err != nil {
			return err
		}
		before := t
		e, err := f(tx, &t, g)
		if err != nil {
			return err
		}
		if err := save(tx, t, before); err != nil {
			return err
		}
		tx.Changed(Topic, t.Digest.String())
		if e.after == nil {
			e.after = t
		}
		return s.Audit.Record(tx, by, recorded(e, before, g))
	})
}

func (s *Service) changed(ctx context.Context, by access.Principal, do step, f rule) (Token, error) {
	var out Token
	err := s.change(ctx, by, do, func(tx *store.Tx, t *Token, g grant.Grant) (entry, error) {
		e, err := f(tx, t, g)
		out = *t
		return e, err
	})
	if err != nil {
		return Token{}, err
	}
	return out, nil
}

func recorded(e entry, before Token, g grant.Grant) audit.Change {
	c := audit.Change{Action: e.action, Target: "token/" + before.ID.String(), Account: g.Account, Group: g.Group, Application: g.Application,
		Before: before, After: e.after, Reason: e.reason}
	if g.Kind == grant.KindMember {
		c.User = g.Subject
	}
	return c
}

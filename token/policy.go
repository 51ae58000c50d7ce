package token

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// UsualMinIdle is the operator's minimum when nothing is configured.
const UsualMinIdle = 30 * day

const mostDays = 3650

// Policy is what an account demands of its static tokens.
type Policy struct {
	IdleDays   int       `json:"idle_days" minimum:"0" maximum:"3650" doc:"A token that is not used for so many days is disabled, after notices 15, 7 and 1 day before. 0: never"`
	RotateDays int       `json:"rotate_days" minimum:"0" maximum:"3650" doc:"A token older than this is reported and its owner reminded. 0: never"`
	Changed    time.Time `json:"changed,omitzero" readOnly:"true"`
}

// UsualPolicy holds where an account has not said otherwise.
func UsualPolicy() Policy { return Policy{IdleDays: 90, RotateDays: 90} }

func (p Policy) check(least time.Duration) error {
	var f []problem.Field
	if days := int(least / day); p.IdleDays < 0 || p.IdleDays > mostDays || p.IdleDays > 0 && p.IdleDays < days {
		f = append(f, problem.Field{Pointer: "/idle_days", Code: "out_of_range", Detail: "0 for never, or at least the minimum that the platform's operator has set, and at most 3650."})
	}
	if p.RotateDays < 0 || p.RotateDays > mostDays {
		f = append(f, problem.Field{Pointer: "/rotate_days", Code: "out_of_range", Detail: "0 for never, or 1 to 3650."})
	}
	if len(f) > 0 {
		return problem.Invalid("token_policy_invalid", "Some of the fields need another look.", f...)
	}
	return nil
}

// LeastIdle is the shortest idle expiry that an account may ask for.
func (s *Service) LeastIdle() time.Duration {
	if s.MinIdle > 0 {
		return max(s.MinIdle, shortestIdle)
	}
	return UsualMinIdle
}

// Policy gives what an account demands of its tokens.
func (s *Service) Policy(ctx context.Context, by access.Principal, id account.ID) (Policy, error) {
	var out Policy
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.ofAccount(tx, by, "token_policy:view", id); err != nil {
			return err
		}
		p, err := policyOf(tx, id.String())
		out = p
		return err
	})
	return out, err
}

// ofAccount loads an account and authorises.
func (s *Service) ofAccount(tx *store.Tx, by access.Principal, action string, id account.ID) (account.Account, error) {
	a, err := (&account.Service{}).Load(tx, id.String())
	if err != nil {
		return a, err
	}
	return a, by.Reach("account", action, account.Resource(id.String()))
}

// SetPolicy changes it. Nothing is disabled by that alone: tokens that it hits
// are noticed first. Errors: Invalid `token_policy_invalid`.
func (s *Service) SetPolicy(ctx context.Context, by access.Principal, id account.ID, p Policy) (Policy, error) {
	var out Policy
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.ofAccount(tx, by, "token_policy:update", id)
		if err != nil {
			return err
		}
		if err := p.check(s.LeastIdle()); err != nil {
			return err
		}
		before, err := policyOf(tx, id.String())
		if err != nil {
			return err
		}
		p.Changed, out = tx.Now(), p
		out.Changed = tx.Now()
		if before.IdleDays == p.IdleDays && before.RotateDays == p.RotateDays {
			out = before
			return nil
		}
		if err := putPolicy(tx, id.String(), out); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "token_policy.update", Target: "account/" + id.String(), Name: a.Name, Account: id.String(), Before: before, After: out})
	})
	return out, err
}

// Hit is a token that a policy would touch.
type Hit struct {
	Credential
	IdleSince time.Time `json:"idle_since" doc:"Begin of its disuse: the last use, or when it was made, restored or put off"`
	Disabled  time.Time `json:"disabled_at" doc:"When it would be disabled at the earliest, if nobody uses it"`
}

// Preview tells which tokens the policy p would warn about within 15 days, were
// it set now. Errors: Invalid `token_policy_invalid`.
func (s *Service) Preview(ctx context.Context, by access.Principal, id account.ID, p Policy) ([]Hit, error) {
	out := []Hit{}
	if err := p.check(s.LeastIdle()); err != nil {
		return nil, err
	}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.ofAccount(tx, by, "token_policy:update", id); err != nil {
			return err
		}
		all, err := s.held(tx, id.String())
		if err != nil {
			return err
		}
		now := tx.Now()
		for _, h := range all {
			t := h.token
			fate := t.Age(now, h.last.At, p.terms(t).idle)
			if fate == Warned || fate == Idle || t.Warned > 0 && t.Usable(now) {
				out = append(out, Hit{Credential: h.credential(now, p), IdleSince: h.token.IdleSince(h.last.At), Disabled: t.Deadline})
			}
		}
		return nil
	})
	return out, err
}

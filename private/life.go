package private

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

// Pause stops every call until Resume. Errors: Invalid `reason_required`.
func (s *Service) Pause(ctx context.Context, by access.Principal, id ID, reason string) (Integration, error) {
	return s.turn(ctx, by, id, turn{action: "pause", words: "was paused", rule: func(_ *store.Tx, i *Integration) error { return i.Pause(true, reason) }})
}

// Resume ends a pause.
func (s *Service) Resume(ctx context.Context, by access.Principal, id ID) (Integration, error) {
	return s.turn(ctx, by, id, turn{action: "resume", words: "works again", rule: func(_ *store.Tx, i *Integration) error { return i.Pause(false, "") }})
}

// Block is the operator's stop; Unblock lifts it.
func (s *Service) Block(ctx context.Context, by access.Principal, id ID, reason string) (Integration, error) {
	return s.turn(ctx, by, id, turn{action: "block", words: "was stopped by the platform operator", operator: true, rule: func(_ *store.Tx, i *Integration) error {
		if err := reasonGiven(reason); err != nil {
			return err
		}
		return i.Stop(reason)
	}})
}

// Unblock lifts the operator's stop.
func (s *Service) Unblock(ctx context.Context, by access.Principal, id ID) (Integration, error) {
	return s.turn(ctx, by, id, turn{action: "unblock", words: "is no longer stopped by the platform operator", operator: true, rule: func(_ *store.Tx, i *Integration) error { return i.Stop("") }})
}

// Deletion is what somebody decides when deleting.
type Deletion struct {
	Confirm   string `json:"confirm" maxLength:"400" doc:"The integration's name, typed again"`
	Reason    string `json:"reason,omitempty" maxLength:"500"`
	EndTokens bool   `json:"end_tokens,omitempty" doc:"End its tokens for good, so that undoing does not revive them: say so when one has leaked"`
}

// Delete stops the integration. Within 30 days that can be undone, and its tokens
// work again unless they were ended. Errors: Invalid `confirmation_mismatch`.
func (s *Service) Delete(ctx context.Context, by access.Principal, id ID, d Deletion) (Integration, error) {
	return s.turn(ctx, by, id, turn{action: "delete", words: "was deleted", rule: func(tx *store.Tx, i *Integration) error {
		if err := i.Delete(tx.Now(), d.Confirm, d.Reason); err != nil {
			return err
		}
		if d.EndTokens {
			return s.Tokens.RevokeGrant(tx, i.Grant, "private_integration_deleted")
		}
		return nil
	}})
}

// Restore undoes a deletion. Errors: Conflict `restore_too_late`,
// `private_integration_not_deleted`, `private_integration_limit`; Forbidden
// `account_closed`.
func (s *Service) Restore(ctx context.Context, by access.Principal, id ID) (Integration, error) {
	return s.turn(ctx, by, id, turn{action: "restore", words: "is back", rule: func(tx *store.Tx, i *Integration) error {
		if err := i.Restore(tx.Now()); err != nil {
			return err
		}
		a, err := s.Accounts.Load(tx, i.Account)
		if err != nil {
			return err
		}
		if a.State != account.Active {
			return problem.Forbidden("account_closed", "This account is closed.")
		}
		n, err := count(tx, i.Account)
		if err == nil && n >= Most {
			err = problem.Conflict("private_integration_limit", "An account has at most 200 private integrations. Delete another one first.")
		}
		return err
	}})
}

// turn is a change of state: its name in the log, what people are told, and the
// rule.
type turn struct {
	action, words string
	operator      bool
	rule          func(*store.Tx, *Integration) error
}

func (s *Service) turn(ctx context.Context, by access.Principal, id ID, t turn) (Integration, error) {
	var out Integration
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		l, err := s.mayTurn(tx, by, id, t)
		if err != nil {
			return err
		}
		before, i := l.Integration, l.Integration
		if err := t.rule(tx, &i); err != nil {
			return err
		}
		if out, err = s.put(tx, i); err != nil {
			return err
		}
		if before.State != i.State {
			state, reason := i.grantState()
			if _, err := s.Grants.SetState(tx, i.Grant, state, reason); err != nil {
				return err
			}
		}
		why := out.Reason
		if out.State == Blocked {
			why = out.Block
		}
		if err := s.tell(tx, by, out, "The private integration “"+out.Name+"” "+t.words, why); err != nil {
			return err
		}
		return s.record(tx, by, t.action, before, out)
	})
	return out, err
}

func (s *Service) mayTurn(tx *store.Tx, by access.Principal, id ID, t turn) (loaded, error) {
	if !t.operator {
		return s.managed(tx, by, id)
	}
	l, err := s.load(tx, by, id)
	if err != nil {
		return l, err
	}
	return l, by.May(ActionBlock, account.Resource(l.Account))
}

// NewToken makes a token when none works any more; while one does, rotate that.
// Errors: Conflict `token_still_live`, `private_integration_deleted`, and those
// of a grant that is stopped.
func (s *Service) NewToken(ctx context.Context, by access.Principal, id ID) (token.Issued, error) {
	var out token.Issued
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		l, err := s.managed(tx, by, id)
		if err != nil {
			return err
		}
		if err := l.here(); err != nil {
			return err
		}
		there, err := liveTokens(tx, []string{l.Grant}, tx.Now())
		if err != nil {
			return err
		}
		if there[l.Grant].n > 0 {
			return problem.Conflict("token_still_live", "This integration has a token that works. Rotate that one instead.")
		}
		g, err := s.Grants.Load(tx, l.Grant)
		if err != nil {
			return err
		}
		if out, err = s.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Static, Life: l.Expiry.Life(), Idle: l.Expiry.Idle(), Rotate: l.Expiry.Rotate()}); err != nil {
			return err
		}
		return s.Audit.Record(tx, by, audit.Change{Action: "private_integration.token", Target: l.Holder(), Name: l.Name, Account: l.Account, After: out.Token})
	})
	return out, err
}

// Finish ends for good what was deleted more than 30 days ago.
func (s *Service) Finish(ctx context.Context) error {
	by := access.System("the time to undo the deletion is over")
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		due, err := expired(tx, tx.Now().Add(-RestoreWithin))
		if err != nil {
			return err
		}
		for _, i := range due {
			before := i
			if err := s.Tokens.RevokeGrant(tx, i.Grant, "private_integration_deleted"); err != nil {
				return err
			}
			i.State = Gone
			if i, err = s.put(tx, i); err != nil {
				return err
			}
			if err := s.record(tx, by, "finish", before, i); err != nil {
				return err
			}
		}
		return nil
	})
}

package token

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guestright/guestright/kit/problem"
)

const (
	// UsualOverlap is how long both generations are accepted when nobody says.
	UsualOverlap = 7 * day
	// MostOverlap bounds the overlap, extensions included.
	MostOverlap = 90 * day
	// BrownOutTime is how long a brown-out lasts.
	BrownOutTime = 2 * time.Minute
	reasonMost   = 500
)

// Rotation asks for a successor.
type Rotation struct {
	Grace  time.Duration // how long the old token lives on; 0: it ends at once
	Reason string        // required when Grace is 0
}

func (r Rotation) check() error {
	if r.Grace < 0 || r.Grace > MostOverlap {
		return overlapInvalid("/overlap_seconds", "The overlap is at least 0 and at most 90 days.")
	}
	if utf8.RuneCountInString(r.Reason) > reasonMost || r.Grace == 0 && strings.TrimSpace(r.Reason) == "" {
		return problem.Invalid("reason_required", "Say why: the old token stops working at once.",
			problem.Field{Pointer: "/reason", Code: "required", Detail: "Give a reason in 1 to 500 characters."})
	}
	return nil
}

func overlapInvalid(pointer, detail string) error {
	return problem.Invalid("token_overlap_invalid", "The old token cannot live on for that long.", problem.Field{Pointer: pointer, Code: "out_of_range", Detail: detail})
}

var (
	errNotActive      = problem.Conflict("token_not_active", "This token has ended already.")
	errRetiring       = problem.Conflict("token_already_retiring", "This token is being replaced already.")
	errNotRetiring    = problem.Conflict("token_not_retiring", "This token is not being replaced now.")
	errNotRotatable   = problem.Conflict("token_not_rotatable", "Only tokens of private integrations, people and accounts are rotated. An application asks the token endpoint for a new one.")
	errOverlap        = problem.Conflict("token_overlap_running", "The token before this one still works. Expire it or cancel its rotation first, or rotate this one now, without overlap.")
	errSuccessorMoved = problem.Conflict("token_successor_replaced", "The new token has been replaced itself, so the rotation cannot be undone.")
	errBrowned        = problem.Conflict("token_brown_out_running", "A brown-out of this token is running already.")
	errNotBrowned     = problem.Conflict("token_no_brown_out", "No brown-out of this token is running.")
)

// Usable reports whether the token opens its grant at now, a brown-out aside.
func (t Token) Usable(now time.Time) bool {
	return (t.State == Active || t.State == Retiring) && (t.Expires.IsZero() || now.Before(t.Expires))
}

// Browned reports whether the token fails now because its owner wants to see who
// still uses it.
func (t Token) Browned(now time.Time) bool {
	return t.State == Retiring && !now.Before(t.BrownFrom) && now.Before(t.BrownUntil)
}

// Retire lets the token live on for grace, then expire; zero ends it at once.
func (t *Token) Retire(now time.Time, grace time.Duration) error {
	if t.State == Retiring {
		return errRetiring
	}
	if !t.Usable(now) {
		return errNotActive
	}
	t.State, t.Retired, t.Earlier = Retiring, now, t.Expires
	if end := now.Add(grace); t.Expires.IsZero() || end.Before(t.Expires) {
		t.Expires = end
	}
	if grace <= 0 {
		t.State, t.Reason, t.Ended = Expired, "rotated", now
	}
	return nil
}

// retiring fails unless the token is in the overlap of a rotation.
func (t *Token) retiring(now time.Time) error {
	if t.State != Retiring || !t.Usable(now) {
		return errNotRetiring
	}
	return nil
}

// Reinstate undoes a rotation whose overlap is not over: the token is as before.
func (t *Token) Reinstate(now time.Time) error {
	if err := t.retiring(now); err != nil {
		return err
	}
	t.State, t.Expires, t.Successor = Active, t.Earlier, ""
	t.Retired, t.Earlier, t.BrownFrom, t.BrownUntil = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return nil
}

// Extend makes the overlap longer: not beyond MostOverlap in all, and not beyond
// the expiry that the token had of its own.
func (t *Token) Extend(now, until time.Time) error {
	if err := t.retiring(now); err != nil {
		return err
	}
	switch {
	case !until.After(t.Expires):
		return overlapInvalid("/until", "Name a later time than the present end of the overlap. To end it sooner, expire the token.")
	case until.After(t.Retired.Add(MostOverlap)):
		return overlapInvalid("/until", "Both tokens work side by side for at most 90 days from the rotation on.")
	case !t.Earlier.IsZero() && until.After(t.Earlier):
		return overlapInvalid("/until", "The token has an expiry of its own and does not outlive it.")
	}
	t.Expires = until
	return nil
}

// Expire ends the overlap now.
func (t *Token) Expire(now time.Time) error {
	if err := t.retiring(now); err != nil {
		return err
	}
	t.State, t.Reason, t.Expires, t.Ended = Expired, "expired_early", now, now
	return nil
}

// BrownOut lets the token fail for two minutes.
func (t *Token) BrownOut(now time.Time) error {
	if err := t.retiring(now); err != nil {
		return err
	}
	if t.Browned(now) {
		return errBrowned
	}
	t.BrownFrom, t.BrownUntil = now, now.Add(BrownOutTime)
	return nil
}

// EndBrownOut lets the token work again at once.
func (t *Token) EndBrownOut(now time.Time) error {
	if !t.Browned(now) {
		return errNotBrowned
	}
	t.BrownUntil = now
	return nil
}

// Revoke ends the token at once; revoking what has ended is no error (RFC 7009
// section 2.2).
func (t *Token) Revoke(now time.Time, reason string) {
	if t.State == Active || t.State == Retiring || t.State == Disabled {
		t.State, t.Reason, t.Ended = Revoked, reason, now
	}
}

package identity

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// RequestEmail begins the change to another address: a link goes to the new one.
// The answer does not tell whether somebody has that address already; its owner
// is told.
func (s *Service) RequestEmail(ctx context.Context, by access.Principal, at Session, email string) error {
	e, ok := Canonical(email)
	if !ok {
		return problem.Invalid("email_invalid", "This is not an address.", emailFinding("/email"))
	}
	if err := needSession(by, at); err != nil {
		return err
	}
	if err := s.take(ctx, onMail(e), onMail(by.User)); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.fresh(tx, by, at)
		if err != nil {
			return err
		}
		if e == u.Email {
			return problem.Invalid("email_invalid", "This is your address already.", problem.Field{Pointer: "/email", Code: "unchanged", Detail: "Give another address."})
		}
		other, taken, err := findMaybe(tx, "email = ?", e)
		if err != nil {
			return err
		}
		if taken && other.State != Unverified {
			err = s.mail(tx, other.Email, "Somebody wanted to use your address at "+s.name(),
				"Hello "+other.Name+",\n\nsomebody wanted to use this address for another account at "+s.name()+". Nothing has changed.")
		} else {
			err = s.send(tx, u, LinkEmail, e, func(url string) (string, string) {
				return "Confirm your new address at " + s.name(), "Hello " + u.Name + ",\n\nopen this link in the browser where you are signed in, to use this address from now on:\n" +
					url + "\n\nThe link works once, within " + period(s.lives().Verify) + ".\n\nIf you did not ask for it, do nothing."
			})
		}
		if err != nil {
			return err
		}
		return s.record(tx, by, "user.email_request", u, audit.Change{})
	})
}

// ConfirmEmail changes the address with the mailed link, in the session of the
// person who asked for it. The old address is told. Invalid `link_invalid`.
func (s *Service) ConfirmEmail(ctx context.Context, by access.Principal, at Session, raw string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.self(tx, by, at)
		if err != nil {
			return err
		}
		l, err := s.spend(tx, LinkEmail, raw)
		if err != nil {
			return err
		}
		if l.user != u.ID {
			return errLink
		}
		if err := s.free(tx, l.email); err != nil {
			return err
		}
		was := u
		u.Email, u.Verified = l.email, tx.Now()
		if err := save(tx, u, was); err != nil {
			return err
		}
		if err := dropLinks(tx, u.ID, LinkReset); err != nil {
			return err
		}
		err = s.mail(tx, was.Email, "Your address at "+s.name()+" was changed",
			"Hello "+u.Name+",\n\nyour account at "+s.name()+" now uses another address; this one can't be used to sign in any more.\n\nIf it was not you, write to us at once.")
		if err != nil {
			return err
		}
		return s.record(tx, by, "user.email_change", u, audit.Change{Before: was, After: u})
	})
}

// free makes sure that nobody has a proven claim to the address. A sign-up that
// was never finished gives way.
func (s *Service) free(tx *store.Tx, email string) error {
	other, taken, err := findMaybe(tx, "email = ?", email)
	if err != nil || !taken {
		return err
	}
	if other.State != Unverified {
		return errLink
	}
	was := other
	other.erase()
	if err := save(tx, other, was); err != nil {
		return err
	}
	return wipe(tx, other.ID)
}

package identity

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/identity/password"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// RequestReset mails a link that sets a new password. The answer is the same
// for everybody. Limited `too_many_attempts`.
func (s *Service) RequestReset(ctx context.Context, email string) error {
	e, ok := Canonical(email)
	if !ok {
		return problem.Invalid("email_invalid", "This is not an address.", emailFinding("/email"))
	}
	if err := s.take(ctx, onNetwork(ctx, "mail"), onMail(e)); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, known, err := findMaybe(tx, "email = ?", e)
		if err != nil || !known || u.State == Deleted {
			return err
		}
		err = s.send(tx, u, LinkReset, u.Email, func(url string) (string, string) {
			return "Set a new password at " + s.name(), "Hello " + u.Name + ",\n\nopen this link to set a new password:\n" + url +
				"\n\nThe link works once, within " + period(s.lives().Reset) + ".\n\nIf you did not ask for it, do nothing. Your password stays as it is."
		})
		if err != nil {
			return err
		}
		return s.record(tx, access.Principal{}, "user.reset_request", u, audit.Change{})
	})
}

// Reset sets a new password with a mailed link and ends all sessions. It proves
// the address, too; it does not sign in, so an authenticator app is still asked
// for. Errors: Invalid `link_invalid`, `password_invalid`.
func (s *Service) Reset(ctx context.Context, raw string, pass secret.Text) error {
	if err := s.take(ctx, onNetwork(ctx, "link")); err != nil {
		return err
	}
	var u User
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		l, _, err := s.open(tx, LinkReset, raw)
		if err != nil {
			return err
		}
		u, err = find(tx, "id = ?", l.user)
		return err
	})
	if err != nil {
		return err
	}
	hash, err := s.newPassword(ctx, u, pass)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		l, err := s.spend(tx, LinkReset, raw)
		if err != nil {
			return err
		}
		now, err := find(tx, "id = ?", l.user)
		if err != nil {
			return err
		}
		if now.Email != l.email || now.State == Deleted {
			return errLink
		}
		was := now
		signedUp := now.State == Unverified
		now.password = hash
		if now.prove(tx.Now()) && signedUp && s.Founded != nil {
			if err := save(tx, now, was); err != nil {
				return err
			}
			if err := s.Founded(tx, principal(now), now); err != nil {
				return err
			}
			was = now
		}
		return s.setPassword(tx, principal(now), passwordChange{now: now, was: was, action: "user.password_reset"})
	})
}

type passwordChange struct {
	now, was User
	action   string
	keep     SessionID // stays signed in
}

// setPassword saves a new password, ends the sessions that came by the old one,
// ends open links and tells the person.
func (s *Service) setPassword(tx *store.Tx, by access.Principal, c passwordChange) error {
	if err := save(tx, c.now, c.was); err != nil {
		return err
	}
	if _, err := dropSessions(tx, c.now.ID.String(), "id <> ?", c.keep); err != nil {
		return err
	}
	for _, k := range []LinkKind{LinkReset, LinkVerify, LinkEmail} {
		if err := dropLinks(tx, c.now.ID, k); err != nil {
			return err
		}
	}
	if err := s.clear(tx, onAccount(c.now.Email)); err != nil {
		return err
	}
	err := s.mail(tx, c.now.Email, "Your password at "+s.name()+" was changed",
		"Hello "+c.now.Name+",\n\nyour password was changed just now, and all other browsers were signed out.\n\nIf it was not you, set a new one at once:\n"+s.Base+PathForgot)
	if err != nil {
		return err
	}
	return s.record(tx, by, c.action, c.now, audit.Change{})
}

// newPassword checks and hashes.
func (s *Service) newPassword(ctx context.Context, u User, pass secret.Text) (string, error) {
	if f := password.Check(pass, "/password", u.Email, u.Name, u.Company); len(f) > 0 {
		return "", problem.Invalid("password_invalid", "Choose another password.", f...)
	}
	return s.Passwords.Hash(ctx, pass)
}

// PasswordChange is a person's wish for another password. Current may be empty
// for people who have none yet.
type PasswordChange struct {
	Current secret.Text
	New     secret.Text
}

// ChangePassword sets another password, ends all other sessions and renews this
// one. Errors: Unauthenticated `sign_in_failed` when the current one is wrong,
// Forbidden `fresh_sign_in_required`, Invalid `password_invalid`.
func (s *Service) ChangePassword(ctx context.Context, by access.Principal, at Session, in PasswordChange) (Started, error) {
	var u User
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		u, err = s.fresh(tx, by, at)
		return err
	})
	if err != nil {
		return Started{}, err
	}
	if u.password != "" {
		if err := s.prove(ctx, u, in.Current, "sign-in"); err != nil {
			return Started{}, err
		}
	}
	hash, err := s.newPassword(ctx, u, in.New)
	if err != nil {
		return Started{}, err
	}
	var out Started
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		now := u
		now.password = hash
		if err := s.setPassword(tx, by, passwordChange{now: now, was: u, action: "user.password_change", keep: at.ID}); err != nil {
			return err
		}
		out, err = s.renew(tx, now, at)
		return err
	})
	return out, err
}

package identity

import (
	"context"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/identity/password"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// SignUp is what a new developer tells.
type SignUp struct {
	Email    string
	Password secret.Text
	Name     string
	Company  string
	Terms    string // the version they accepted
}

func (in SignUp) check() []problem.Field {
	var f []problem.Field
	if _, ok := Canonical(in.Email); !ok {
		f = append(f, emailFinding("/email"))
	}
	f = append(f, password.Check(in.Password, "/password", in.Email, in.Name, in.Company)...)
	f = append(f, checkName(in.Name, "/name", true)...)
	return append(f, checkName(in.Company, "/company", false)...)
}

// SignUp takes a new developer in and mails a link that proves the address. The
// answer is the same whether the address is taken or not; its owner is told.
func (s *Service) SignUp(ctx context.Context, in SignUp) error {
	if f := in.check(); len(f) > 0 {
		return problem.Invalid("sign_up_invalid", "Some of this needs another look.", f...)
	}
	if err := s.Terms.check(in.Terms); err != nil {
		return err
	}
	email, _ := Canonical(in.Email)
	if err := s.take(ctx, onNetwork(ctx, "sign-up"), onMail(email)); err != nil {
		return err
	}
	hash, err := s.Passwords.Hash(ctx, in.Password) // also for taken addresses: it is what takes time
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, known, err := findMaybe(tx, "email = ?", email)
		if err != nil {
			return err
		}
		if known && u.State != Unverified && u.State != Invited {
			return s.signUpAgain(tx, u)
		}
		was := u
		if !known {
			u = User{ID: ident.New[User](tx.Now()), Email: email, State: Unverified, Created: tx.Now()}
		}
		// The last sign-up counts. A link works only with the password of its
		// own sign-up, so nobody can prepare an account for another's address.
		u.password = hash
		if u.State == Unverified {
			u.Name, u.Company = strings.TrimSpace(in.Name), strings.TrimSpace(in.Company)
		}
		if known {
			err = save(tx, u, was)
		} else {
			err = insert(tx, u)
		}
		if err != nil {
			return err
		}
		if err := acceptTerms(tx, u.ID, in.Terms); err != nil {
			return err
		}
		if err := s.sendVerify(tx, u); err != nil {
			return err
		}
		return s.record(tx, access.Principal{}, "user.sign_up", u, audit.Change{After: u})
	})
}

func (s *Service) signUpAgain(tx *store.Tx, u User) error {
	err := s.mail(tx, u.Email, "You already have an account at "+s.name(),
		"Hello "+u.Name+",\n\nsomebody, perhaps you, tried to sign up at "+s.name()+" with this address. You have an account already: sign in at\n"+
			s.Base+PathSignIn+"\n\nIf you forgot the password, set a new one at\n"+s.Base+PathForgot+"\n\nIf it was not you, there is nothing to do. Nothing has changed.")
	if err != nil {
		return err
	}
	return s.record(tx, access.Principal{}, "user.sign_up_repeated", u, audit.Change{})
}

func (s *Service) sendVerify(tx *store.Tx, u User) error {
	return s.send(tx, u, LinkVerify, u.Email, func(url string) (string, string) {
		return "Finish your sign-up at " + s.name(), "Hello,\n\nopen this link and enter the password that you chose, to finish your sign-up:\n" + url +
			"\n\nThe link works once, within " + period(s.lives().Verify) + ".\n\nIf you did not sign up, do nothing: without that password the link opens nothing."
	})
}

// ResendVerify mails a new link to somebody who has not finished the sign-up.
// The answer is the same for everybody.
func (s *Service) ResendVerify(ctx context.Context, email string) error {
	e, ok := Canonical(email)
	if !ok {
		return problem.Invalid("email_invalid", "This is not an address.", emailFinding("/email"))
	}
	if err := s.take(ctx, onNetwork(ctx, "mail"), onMail(e)); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, known, err := findMaybe(tx, "email = ?", e)
		if err != nil || !known || u.password == "" || u.State != Unverified && u.State != Invited {
			return err
		}
		if err := s.sendVerify(tx, u); err != nil {
			return err
		}
		return s.record(tx, access.Principal{}, "user.verify_resend", u, audit.Change{})
	})
}

// Verify proves the address of a sign-up with the mailed link and the password
// that was chosen then, founds what belongs to a new developer, and signs in.
// Errors: Invalid `link_invalid`, Unauthenticated `sign_in_failed`, Limited.
func (s *Service) Verify(ctx context.Context, raw string, pass secret.Text, v Visit) (Started, error) {
	var u User
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		l, _, err := s.open(tx, LinkVerify, raw)
		if err != nil {
			return err
		}
		u, err = find(tx, "id = ?", l.user)
		return err
	})
	if err != nil {
		return Started{}, err
	}
	if err := s.prove(ctx, u, pass, "verify"); err != nil {
		return Started{}, err
	}
	var out Started
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		l, err := s.spend(tx, LinkVerify, raw)
		if err != nil {
			return err
		}
		now, err := find(tx, "id = ?", l.user)
		if err != nil {
			return err
		}
		if now.password != u.password || now.Email != l.email {
			return errLink // a later sign-up took its place
		}
		was := now
		if !now.prove(tx.Now()) {
			return errLink
		}
		if err := save(tx, now, was); err != nil {
			return err
		}
		if s.Founded != nil {
			if err := s.Founded(tx, principal(now), now); err != nil {
				return err
			}
		}
		if err := s.clear(tx, onAccount(now.Email)); err != nil {
			return err
		}
		if out, err = s.begin(tx, &now, "password", v); err != nil {
			return err
		}
		return s.record(tx, principal(now), "user.verify", now, audit.Change{Before: was, After: now})
	})
	return out, err
}

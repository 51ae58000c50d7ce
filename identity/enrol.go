package identity

import (
	"context"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// Newcomer is a person whom the operator takes in without a mailed link,
// vouching for the address: for scripts and for the demo.
type Newcomer struct {
	Email, Name, Company string
	Password             secret.Text
	Operator             bool
}

// Enrol takes a person in; they can sign in at once. Errors: Invalid
// `sign_up_invalid`, Conflict `email_taken`.
func (s *Service) Enrol(ctx context.Context, by access.Principal, in Newcomer) (User, error) {
	if err := by.May("user:create", access.Platform()); err != nil {
		return User{}, err
	}
	if f := (SignUp{Email: in.Email, Password: in.Password, Name: in.Name, Company: in.Company}).check(); len(f) > 0 {
		return User{}, problem.Invalid("sign_up_invalid", "Some of this needs another look.", f...)
	}
	email, _ := Canonical(in.Email)
	hash, err := s.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return User{}, err
	}
	var out User
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, known, err := findMaybe(tx, "email = ?", email); err != nil {
			return err
		} else if known {
			return problem.Conflict("email_taken", "Somebody has signed up with this address already.")
		}
		u := User{ID: ident.New[User](tx.Now()), Email: email, Name: strings.TrimSpace(in.Name), Company: strings.TrimSpace(in.Company),
			Operator: in.Operator, State: Active, Verified: tx.Now(), Created: tx.Now(), password: hash}
		if err := insert(tx, u); err != nil {
			return err
		}
		if s.Founded != nil && !u.Operator {
			if err := s.Founded(tx, principal(u), u); err != nil {
				return err
			}
		}
		out = u
		return s.record(tx, by, "user.enrol", u, audit.Change{After: u})
	})
	return out, err
}

package identity

import (
	"context"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// SetupSecret makes the one-time secret of a first start, with which the first
// operator is created, and says until when it works. The secret is zero once
// there is an operator. Every call replaces the one before.
func (s *Service) SetupSecret(ctx context.Context) (secret.Text, time.Time, error) {
	var raw secret.Text
	var until time.Time
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		raw = secret.Text{}
		if _, err := tx.ExecContext(tx.Ctx, "DELETE FROM identity_setup"); err != nil {
			return err
		}
		n, err := operators(tx)
		if err != nil || n > 0 {
			return err
		}
		raw, until = newSecret(), tx.Now().Add(s.lives().Setup)
		_, err = tx.ExecContext(tx.Ctx, "INSERT INTO identity_setup (digest, expires) VALUES (?, ?)", s.Keys.Digest(raw.Reveal()).String(), store.At(until))
		return err
	})
	return raw, until, err
}

// SetUp creates the first operator with the secret of the first start and signs
// them in. Forbidden `setup_closed` when the secret is wrong, used or too old, or
// when there is an operator.
func (s *Service) SetUp(ctx context.Context, raw string, in SignUp, v Visit) (Started, error) {
	if f := in.check(); len(f) > 0 {
		return Started{}, problem.Invalid("sign_up_invalid", "Some of this needs another look.", f...)
	}
	if err := s.take(ctx, onNetwork(ctx, "setup")); err != nil {
		return Started{}, err
	}
	hash, err := s.Passwords.Hash(ctx, in.Password)
	if err != nil {
		return Started{}, err
	}
	var out Started
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.spendSetup(tx, raw); err != nil {
			return err
		}
		email, _ := Canonical(in.Email)
		if other, known, err := findMaybe(tx, "email = ?", email); err != nil || known && other.maySignIn() == nil {
			if err == nil { // the secret opens the set-up, not somebody's account
				err = problem.Conflict("email_taken", "Somebody has this address already. Use another.")
			}
			return err
		}
		u, err := s.makeOperator(tx, Operator{Email: email, Name: in.Name, Hash: hash})
		if err != nil {
			return err
		}
		if out, err = s.begin(tx, &u, "setup", v); err != nil {
			return err
		}
		return s.record(tx, principal(u), "operator.set_up", u, audit.Change{After: u})
	})
	return out, err
}

func (s *Service) spendSetup(tx *store.Tx, raw string) error {
	closed := problem.Forbidden("setup_closed", "This secret does not open the set-up. Start the program again for a new one, unless there is an operator already.")
	if !wellFormed(raw) {
		return closed
	}
	n, err := operators(tx)
	if err != nil {
		return err
	}
	if n > 0 {
		return closed
	}
	for _, d := range s.Keys.Digests(raw) {
		res, err := tx.ExecContext(tx.Ctx, "DELETE FROM identity_setup WHERE digest = ? AND expires > ?", d.String(), store.At(tx.Now()))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
	}
	return closed
}

// Operator is a person who is to run the platform. Hash comes from HashPassword;
// "" means that the person sets a password by the mailed link.
type Operator struct {
	Email string
	Name  string
	Hash  string
}

// HashPassword checks and hashes a new password, for CreateOperator. Do it
// outside of a transaction: it takes time and memory by intent.
func (s *Service) HashPassword(ctx context.Context, email string, pass secret.Text) (string, error) {
	return s.newPassword(ctx, User{Email: email}, pass)
}

// CreateOperator makes a person an operator inside the caller's transaction; a
// person who exists becomes one and keeps name and password. It does not
// authorise: the command line does, by being run.
func (s *Service) CreateOperator(tx *store.Tx, by access.Principal, o Operator) (User, error) {
	u, err := s.makeOperator(tx, o)
	if err != nil {
		return u, err
	}
	if u.password == "" {
		err := s.send(tx, u, LinkReset, u.Email, func(url string) (string, string) {
			return "You are an operator of " + s.name(), "Hello " + u.Name + ",\n\nyou were made an operator of " + s.name() + ". Set a password here:\n" + url +
				"\n\nThe link works once, within " + period(s.lives().Reset) + ". After that, ask for another at\n" + s.Base + PathForgot
		})
		if err != nil {
			return u, err
		}
	}
	return u, s.record(tx, by, "operator.create", u, audit.Change{After: u})
}

func (s *Service) makeOperator(tx *store.Tx, o Operator) (User, error) {
	email, ok := Canonical(o.Email)
	if !ok {
		return User{}, problem.Invalid("email_invalid", "This is not an address.", emailFinding("/email"))
	}
	if f := checkName(o.Name, "/name", true); len(f) > 0 {
		return User{}, problem.Invalid("profile_invalid", "Give the operator a name.", f...)
	}
	u, known, err := findMaybe(tx, "email = ?", email)
	if err != nil {
		return u, err
	}
	if !known {
		u = User{ID: ident.New[User](tx.Now()), Email: email, Name: strings.TrimSpace(o.Name), Operator: true, State: Active, Created: tx.Now(), password: o.Hash}
		if o.Hash != "" {
			u.Verified = tx.Now()
		}
		tx.Changed(Topic, u.ID.String())
		return u, insert(tx, u)
	}
	was := u
	switch u.State {
	case Active:
	case Unverified, Invited:
		// Whoever signed up with this address has not proven it.
		u.State, u.Name, u.password = Active, strings.TrimSpace(o.Name), o.Hash
	default:
		return u, problem.Conflict("user_closed", "This person's account is being deleted.")
	}
	u.Operator = true
	if err := save(tx, u, was); err != nil {
		return u, err
	}
	// Rights changed: sessions that were opened with fewer end.
	return u, s.EndAll(tx, u.ID.String())
}

// SetOperator makes a person an operator or ends that; their sessions end.
// Conflict `last_operator`.
func (s *Service) SetOperator(ctx context.Context, by access.Principal, id ID, operator bool) (User, error) {
	var out User
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := by.Reach("user", "platform:update", access.Platform()); err != nil {
			return err
		}
		u, err := find(tx, "id = ?", id)
		if err != nil {
			return err
		}
		if u.State != Active {
			return problem.Conflict("user_closed", "This person has no active account.")
		}
		was := u
		if last, err := lastOperator(tx, id); err != nil || last && !operator {
			if err == nil {
				err = problem.Conflict("last_operator", "This is the only operator. Name another first.")
			}
			return err
		}
		u.Operator = operator
		if err := save(tx, u, was); err != nil {
			return err
		}
		if err := s.EndAll(tx, id.String()); err != nil {
			return err
		}
		out = u
		return s.record(tx, by, "operator.set", u, audit.Change{Before: was, After: u})
	})
	return out, err
}

func operators(tx *store.Tx) (int64, error) {
	return tx.NewSelect().Model((*row)(nil)).Where("operator = 1 AND state = ?", Active).Count(tx.Ctx)
}

func lastOperator(tx *store.Tx, id ID) (bool, error) {
	others, err := tx.NewSelect().Model((*row)(nil)).Where("operator = 1 AND state = ? AND id <> ?", Active, id).Count(tx.Ctx)
	if err != nil || others > 0 {
		return false, err
	}
	self, err := tx.NewSelect().Model((*row)(nil)).Where("operator = 1 AND id = ?", id).Count(tx.Ctx)
	return self == 1, err
}

package identity

import (
	"context"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/network"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
)

// SignIn is what a person enters to sign in.
type SignIn struct {
	Email    string
	Password secret.Text
	Code     string // from the authenticator app, or a recovery code; "" at first
}

// SignIn opens a session. Errors: Unauthenticated `sign_in_failed` (wrong
// address or password, told apart by nothing), `second_factor_required` and
// `second_factor_wrong` (only after the right password); Forbidden
// `email_unverified` (likewise); Limited `too_many_attempts`.
func (s *Service) SignIn(ctx context.Context, in SignIn, v Visit) (Started, error) {
	email, ok := Canonical(in.Email)
	if !ok {
		email = "unknown"
	}
	var u User
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		u, _, err = findMaybe(tx, "email = ?", email)
		return err
	})
	if err != nil {
		return Started{}, err
	}
	u.Email = email
	if err := s.prove(ctx, u, in.Password, "sign-in"); err != nil {
		return Started{}, err
	}
	if err := u.maySignIn(); err != nil {
		return Started{}, err
	}
	fresh := s.rehash(ctx, u, in.Password)
	var out Started
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		now, method, err := s.confirm(tx, u, in.Code)
		if err != nil {
			return err
		}
		if fresh != "" {
			was := now
			now.password = fresh
			if err := save(tx, now, was); err != nil {
				return err
			}
		}
		back := now.State == DeletionRequested
		if out, err = s.begin(tx, &now, method, v); err != nil {
			return err
		}
		return s.recordStart(tx, out, back)
	})
	if err == errSecond {
		s.undo(ctx, onAccount(email), onNetwork(ctx, "sign-in"))
	}
	return out, err
}

// prove checks a password, at the pace of the account and the network. It takes
// the same time for a zero user as for a real one.
func (s *Service) prove(ctx context.Context, u User, pass secret.Text, what string) error {
	if err := s.take(ctx, onAccount(u.Email), onNetwork(ctx, what)); err != nil {
		return err
	}
	ok, err := s.Passwords.Verify(ctx, u.password, pass)
	if err != nil {
		return err
	}
	if !ok {
		return errSignIn
	}
	return nil
}

// rehash gives a new hash when the cost was changed since the stored one was
// made; "" when there is nothing to do or no time for it.
func (s *Service) rehash(ctx context.Context, u User, pass secret.Text) string {
	if !s.Passwords.Stale(u.password) {
		return ""
	}
	hash, err := s.Passwords.Hash(ctx, pass)
	if err != nil {
		return ""
	}
	return hash
}

// confirm finishes in a transaction what prove began: the person is still the
// same, and so is the password; the second factor is right if there is one.
func (s *Service) confirm(tx *store.Tx, proven User, code string) (User, string, error) {
	u, err := find(tx, "id = ?", proven.ID)
	if err != nil {
		return u, "", err
	}
	if u.password != proven.password {
		return u, "", errSignIn
	}
	factor, err := s.secondFactor(tx, u, code)
	if err != nil {
		return u, "", err
	}
	if err := s.clear(tx, onAccount(u.Email)); err != nil {
		return u, "", err
	}
	return u, "password" + factor, s.giveBack(tx, onNetwork(tx.Ctx, "sign-in"))
}

// undo gives attempts back in a transaction of its own. Failing to is no
// failure of the caller: the attempts are forgotten in time.
func (s *Service) undo(ctx context.Context, limits ...limit) {
	_ = s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, l := range limits {
			if err := s.giveBack(tx, l); err != nil {
				return err
			}
		}
		return nil
	})
}

// begin opens a session for somebody who has proven who they are. A wish to be
// deleted ends with it, and so does the session that the browser had before.
func (s *Service) begin(tx *store.Tx, u *User, method string, v Visit) (Started, error) {
	if err := u.maySignIn(); err != nil {
		return Started{}, err
	}
	was := *u
	if u.returnHome() {
		if err := save(tx, *u, was); err != nil {
			return Started{}, err
		}
	}
	if err := s.endOld(tx, v.Old); err != nil {
		return Started{}, err
	}
	_, held, err := s.authorities(tx, *u)
	if err != nil {
		return Started{}, err
	}
	raw := newSecret()
	at := Session{ID: ident.New[Session](tx.Now()), User: u.ID.String(), Method: method, Agent: shortened(v.Agent), Address: network.Name(web.From(tx.Ctx).Client()),
		Created: tx.Now(), Authenticated: tx.Now(), Seen: tx.Now(), digest: s.Keys.Digest(raw.Reveal()), roles: held}
	if err := insertSession(tx, at); err != nil {
		return Started{}, err
	}
	tx.Changed(SessionTopic, at.User)
	return Started{Token: raw, Session: at, User: *u}, nil
}

func (s *Service) endOld(tx *store.Tx, raw string) error {
	if !wellFormed(raw) {
		return nil
	}
	for _, d := range s.Keys.Digests(raw) {
		old, err := findSession(tx, "digest = ?", d.String())
		if absent(err) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = dropSessions(tx, old.User, "id = ?", old.ID)
		return err
	}
	return nil
}

// recordStart leaves the one entry of a sign-in.
func (s *Service) recordStart(tx *store.Tx, st Started, back bool) error {
	action := "session.start"
	if back {
		action = "user.deletion_cancel"
	}
	return s.record(tx, principal(st.User), action, st.User, audit.Change{After: st.Session})
}

// SignOut ends the session of a cookie. One that is over already is fine.
func (s *Service) SignOut(ctx context.Context, raw string) error {
	if !wellFormed(raw) {
		return nil
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, d := range s.Keys.Digests(raw) {
			at, err := findSession(tx, "digest = ?", d.String())
			if absent(err) {
				continue
			}
			if err != nil {
				return err
			}
			u, err := find(tx, "id = ?", at.User)
			if err != nil {
				return err
			}
			if _, err := dropSessions(tx, at.User, "id = ?", at.ID); err != nil {
				return err
			}
			return s.record(tx, principal(u), "session.end", u, audit.Change{Before: at, Reason: "signed out"})
		}
		return nil
	})
}

// Reauthenticate makes a session fresh again by the password, and gives it a new
// secret. People without a password sign in anew by passkey or provider instead.
// Errors as of SignIn.
func (s *Service) Reauthenticate(ctx context.Context, by access.Principal, at Session, in SignIn) (Started, error) {
	if err := needSession(by, at); err != nil {
		return Started{}, err
	}
	var u User
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		u, err = find(tx, "id = ?", by.User)
		return err
	})
	if err != nil {
		return Started{}, err
	}
	if err := s.prove(ctx, u, in.Password, "sign-in"); err != nil {
		return Started{}, err
	}
	var out Started
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		now, method, err := s.confirm(tx, u, in.Code)
		if err != nil {
			return err
		}
		at.Method, at.Authenticated = method, tx.Now()
		if out, err = s.renew(tx, now, at); err != nil {
			return err
		}
		return s.record(tx, by, "session.confirm", now, audit.Change{After: out.Session})
	})
	if err == errSecond {
		s.undo(ctx, onAccount(u.Email), onNetwork(ctx, "sign-in"))
	}
	return out, err
}

package identity

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

func absent(err error) bool { return problem.CodeOf(err) == "not_found" }

// self loads the person who asks, in person: by a session, not with a token.
func (s *Service) self(tx *store.Tx, by access.Principal, at Session) (User, error) {
	if err := needSession(by, at); err != nil {
		return User{}, err
	}
	if err := by.Reach("user", "user:update", Resource(by.User)); err != nil {
		return User{}, err
	}
	return find(tx, "id = ?", by.User)
}

// fresh is self for sensitive changes: the sign-in must be recent.
func (s *Service) fresh(tx *store.Tx, by access.Principal, at Session) (User, error) {
	u, err := s.self(tx, by, at)
	if err != nil {
		return u, err
	}
	if !at.Fresh(tx.Now(), s.lives().Fresh) {
		return u, errFresh
	}
	return u, nil
}

// RequireFresh fails with Forbidden `fresh_sign_in_required` unless the person
// proved who they are within the time given (0: the configured one).
func (s *Service) RequireFresh(at Session, within time.Duration) error {
	if within <= 0 {
		within = s.lives().Fresh
	}
	if !at.Fresh(s.DB.Now(), within) {
		return errFresh
	}
	return nil
}

// authorities builds the principal of a person from their present roles.
func (s *Service) authorities(tx *store.Tx, u User) (access.Principal, roles, error) {
	var groups, accounts map[string]string
	if s.Authorities != nil {
		var err error
		if groups, accounts, err = s.Authorities(tx, u.ID.String()); err != nil {
			return access.Principal{}, nil, err
		}
	}
	p := access.UserPrincipal(u.ID.String(), groups, accounts)
	if s.Further != nil {
		more, err := s.Further(tx, u.ID.String())
		if err != nil {
			return access.Principal{}, nil, err
		}
		for _, a := range more {
			p = p.Holding(a.On, a.Layer)
		}
	}
	if u.Operator {
		p = access.Operator(u.ID.String())
	}
	p.Via = "session"
	return p, rolesOf(u, groups, accounts), nil
}

// Sessions lists where the person is signed in, the oldest first.
func (s *Service) Sessions(ctx context.Context, by access.Principal, at Session) ([]Session, error) {
	var out []Session
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.self(tx, by, at); err != nil {
			return err
		}
		all, err := listSessions(tx, by.User)
		out = out[:0]
		for _, one := range all {
			if one.live(tx.Now(), s.lives()) {
				one.Current = one.ID == at.ID
				out = append(out, one)
			}
		}
		return err
	})
	return out, err
}

// EndSession ends one of the person's own sessions.
func (s *Service) EndSession(ctx context.Context, by access.Principal, at Session, id SessionID) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.self(tx, by, at)
		if err != nil {
			return err
		}
		one, err := findSession(tx, "id = ? AND user_id = ?", id, by.User)
		if err != nil {
			return err
		}
		if _, err := dropSessions(tx, by.User, "id = ?", id); err != nil {
			return err
		}
		return s.record(tx, by, "session.end", u, audit.Change{Before: one, Reason: "ended by the person"})
	})
}

// EndOthers ends all sessions of the person but the one that asks.
func (s *Service) EndOthers(ctx context.Context, by access.Principal, at Session) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.self(tx, by, at)
		if err != nil {
			return err
		}
		n, err := dropSessions(tx, by.User, "id <> ?", at.ID)
		if err != nil {
			return err
		}
		return s.record(tx, by, "session.end_others", u, audit.Change{Before: map[string]int64{"sessions": n}})
	})
}

// Renew gives a session a new secret and remembers the present roles: call it
// after an operation by which people gave a role of their own away, which would
// end the session otherwise, and after they gained one. Unauthenticated when the
// session is over.
func (s *Service) Renew(ctx context.Context, by access.Principal, at Session) (Started, error) {
	var out Started
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := s.self(tx, by, at)
		if err != nil {
			return err
		}
		out, err = s.renew(tx, u, at)
		return err
	})
	return out, err
}

func (s *Service) renew(tx *store.Tx, u User, at Session) (Started, error) {
	_, held, err := s.authorities(tx, u)
	if err != nil {
		return Started{}, err
	}
	was, raw := at.digest, newSecret()
	at.digest, at.roles, at.Seen = s.Keys.Digest(raw.Reveal()), held, tx.Now()
	ok, err := saveSession(tx, at, was)
	if err != nil {
		return Started{}, err
	}
	if !ok {
		return Started{}, errSession
	}
	tx.Changed(SessionTopic, at.User)
	return Started{Token: raw, Session: at, User: u}, nil
}

// EndAll ends every session of a person inside the caller's transaction.
func (s *Service) EndAll(tx *store.Tx, user string) error {
	_, err := dropSessions(tx, user, "1 = 1")
	return err
}

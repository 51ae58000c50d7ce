package identity

import (
	"context"
	"sync"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

const (
	// remembered is how long an answer is given from memory at most. Sessions
	// are noted as seen at the same rhythm, so use is known to the minute.
	remembered = time.Minute
	most       = 65536
)

// Authenticator turns session cookies into principals, from memory when it can.
type Authenticator struct {
	s  *Service
	mu sync.Mutex
	// epoch counts invalidations: what was read before one is not remembered
	// after it.
	epoch uint64
	known map[secret.Digest]*entry
	users map[string]map[secret.Digest]struct{}
}

type entry struct {
	principal access.Principal
	session   Session
	until     time.Time
}

// NewAuthenticator remembers and forgets by the change feed: whatever changes a
// person, their sessions or their roles takes effect within a second everywhere.
func NewAuthenticator(s *Service) *Authenticator {
	a := &Authenticator{s: s}
	a.reset()
	for _, topic := range append([]string{Topic, SessionTopic}, roleTopics[:]...) {
		s.DB.OnChange(topic, a.forget)
	}
	s.DB.OnLost(a.reset)
	return a
}

// Principal finds who the cookie stands for. Errors: Unauthenticated when it
// opens nothing (any more); Unavailable when it cannot be told.
func (a *Authenticator) Principal(ctx context.Context, raw string) (access.Principal, Session, error) {
	if !wellFormed(raw) {
		return access.Principal{}, Session{}, errSession
	}
	now := a.s.DB.Now()
	d := a.s.Keys.Digest(raw)
	a.mu.Lock()
	e, epoch := a.known[d], a.epoch
	a.mu.Unlock()
	if e != nil && now.Before(e.until) {
		return e.principal, e.session, nil
	}
	e, held, err := a.load(ctx, raw)
	if err != nil {
		return access.Principal{}, Session{}, err
	}
	if e.session.roles.lost(held) {
		if err := a.s.endForRoles(ctx, e.session); err != nil {
			return access.Principal{}, Session{}, err
		}
		return access.Principal{}, Session{}, errSession
	}
	if err := a.touch(ctx, e, held); err != nil {
		return access.Principal{}, Session{}, err
	}
	a.remember(d, e, epoch)
	return e.principal, e.session, nil
}

func (a *Authenticator) load(ctx context.Context, raw string) (*entry, roles, error) {
	e := &entry{}
	var held roles
	err := a.s.DB.Read(ctx, func(tx *store.Tx) error {
		err := error(errSession)
		for _, d := range a.s.Keys.Digests(raw) {
			if e.session, err = findSession(tx, "digest = ?", d.String()); !absent(err) {
				break
			}
		}
		if absent(err) || err == nil && !e.session.live(tx.Now(), a.s.lives()) {
			return errSession
		}
		if err != nil {
			return err
		}
		u, err := find(tx, "id = ?", e.session.User)
		if err != nil {
			return err
		}
		if u.State != Active {
			return errSession
		}
		e.until = tx.Now().Add(remembered)
		if end := e.session.Created.Add(a.s.lives().Absolute); end.Before(e.until) {
			e.until = end
		}
		e.principal, held, err = a.s.authorities(tx, u)
		return err
	})
	return e, held, err
}

// touch notes the use and the roles. A session that ended meanwhile is over.
func (a *Authenticator) touch(ctx context.Context, e *entry, held roles) error {
	now := a.s.DB.Now()
	same := len(held) == len(e.session.roles) && !held.lost(e.session.roles)
	if same && now.Sub(e.session.Seen) < remembered/2 {
		return nil
	}
	e.session.Seen, e.session.roles = now, held
	ok := false
	err := a.s.DB.Batch(ctx, func(tx *store.Tx) error {
		var err error
		ok, err = saveSession(tx, e.session, e.session.digest)
		return err
	})
	if problem.Of(err) != nil && problem.Of(err).Kind == problem.KindUnavailable {
		return nil // who they are was read; that they were here can be noted later
	}
	if err == nil && !ok {
		return errSession
	}
	return err
}

// endForRoles ends a session whose person lost a role since it was last used.
func (s *Service) endForRoles(ctx context.Context, at Session) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := find(tx, "id = ?", at.User)
		if err != nil {
			return err
		}
		n, err := dropSessions(tx, at.User, "id = ? AND digest = ?", at.ID, at.digest.String())
		if err != nil || n == 0 {
			return err
		}
		return s.record(tx, access.System("a role was lost"), "session.end", u, audit.Change{Before: at, Reason: "a role was lost"})
	})
}

func (a *Authenticator) remember(d secret.Digest, e *entry, epoch uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.epoch != epoch {
		return // something changed while we read: answer this call only
	}
	if len(a.known) >= most {
		a.shrink()
	}
	a.known[d] = e
	if a.users[e.session.User] == nil {
		a.users[e.session.User] = map[secret.Digest]struct{}{}
	}
	a.users[e.session.User][d] = struct{}{}
}

// shrink forgets an eighth, map order being random.
func (a *Authenticator) shrink() {
	for d, e := range a.known {
		if len(a.known) < most*7/8 {
			return
		}
		a.drop(d, e.session.User)
	}
}

func (a *Authenticator) drop(d secret.Digest, user string) {
	delete(a.known, d)
	delete(a.users[user], d)
	if len(a.users[user]) == 0 {
		delete(a.users, user)
	}
}

func (a *Authenticator) forget(user string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.epoch++
	for d := range a.users[user] {
		delete(a.known, d)
	}
	delete(a.users, user)
}

func (a *Authenticator) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.epoch++
	a.known, a.users = map[secret.Digest]*entry{}, map[string]map[secret.Digest]struct{}{}
}

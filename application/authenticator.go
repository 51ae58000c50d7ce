package application

import (
	"context"
	"crypto/sha256"
	"sync"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// knownMost bounds how many pairs of client id and secret are remembered.
const knownMost = 65536

// Known is an application that has shown who it is, as it was when it was read.
type Known struct {
	Application Application
	Client      Client
	Key         Key
}

// Authenticator checks client secrets, from memory when it can. A change of an
// application or key makes it forget all that stand on it: on this node in the
// commit, on all nodes within a second.
type Authenticator struct {
	service *Service
	mu      sync.RWMutex
	known   map[secret.Digest]*Known
	epoch   uint64 // counts what was forgotten: what was read before is not kept after
}

// NewAuthenticator remembers and forgets by the change feed of the database.
func NewAuthenticator(s *Service) *Authenticator {
	a := &Authenticator{service: s, known: map[secret.Digest]*Known{}}
	s.DB.OnChange(Topic, func(id string) {
		a.forget(func(k *Known) bool { return k.Application.ID.String() == id })
	})
	s.DB.OnChange(KeyTopic, func(id string) {
		a.forget(func(k *Known) bool { return k.Key.ID.String() == id })
	})
	s.DB.OnLost(func() { a.forget(func(*Known) bool { return true }) })
	return a
}

// Authenticate checks a client id and secret. Errors: as Service.Authenticate;
// Unavailable when it cannot be told.
func (a *Authenticator) Authenticate(ctx context.Context, clientID string, given secret.Text) (Known, error) {
	name := presented(clientID, given)
	a.mu.RLock()
	k, epoch := a.known[name], a.epoch
	a.mu.RUnlock()
	if k != nil {
		if !k.Key.Usable(a.service.DB.Now()) {
			return Known{}, errClient()
		}
		return *k, k.Application.Running()
	}
	k = &Known{}
	err := a.service.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		if k.Application, k.Key, err = a.service.Authenticate(tx, clientID, given); err != nil {
			return err
		}
		k.Client, err = findClient(tx, k.Application.ID)
		return err
	})
	if err != nil {
		return Known{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.epoch == epoch {
		if len(a.known) >= knownMost {
			clear(a.known)
		}
		a.known[name] = k
	}
	return *k, nil
}

// presented names a pair in memory. Secrets have 238 random bits, so one round of
// SHA-256 gives nothing away; the name never leaves the process.
func presented(clientID string, given secret.Text) secret.Digest {
	h := sha256.New()
	h.Write([]byte(clientID))
	h.Write([]byte{0})
	h.Write([]byte(given.Reveal()))
	return secret.Digest(h.Sum(nil))
}

func (a *Authenticator) forget(stands func(*Known) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.epoch++
	for name, k := range a.known {
		if stands(k) {
			delete(a.known, name)
		}
	}
}

// KeyEnded reports whether what a key obtained has ended with it: it was revoked,
// or replaced without overlap. A key that came to its time leaves them. It joins.
func (s *Service) KeyEnded(tx *store.Tx, id string) (bool, error) {
	k, err := findKey(tx, "id = ?", id)
	if problem.CodeOf(err) == "not_found" {
		return true, nil
	}
	return k.State == KeyRevoked || k.State == KeyExpired, err
}

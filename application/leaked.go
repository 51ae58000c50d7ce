package application

import (
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// FindSecret gives the key whose secret raw is, usable or not, without its client
// id; NotFound otherwise. It joins and does not authorise.
func (s *Service) FindSecret(tx *store.Tx, raw string) (Application, Key, error) {
	if secret.ClientSecret.Is(raw) && secret.WellFormed(raw) {
		for _, d := range s.Keys.Digests(raw) {
			k, err := findKey(tx, "digest = ?", d.String())
			if problem.CodeOf(err) == "not_found" {
				continue
			}
			if err != nil {
				return Application{}, k, err
			}
			a, err := find(tx, "id = ?", k.Application)
			return a, k, err
		}
	}
	return Application{}, Key{}, problem.NotFound("key")
}

// EndLeaked ends a key that a stranger holds, with every token that was obtained
// with it, and reports whether it opened anything until then. It joins and
// announces; it neither authorises nor records.
func (s *Service) EndLeaked(tx *store.Tx, k Key) (Key, bool, error) {
	was := k.State
	if !k.Usable(tx.Now()) {
		return k, false, nil
	}
	if err := k.Revoke(tx.Now()); err != nil {
		return k, false, err
	}
	if err := saveKey(tx, k, was); err != nil {
		return k, false, err
	}
	tx.Changed(KeyTopic, k.ID.String())
	if s.Revoked == nil {
		return k, true, nil
	}
	return k, true, s.Revoked(tx, k.ID.String(), "key_revoked")
}

package application

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// KeyTopic of the change feed: the key is the key's id.
const KeyTopic = "application.key"

// IssuedKey is a new key with its secret, which is never shown again.
type IssuedKey struct {
	Key
	Secret secret.Text `json:"-"`
}

func (s *Service) recordKey(tx *store.Tx, by access.Principal, a Application, action string, before, after Key) error {
	c := audit.Change{Action: "key." + action, Target: "key/" + after.ID.String(), Name: after.Label,
		Group: a.Group, Application: a.ID.String(), After: after}
	if !before.ID.IsZero() {
		c.Before = before
	}
	return s.Audit.Record(tx, by, c)
}

// CreateKey adds a key. Customers need to do nothing.
func (s *Service) CreateKey(ctx context.Context, by access.Principal, app ID, d KeyDraft) (IssuedKey, error) {
	var out IssuedKey
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := s.load(tx, by, "key:create", app)
		if err != nil {
			return err
		}
		if err := a.Usable(); err != nil {
			return err
		}
		if f := d.Check(tx.Now()); len(f) > 0 {
			return problem.Invalid("key_invalid", "Some of the fields need another look.", f...)
		}
		issued, err := s.issueKey(tx, by, a, d, "")
		if err != nil {
			return err
		}
		out = issued
		return s.recordKey(tx, by, a, "create", Key{}, issued.Key)
	})
	return out, err
}

func (s *Service) issueKey(tx *store.Tx, by access.Principal, a Application, d KeyDraft, replaces string) (IssuedKey, error) {
	client, err := uuid.NewRandom()
	if err != nil {
		return IssuedKey{}, problem.Internal("application.issueKey", err)
	}
	text := secret.Generate(secret.ClientSecret)
	k := Key{ID: ident.New[Key](tx.Now()), Application: a.ID, ClientID: client.String(), Digest: s.Keys.Digest(text.Reveal()), Hint: text.Hint(),
		Label: d.Label, State: KeyActive, Replaces: replaces, Expires: d.Expires, Created: tx.Now(), CreatedBy: by.User}
	return IssuedKey{Key: k, Secret: text}, insertKey(tx, k)
}

// ListKeys gives the keys of an application, without secrets.
func (s *Service) ListKeys(ctx context.Context, by access.Principal, app ID) ([]Key, error) {
	var out []Key
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, err := s.load(tx, by, "key:view", app); err != nil {
			return err
		}
		got, err := keys(tx, app)
		if err != nil {
			return err
		}
		now := tx.Now()
		for i := range got {
			// The clock ends a key, not a job: show what a caller would meet.
			if (got[i].State == KeyActive || got[i].State == KeyRetiring) && !got[i].Usable(now) {
				got[i].State = KeyExpired
			}
		}
		out = got
		return s.lastUses(tx, out)
	})
	return out, err
}

// lastUses fills in when, for whom and from where keys were last used.
func (s *Service) lastUses(tx *store.Tx, list []Key) error {
	if s.Usage == nil || len(list) == 0 {
		return nil
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID.String()
	}
	last, err := s.Usage.LastUses(tx, "key", ids)
	if err != nil {
		return err
	}
	for i := range list {
		l := last[ids[i]]
		list[i].LastUsed, list[i].LastAccount, list[i].LastFrom = l.At, l.Account, l.Network
	}
	return nil
}

// RotateKey makes a successor with the same label; the old key works on for
// overlap (0 to 90 days).
func (s *Service) RotateKey(ctx context.Context, by access.Principal, id KeyID, overlap time.Duration) (IssuedKey, error) {
	var out IssuedKey
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, old, err := s.loadKey(tx, by, "key:rotate", id)
		if err != nil {
			return err
		}
		before := old
		if err := old.Retire(tx.Now(), overlap); err != nil {
			return err
		}
		if err := saveKey(tx, old, before.State); err != nil {
			return err
		}
		issued, err := s.issueKey(tx, by, a, KeyDraft{Label: old.Label}, old.ID.String())
		if err != nil {
			return err
		}
		if old.State == KeyExpired && s.Revoked != nil { // no overlap: what it obtained ends with it
			if err := s.Revoked(tx, id.String(), "key_revoked"); err != nil {
				return err
			}
		}
		tx.Changed(KeyTopic, id.String())
		out = issued
		return s.recordKey(tx, by, a, "rotate", before, old)
	})
	return out, err
}

// RevokeKey ends a key at once; tokens obtained with it end too (see token).
func (s *Service) RevokeKey(ctx context.Context, by access.Principal, id KeyID) (Key, error) {
	var out Key
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, k, err := s.loadKey(tx, by, "key:revoke", id)
		if err != nil {
			return err
		}
		before := k
		if err := k.Revoke(tx.Now()); err != nil {
			return err
		}
		if err := saveKey(tx, k, before.State); err != nil {
			return err
		}
		if s.Revoked != nil {
			if err := s.Revoked(tx, id.String(), "key_revoked"); err != nil {
				return err
			}
		}
		tx.Changed(KeyTopic, id.String())
		out = k
		return s.recordKey(tx, by, a, "revoke", before, k)
	})
	return out, err
}

func (s *Service) loadKey(tx *store.Tx, by access.Principal, action string, id KeyID) (Application, Key, error) {
	k, err := findKey(tx, "id = ?", id)
	if err != nil {
		return Application{}, k, err
	}
	a, err := find(tx, "id = ?", k.Application)
	if err != nil {
		return a, k, err
	}
	return a, k, by.Reach("key", action, a.resource())
}

// errClient is the one answer to an unknown client id and to a wrong secret.
func errClient() error {
	return problem.Unauthenticated("invalid_client", "The client id or secret is wrong, or the key has ended.")
}

// Authenticate checks a client id and secret (RFC 6749 section 2.3.1). Errors:
// Unauthenticated `invalid_client`, also for a key that expired or was revoked;
// Forbidden when the application itself is stopped.
func (s *Service) Authenticate(tx *store.Tx, clientID string, given secret.Text) (Application, Key, error) {
	raw := given.Reveal()
	if !secret.ClientSecret.Is(raw) || !secret.WellFormed(raw) || !printable(clientID) {
		return Application{}, Key{}, errClient()
	}
	for _, d := range s.Keys.Digests(raw) {
		k, err := findKey(tx, "digest = ? AND client_id = ?", d.String(), clientID)
		if problem.CodeOf(err) == "not_found" {
			continue
		}
		if err != nil {
			return Application{}, Key{}, err
		}
		if !k.Usable(tx.Now()) {
			return Application{}, k, errClient()
		}
		a, err := find(tx, "id = ?", k.Application)
		if err != nil {
			return a, k, errClient()
		}
		return a, k, a.Running()
	}
	return Application{}, Key{}, errClient()
}

// KeysOf gives the keys of an application without authorising, for slices that join.
func (s *Service) KeysOf(tx *store.Tx, app ID) ([]Key, error) { return keys(tx, app) }

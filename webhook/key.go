package webhook

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
)

// keyTopic of the change feed: the platform has another key.
const keyTopic = "webhook.key"

const (
	// keyPeriod is how long a key of the platform signs before the next takes over.
	keyPeriod = 90 * 24 * time.Hour
	// keyAnnounced is how long a key is published before it signs.
	keyAnnounced = 24 * time.Hour
	// keyOverlap is how long two keys sign: who still knows the old one only goes on
	// verifying.
	keyOverlap = 24 * time.Hour
	// keyVerifiable is how long a key stays published after it signed last.
	keyVerifiable = 24 * time.Hour
	keyEvery      = time.Hour
)

// platformKey is one Ed25519 key with its times: published from created to ends,
// signing from signs to retires.
type platformKey struct {
	id                            string
	private                       ed25519.PrivateKey
	created, signs, retires, ends time.Time // zero: not yet known
}

// signsAt reports whether the key signs at a time.
func (k platformKey) signsAt(now time.Time) bool {
	return !now.Before(k.signs) && (k.retires.IsZero() || now.Before(k.retires))
}

// PublicKey is the public half of a key as it is published (RFC 8037 section 2).
type PublicKey struct {
	Type      string `json:"kty" enum:"OKP"`
	Curve     string `json:"crv" enum:"Ed25519"`
	X         string `json:"x"`
	ID        string `json:"kid"`
	Algorithm string `json:"alg" enum:"EdDSA"`
	Use       string `json:"use" enum:"sig"`
}

func (k platformKey) public() PublicKey {
	x := base64.RawURLEncoding.EncodeToString(k.private.Public().(ed25519.PublicKey))
	return PublicKey{Type: "OKP", Curve: "Ed25519", X: x, ID: k.id, Algorithm: "EdDSA", Use: "sig"}
}

// platformKeys remembers the platform's keys until one is added.
type platformKeys struct {
	s     *Service
	known atomic.Pointer[[]platformKey]
	epoch atomic.Uint64 // counts changes: what was read before one is not remembered
}

func newPlatformKeys(s *Service) *platformKeys {
	p := &platformKeys{s: s}
	s.DB.OnChange(keyTopic, func(string) { p.forget() })
	s.DB.OnLost(p.forget)
	return p
}

func (p *platformKeys) forget() {
	p.epoch.Add(1)
	p.known.Store(nil)
}

// all gives every key; the first one is made when it is asked for.
func (p *platformKeys) all(ctx context.Context) ([]platformKey, error) {
	if known := p.known.Load(); known != nil {
		return *known, nil
	}
	epoch := p.epoch.Load()
	var found []platformKey
	err := p.s.DB.Read(ctx, func(tx *store.Tx) error {
		var err error
		found, err = p.load(tx)
		return err
	})
	if err == nil && len(found) == 0 {
		found, err = p.rotate(ctx)
	}
	if err != nil {
		return nil, err
	}
	p.known.Store(&found)
	if p.epoch.Load() != epoch {
		p.known.Store(nil) // something changed while we read: good for this once
	}
	return found, nil
}

// signing gives the keys that sign now.
func (p *platformKeys) signing(ctx context.Context, now time.Time) ([]platformKey, error) {
	all, err := p.all(ctx)
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(slices.Clone(all), func(k platformKey) bool { return !k.signsAt(now) })
	if len(out) == 0 {
		return nil, problem.Unavailable("signing_key_missing", "There is no key to sign with yet.", nil)
	}
	return out, nil
}

// rotate makes the next key when it is time, a day before it signs, and forgets
// those that nobody needs any more. Several nodes make one key.
func (p *platformKeys) rotate(ctx context.Context) ([]platformKey, error) {
	var out []platformKey
	err := p.s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock("webhook.key"); err != nil {
			return err
		}
		now := tx.Now()
		if err := dropKeys(tx, now); err != nil {
			return err
		}
		all, err := p.load(tx)
		if err != nil {
			return err
		}
		out = all
		if slices.ContainsFunc(all, func(k platformKey) bool { return now.Before(k.signs.Add(keyPeriod)) }) {
			return nil
		}
		signs := now
		if len(all) > 0 {
			signs = now.Add(keyAnnounced)
		}
		retires := signs.Add(keyOverlap)
		if err := retireKeys(tx, retires, retires.Add(keyVerifiable)); err != nil {
			return err
		}
		row, err := p.make(now, signs)
		if err != nil {
			return err
		}
		if err := insertKey(tx, row); err != nil {
			return err
		}
		tx.Changed(keyTopic, row.ID)
		out, err = p.load(tx)
		return err
	})
	return out, err
}

func keyPlace(id string) string { return "webhook_key|" + id }

// make makes a key; its id is its thumbprint (RFC 7638).
func (p *platformKeys) make(now, signs time.Time) (*keyRow, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, problem.Internal("webhook.key", err)
	}
	thumb, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, problem.Internal("webhook.key", err)
	}
	id := base64.RawURLEncoding.EncodeToString(thumb)
	sealed := p.s.Keys.Seal(secret.New(base64.StdEncoding.EncodeToString(private.Seed())), keyPlace(id))
	return &keyRow{ID: id, Sealed: sealed, Public: base64.RawURLEncoding.EncodeToString(public), Created: store.At(now), Signs: store.At(signs)}, nil
}

func (p *platformKeys) load(tx *store.Tx) ([]platformKey, error) {
	rows, err := keyRows(tx)
	if err != nil {
		return nil, err
	}
	out := make([]platformKey, 0, len(rows))
	for _, r := range rows {
		text, err := p.s.Keys.Open(r.Sealed, keyPlace(r.ID))
		if err != nil {
			return nil, err
		}
		seed, err := base64.StdEncoding.DecodeString(text.Reveal())
		if err != nil || len(seed) != ed25519.SeedSize {
			return nil, problem.Internal("webhook.key", err)
		}
		out = append(out, platformKey{id: r.ID, private: ed25519.NewKeyFromSeed(seed), created: r.Created.Time(), signs: r.Signs.Time(), retires: r.Retires.Time(), ends: r.Ends.Time()})
	}
	return out, nil
}

// PublicKeys is the set that receivers verify Ed25519 signatures with (RFC 7517).
func (s *Service) PublicKeys(ctx context.Context) ([]PublicKey, error) {
	set := []PublicKey{}
	all, err := s.keys.all(ctx)
	for _, k := range all {
		if k.ends.IsZero() || s.DB.Now().Before(k.ends) {
			set = append(set, k.public())
		}
	}
	return set, err
}

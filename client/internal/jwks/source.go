// Package jwks keeps the public keys of a JWKS address (RFC 7517) in memory, for the packages that verify what
// Guestright signs.
package jwks

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// fresh is how long a fetched key set is used before it is asked for again.
	fresh = 5 * time.Minute
	// stale is how long a key set may outlive failing attempts to renew it; after that nothing is accepted.
	stale = time.Hour
	// between keeps callers with invented key ids from turning the product into a client that hammers Guestright.
	between = 10 * time.Second
	// fetchTime bounds one fetch, setSize the bytes that are read of it.
	fetchTime = 5 * time.Second
	setSize   = 256 << 10
)

// ErrUnavailable says that no keys could be had, so that nothing can be verified.
var ErrUnavailable = errors.New("no keys could be had")

// ErrUnknown says that the address has no such key.
var ErrUnknown = errors.New("unknown key id")

// Key is a public key that may verify signatures, and the one algorithm it does that with: the key decides, never the
// header of what was signed.
type Key struct {
	ID        string
	Algorithm jose.SignatureAlgorithm // EdDSA or ES256
	Public    any                     // ed25519.PublicKey or *ecdsa.PublicKey
}

// Source asks an address for its keys, notices new ones, and is safe for concurrent use. It must not be copied after
// first use.
type Source struct {
	// URL is where the keys are published.
	URL string
	// HTTP fetches them. Nil: a client with a five second limit that follows no redirects.
	HTTP *http.Client
	// Now is the clock. Nil: the system's.
	Now func() time.Time

	keys     atomic.Pointer[Set]
	fetching sync.Mutex
	asked    time.Time // last attempt to fetch, guarded by fetching
}

// Set is one answer of the address, reduced to the keys that may be used.
type Set struct {
	Keys    []Key
	fetched time.Time
}

func keyOf(k jose.JSONWebKey) (Key, bool) {
	if k.KeyID == "" || !k.IsPublic() || (k.Use != "" && k.Use != "sig") {
		return Key{}, false
	}
	out := Key{ID: k.KeyID, Public: k.Key}
	switch key := k.Key.(type) {
	case ed25519.PublicKey:
		out.Algorithm = jose.EdDSA
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return Key{}, false
		}
		out.Algorithm = jose.ES256
	default:
		return Key{}, false
	}
	return out, k.Algorithm == "" || k.Algorithm == string(out.Algorithm)
}

// Find gives the key of an id, from memory or by asking again when the id is new or the memory is old. The error wraps
// ErrUnavailable or is ErrUnknown.
func (s *Source) Find(ctx context.Context, id string) (Key, error) {
	have := s.keys.Load()
	k, known := have.find(id)
	if known && !s.old(have, fresh) {
		return k, nil
	}
	set, err := s.renewed(ctx, have, known)
	if err != nil {
		return Key{}, err
	}
	if k, known = set.find(id); !known {
		return Key{}, ErrUnknown
	}
	return k, nil
}

// All gives every key, from memory unless it is old. The error wraps ErrUnavailable.
func (s *Source) All(ctx context.Context) (*Set, error) {
	have := s.keys.Load()
	if have != nil && !s.old(have, fresh) {
		return have, nil
	}
	return s.renewed(ctx, have, have != nil)
}

// Newer gives the keys after asking again, for whoever found none in have that fits. It asks every ten seconds at most,
// and may give have itself.
func (s *Source) Newer(ctx context.Context, have *Set) (*Set, error) {
	return s.renewed(ctx, have, false)
}

// renewed asks again, one caller at a time. Callers whom have would do go on with it meanwhile, as long as it is not
// stale.
func (s *Source) renewed(ctx context.Context, have *Set, enough bool) (*Set, error) {
	if !s.fetching.TryLock() {
		if enough && !s.old(have, stale) {
			return have, nil
		}
		s.fetching.Lock()
	}
	defer s.fetching.Unlock()
	return s.renew(ctx, have)
}

func (s *Source) old(set *Set, age time.Duration) bool { return !s.now().Before(set.fetched.Add(age)) }

// renew is called with s.fetching held. It answers a set that may be used now, or ErrUnavailable.
func (s *Source) renew(ctx context.Context, seen *Set) (*Set, error) {
	have, now := s.keys.Load(), s.now()
	if have != seen {
		return have, nil // another caller renewed it while this one waited
	}
	cause := errors.New("asked a moment ago")
	if s.asked.IsZero() || !now.Before(s.asked.Add(between)) {
		s.asked = now
		set, err := s.fetch(ctx, now)
		if err == nil {
			s.keys.Store(set)
			return set, nil
		}
		cause = err
	}
	if have == nil || s.old(have, stale) {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, cause)
	}
	return have, nil
}

func (s *Source) fetch(ctx context.Context, now time.Time) (*Set, error) {
	// A caller who hangs up must not take the keys away from everybody else.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := s.client().Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the key address answered %d", res.StatusCode)
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, setSize+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > setSize {
		return nil, fmt.Errorf("the key set is larger than %d bytes", setSize)
	}
	return parseSet(raw, now)
}

func parseSet(raw []byte, now time.Time) (*Set, error) {
	// Keys are read one by one: a key of a kind this version doesn't know must not hide the others (RFC 7517 section 5).
	var doc struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("the key set: %w", err)
	}
	set := &Set{fetched: now}
	for _, one := range doc.Keys {
		var k jose.JSONWebKey
		if err := json.Unmarshal(one, &k); err != nil {
			continue
		}
		if key, ok := keyOf(k); ok {
			set.Keys = append(set.Keys, key)
		}
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("the key set holds no key that may be used")
	}
	return set, nil
}

func (s *Set) find(id string) (Key, bool) {
	if s == nil {
		return Key{}, false
	}
	i := slices.IndexFunc(s.Keys, func(k Key) bool { return k.ID == id })
	if i < 0 {
		return Key{}, false
	}
	return s.Keys[i], true
}

func (s *Source) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Source) client() *http.Client {
	if s.HTTP != nil {
		return s.HTTP
	}
	return &http.Client{
		Timeout:       fetchTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

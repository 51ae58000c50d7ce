package identity

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

// keySet is one answer of the JWKS address, already reduced to the keys that may sign identities.
type keySet struct {
	fetched time.Time
	keys    map[string]signer
}

type signer struct {
	algorithm jose.SignatureAlgorithm
	key       any
}

// signerOf tells which single algorithm a key may be used with: the key decides, never the header of the token.
func signerOf(k jose.JSONWebKey) (signer, bool) {
	if k.KeyID == "" || !k.IsPublic() || (k.Use != "" && k.Use != "sig") {
		return signer{}, false
	}
	var s signer
	switch key := k.Key.(type) {
	case ed25519.PublicKey:
		s = signer{algorithm: jose.EdDSA, key: key}
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return signer{}, false
		}
		s = signer{algorithm: jose.ES256, key: key}
	default:
		return signer{}, false
	}
	return s, k.Algorithm == "" || k.Algorithm == string(s.algorithm)
}

// key finds the signer of a key id, from the cache or by asking again when the id is new or the cache is old.
func (v *Verifier) key(ctx context.Context, id string) (signer, error) {
	have := v.keys.Load()
	if s, ok := have.find(id); ok {
		if v.now().Before(have.fetched.Add(fresh)) {
			return s, nil
		}
		// One caller renews; the others go on with what they have as long as it isn't stale.
		if !v.fetching.TryLock() {
			if v.now().Before(have.fetched.Add(stale)) {
				return s, nil
			}
			v.fetching.Lock()
		}
	} else {
		v.fetching.Lock()
	}
	set, err := v.renew(ctx, have)
	v.fetching.Unlock()
	if err != nil {
		return signer{}, err
	}
	s, ok := set.find(id)
	if !ok {
		return signer{}, errors.New("unknown key id")
	}
	return s, nil
}

// renew is called with v.fetching held. It answers a set that may be used now, or ErrUnavailable.
func (v *Verifier) renew(ctx context.Context, seen *keySet) (*keySet, error) {
	have, now := v.keys.Load(), v.now()
	if have != seen {
		return have, nil // another caller renewed it while this one waited
	}
	cause := errors.New("asked a moment ago")
	if v.asked.IsZero() || !now.Before(v.asked.Add(between)) {
		v.asked = now
		set, err := v.fetch(ctx, now)
		if err == nil {
			v.keys.Store(set)
			return set, nil
		}
		cause = err
	}
	if have == nil || !now.Before(have.fetched.Add(stale)) {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, cause)
	}
	return have, nil
}

func (v *Verifier) fetch(ctx context.Context, now time.Time) (*keySet, error) {
	// A caller who hangs up must not take the keys away from everybody else.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.JWKSURL, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := v.client().Do(req)
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

func parseSet(raw []byte, now time.Time) (*keySet, error) {
	// Keys are read one by one: a key of a kind this version doesn't know must not hide the others (RFC 7517 section 5).
	var doc struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("the key set: %w", err)
	}
	set := &keySet{fetched: now, keys: map[string]signer{}}
	for _, one := range doc.Keys {
		var k jose.JSONWebKey
		if err := json.Unmarshal(one, &k); err != nil {
			continue
		}
		s, ok := signerOf(k)
		if ok {
			set.keys[k.KeyID] = s
		}
	}
	if len(set.keys) == 0 {
		return nil, errors.New("the key set holds no key that may sign identities")
	}
	return set, nil
}

func (s *keySet) find(id string) (signer, bool) {
	if s == nil {
		return signer{}, false
	}
	found, ok := s.keys[id]
	return found, ok
}

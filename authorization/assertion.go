package authorization

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
)

// AssertionAlgorithms are those that a client's assertion may be signed with:
// asymmetric only, and never `none`.
var AssertionAlgorithms = []string{"ES256", "ES384", "EdDSA", "PS256", "RS256"}

var assertionAlgorithms = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.EdDSA, jose.PS256, jose.RS256}

// assertionLife is how far in the future an assertion may expire; its id is
// remembered until then.
const assertionLife = 10 * time.Minute

// skew is how far two clocks may be apart.
const skew = 30 * time.Second

// assertion are the claims of a client's assertion (RFC 7523 section 3).
type assertion struct {
	Issuer   string       `json:"iss"`
	Subject  string       `json:"sub"`
	Audience audience     `json:"aud"`
	ID       string       `json:"jti"`
	Expires  numericDate  `json:"exp"`
	Before   *numericDate `json:"nbf"`
	Issued   *numericDate `json:"iat"`
}

// audience is one name or a list of them (RFC 7519 section 4.1.3).
type audience []string

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*a = audience{""}
		return json.Unmarshal(b, &(*a)[0])
	}
	return json.Unmarshal(b, (*[]string)(a))
}

func errAssertion(detail string) *problem.Error {
	return problem.Unauthenticated("invalid_client", detail)
}

// check judges the claims for a client at now and gives when the assertion ends.
func (a assertion) check(now time.Time, audiences []string) (time.Time, error) {
	ends := a.Expires.time()
	switch {
	case a.Issuer == "" || a.Issuer != a.Subject:
		return ends, errAssertion("The assertion's iss and sub are both the client_id.")
	case !slices.ContainsFunc(a.Audience, func(s string) bool { return slices.Contains(audiences, s) }):
		return ends, errAssertion("The assertion's aud is not this server.")
	case a.Expires == 0 || !now.Before(ends.Add(skew)):
		return ends, errAssertion("The assertion has expired, or has no exp.")
	case ends.After(now.Add(assertionLife + skew)):
		return ends, errAssertion("The assertion expires too late: ten minutes are the most.")
	case a.ID == "" || len(a.ID) > 512:
		return ends, errAssertion("The assertion has no jti.")
	}
	for _, n := range []*numericDate{a.Before, a.Issued} {
		if n != nil && n.time().After(now.Add(skew)) {
			return ends, errAssertion("The assertion is not valid yet.")
		}
	}
	return ends, nil
}

// assert authenticates a client by an assertion (RFC 7523): signed with one of its
// registered keys, for us, once.
func (c *Clients) assert(ctx context.Context, k Credentials) (*Client, error) {
	if len(k.Assertion) > jwtMost {
		return nil, errAssertion("The assertion is too long.")
	}
	signed, err := jose.ParseSignedCompact(k.Assertion, assertionAlgorithms)
	if err != nil {
		return nil, errAssertion("The assertion is no JWT with an algorithm that is accepted here.").Because(err)
	}
	var claims assertion
	if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims); err != nil {
		return nil, errAssertion("The assertion's claims cannot be read.").Because(err)
	}
	if k.ClientID != "" && k.ClientID != claims.Subject {
		return nil, errAssertion("The assertion is about another client than client_id names.")
	}
	out, err := c.named(ctx, claims.Subject)
	if err != nil {
		return nil, err
	}
	if out.Settings.AuthMethod != application.AuthJWT {
		return nil, errAssertion("This client does not authenticate with private_key_jwt.")
	}
	ends, err := claims.check(c.DB.Now(), c.Audiences)
	if err != nil {
		return nil, err
	}
	if err := c.verify(ctx, out.Settings, signed); err != nil {
		return nil, err
	}
	err = c.Once(ctx, "assertion/"+out.App.ID.String()+"/"+claims.ID, ends.Add(skew))
	if problem.CodeOf(err) == "invalid_dpop_proof" {
		err = errAssertion("This assertion was used already. Make a new one for every request.")
	}
	return out, err
}

// verify checks a signature by the client's registered keys. The key is chosen by
// its kid; keys that the assertion brings along are not looked at.
func (c *Clients) verify(ctx context.Context, s application.Client, signed *jose.JSONWebSignature) error {
	set, err := s.Keys()
	if err != nil {
		return problem.Internal("authorization.assert", err)
	}
	kid := signed.Signatures[0].Protected.KeyID
	if s.JWKSURI != "" {
		if set, err = c.sets.get(ctx, c, s.JWKSURI, kid); err != nil {
			return err
		}
	}
	for _, key := range set.Keys {
		if kid != "" && key.KeyID != kid || !key.IsPublic() || !key.Valid() || key.Use == "enc" || weak(key) {
			continue
		}
		if _, err := signed.Verify(key); err == nil {
			return nil
		}
	}
	return errAssertion("The assertion's signature is by none of the client's keys.")
}

// weak reports keys that nobody should rely on, or that cost too much to try.
func weak(k jose.JSONWebKey) bool {
	key, ok := k.Key.(*rsa.PublicKey)
	return ok && (key.N.BitLen() < 2048 || key.N.BitLen() > 8192)
}

const (
	setFresh = 5 * time.Minute // a fetched key set is used without asking again
	setLeast = time.Minute     // between two fetches for an unknown kid
	setsMost = 4096
	setMost  = 64 << 10 // bytes
	setKeys  = 50
)

// keySets are the key sets of clients that publish theirs.
type keySets struct {
	mu sync.Mutex
	m  map[string]keySet
}

type keySet struct {
	keys jose.JSONWebKeySet
	at   time.Time
}

// get gives the key set at an address of a client, fetched through the guarded
// client; a kid that is not in it makes it look again.
func (s *keySets) get(ctx context.Context, c *Clients, uri, kid string) (jose.JSONWebKeySet, error) {
	now := c.DB.Now()
	s.mu.Lock()
	have, ok := s.m[uri]
	s.mu.Unlock()
	age := now.Sub(have.at)
	if ok && age < setFresh && (kid == "" || len(have.keys.Key(kid)) > 0 || age < setLeast) {
		return have.keys, nil
	}
	if c.Outbound == nil {
		return have.keys, problem.Unavailable("client_keys_unreachable", "The client's keys cannot be fetched here.", nil)
	}
	res := c.Outbound.Do(ctx, outbound.Request{URL: uri, MaxBody: setMost, Header: http.Header{"Accept": {"application/jwk-set+json, application/json"}}})
	var set jose.JSONWebKeySet
	if res.Failure != outbound.NoFailure || res.Status != http.StatusOK || res.Truncated {
		return set, problem.Unavailable("client_keys_unreachable", "The client's keys could not be fetched from its jwks_uri.", res.Err)
	}
	if err := json.Unmarshal(res.Body, &set); err != nil || len(set.Keys) > setKeys {
		return set, errAssertion("The document at the client's jwks_uri is no key set.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil || len(s.m) >= setsMost {
		s.m = map[string]keySet{}
	}
	s.m[uri] = keySet{keys: set, at: now}
	return set, nil
}

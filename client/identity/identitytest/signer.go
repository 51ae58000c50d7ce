// Package identitytest signs identities as Guestright does, so that a product behind Guestright can be tested alone.
package identitytest

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/client/identity"
)

// Signer is a stand-in for Guestright: it publishes keys at JWKSURL and signs identities with the newest of them.
type Signer struct {
	// Issuer and Audience go into every identity.
	Issuer, Audience string
	// Now is the clock of "iat" and "exp".
	Now func() time.Time

	tb      testing.TB
	server  *httptest.Server
	mu      sync.Mutex
	keys    []jose.JSONWebKey // private; the last one signs
	fetches int
	down    bool
	serial  int
}

// New starts a signer with one Ed25519 key; it stops with the test.
func New(tb testing.TB) *Signer {
	tb.Helper()
	s := &Signer{Issuer: "https://guestright.test", Audience: "https://product.test", Now: time.Now, tb: tb}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	tb.Cleanup(s.server.Close)
	s.Rotate(jose.EdDSA)
	return s
}

// JWKSURL is where the keys are published.
func (s *Signer) JWKSURL() string { return s.server.URL }

// Verifier returns a verifier that trusts this signer and shares its clock.
func (s *Signer) Verifier() *identity.Verifier {
	return &identity.Verifier{
		Issuer: s.Issuer, Audience: s.Audience, JWKSURL: s.JWKSURL(), HTTP: s.server.Client(),
		Now: func() time.Time { return s.Now() },
	}
}

// Rotate adds a key, jose.EdDSA or jose.ES256, and signs with it from now on. Older keys stay published.
func (s *Signer) Rotate(algorithm jose.SignatureAlgorithm) {
	s.tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	k := jose.JSONWebKey{KeyID: fmt.Sprintf("key-%d", s.serial), Algorithm: string(algorithm), Use: "sig"}
	var err error
	switch algorithm {
	case jose.ES256:
		k.Key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		_, k.Key, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		s.tb.Fatal(err)
	}
	s.keys = append(s.keys, k)
}

// Retire withdraws every key but the newest.
func (s *Signer) Retire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = s.keys[len(s.keys)-1:]
}

// Down makes the key address answer 503, or work again.
func (s *Signer) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Fetches counts the requests for the keys so far.
func (s *Signer) Fetches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetches
}

// Key returns the private key that signs now.
func (s *Signer) Key() jose.JSONWebKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[len(s.keys)-1]
}

// Claims returns what Sign would sign for the identity, for tests that bend a claim.
func (s *Signer) Claims(id identity.Identity) map[string]any {
	s.mu.Lock()
	s.serial++
	jti := fmt.Sprintf("identity-%d", s.serial)
	s.mu.Unlock()
	now := s.Now()
	return map[string]any{
		"iss": s.Issuer, "aud": s.Audience, "iat": now.Unix(), "exp": now.Add(identity.Lifetime).Unix(), "jti": jti,
		"account": id.Account, "account_id": id.AccountID, "application": id.Application, "installation": id.Installation,
		"grant": id.Grant, "sub": id.Subject, "actor": id.Actor, "scopes": id.Scopes, "decision": id.Decision,
	}
}

// Sign returns the header value for the identity.
func (s *Signer) Sign(id identity.Identity) string {
	s.tb.Helper()
	return s.SignClaims(s.Claims(id), identity.Type)
}

// SignClaims signs any claims under any typ, with the newest key.
func (s *Signer) SignClaims(claims map[string]any, typ string) string {
	s.tb.Helper()
	key := s.Key()
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)),
	)
	if err != nil {
		s.tb.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		s.tb.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		s.tb.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		s.tb.Fatal(err)
	}
	return compact
}

func (s *Signer) serve(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetches++
	if s.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	set := jose.JSONWebKeySet{}
	for _, k := range s.keys {
		set.Keys = append(set.Keys, k.Public())
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_ = json.NewEncoder(w).Encode(set) // a test that lost its connection fails by itself
}

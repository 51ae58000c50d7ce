package gateway

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
)

// IdentityHeader carries who calls to the product, as a JWT (RFC 7519) signed
// with ES256 and typed gr-identity+jwt; the key set is at KeysPath.
const (
	IdentityHeader = "Guestright-Identity"
	DecisionHeader = "Guestright-Decision"
	KeysPath       = "/.well-known/guestright-keys.json"
	identityType   = "gr-identity+jwt"
)

const (
	// identityLife is how long a product accepts an identity.
	identityLife = 60 * time.Second
	// identityReuse is how long one signature serves further calls of the same
	// holding: signing costs as much as half a proxied request.
	identityReuse = 20 * time.Second
)

// Signer signs identities.
type Signer struct {
	Issuer   string
	Audience string
	key      *ecdsa.PrivateKey
	kid      string
	head     string
}

// NewSigner derives the signing key from 32 secret bytes, so that every node and
// every start signs with the same key and nothing has to be stored.
func NewSigner(issuer, audience string, seed []byte) (*Signer, error) {
	// One reduction of 32 uniform bytes is biased by less than 2^-32; hashing
	// twice into 48 bytes makes that 2^-128 (FIPS 186-5, A.2.1).
	a, b := sha256.Sum256(append([]byte("a"), seed...)), sha256.Sum256(append([]byte("b"), seed...))
	n := new(big.Int).SetBytes(append(a[:], b[:16]...))
	order := elliptic.P256().Params().N
	d := n.Mod(n, new(big.Int).Sub(order, big.NewInt(1)))
	d.Add(d, big.NewInt(1))
	raw := make([]byte, 32)
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d.FillBytes(raw))
	if err != nil {
		return nil, problem.Internal("gateway.NewSigner", err)
	}
	s := &Signer{Issuer: issuer, Audience: audience, key: key}
	thumb, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, problem.Internal("gateway.NewSigner", err)
	}
	s.kid = base64.RawURLEncoding.EncodeToString(thumb[:12])
	head, err := json.Marshal(map[string]string{"alg": "ES256", "typ": identityType, "kid": s.kid})
	if err != nil {
		return nil, problem.Internal("gateway.NewSigner", err)
	}
	s.head = base64.RawURLEncoding.EncodeToString(head)
	return s, nil
}

// identity is a name space for ids of signed identities.
type identity struct{}

// IDPrefix implements ident.Named.
func (identity) IDPrefix() string { return "idt" }

type claims struct {
	Issuer       string   `json:"iss"`
	Audience     string   `json:"aud"`
	Subject      string   `json:"sub"`
	Expires      int64    `json:"exp"`
	Issued       int64    `json:"iat"`
	ID           string   `json:"jti"`
	Account      string   `json:"account"`
	AccountID    string   `json:"account_id"`
	Application  string   `json:"application,omitempty"`
	Installation string   `json:"installation,omitempty"`
	Grant        string   `json:"grant"`
	Actor        string   `json:"actor"`
	Scopes       []string `json:"scopes"`
}

// signed is an identity that can be used again for a while.
type signed struct {
	value  string
	issued int64
}

// younger reports whether the identity was issued at most d ago.
func (g *signed) younger(now int64, d time.Duration) bool {
	return g != nil && now >= g.issued && now-g.issued < int64(d/time.Second)
}

// passport keeps the identity that calls with the same claims share.
type passport struct {
	last    atomic.Pointer[signed]
	signing sync.Mutex
}

// identity returns the header value for a call that was allowed. When the one
// in use becomes old, one call signs anew and the others go on with the old one
// meanwhile.
func (s *Signer) identity(v *Verdict) (string, error) {
	now, p := v.At.Unix(), v.passport
	got := p.last.Load()
	if got.younger(now, identityReuse) {
		return got.value, nil
	}
	if !p.signing.TryLock() {
		if got.younger(now, identityLife/2) {
			return got.value, nil
		}
		p.signing.Lock()
	}
	defer p.signing.Unlock()
	if got = p.last.Load(); got.younger(now, identityReuse) {
		return got.value, nil
	}
	h := v.Bearer.Holding
	c := claims{Issuer: s.Issuer, Audience: s.Audience, Subject: h.SubjectKey, Expires: now + int64(identityLife/time.Second), Issued: now,
		ID: ident.New[identity](v.At).String(), Account: h.AccountKey, AccountID: h.Account, Application: h.PublicID,
		Installation: h.Installation, Grant: h.Grant, Actor: h.Kind, Scopes: v.Bearer.Scopes.Names}
	if c.Scopes == nil {
		c.Scopes = []string{}
	}
	value, err := s.sign(c)
	if err != nil {
		return "", err
	}
	p.last.Store(&signed{value: value, issued: now})
	return value, nil
}

func (s *Signer) sign(c claims) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", problem.Internal("gateway.sign", err)
	}
	in := s.head + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(in))
	r, z, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	if err != nil {
		return "", problem.Internal("gateway.sign", err)
	}
	var sig [64]byte // R and S at 32 bytes each (RFC 7518 section 3.4)
	r.FillBytes(sig[:32])
	z.FillBytes(sig[32:])
	return in + "." + base64.RawURLEncoding.EncodeToString(sig[:]), nil
}

// ServeHTTP serves the key set (RFC 7517) at KeysPath.
func (s *Signer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), KeyID: s.kid, Algorithm: "ES256", Use: "sig"}}}
	body, err := json.Marshal(set)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=60")
	_, _ = w.Write(body)
}

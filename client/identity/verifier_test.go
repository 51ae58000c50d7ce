package identity_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/guestright/guestright/client/identity"
	"github.com/guestright/guestright/client/identity/identitytest"
)

var moment = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func caller() identity.Identity {
	return identity.Identity{
		Account: "harbour-books", AccountID: "acc_1", Application: "app_1", Installation: "ins_1", Grant: "gra_1",
		Subject: "usr-7", Actor: "integration", Scopes: []string{"flags.read", "flags.write"}, Decision: "dec_1",
	}
}

// clock is moved by hand; reads and moves may come from different goroutines.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func signer(t *testing.T) (*identitytest.Signer, *clock) {
	t.Helper()
	s, c := identitytest.New(t), &clock{now: moment}
	s.Now = c.Now
	return s, c
}

func request(header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, h := range header {
		r.Header.Add(identity.Header, h)
	}
	return r
}

func TestVerifyTellsWhoCalls(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256} {
		s, _ := signer(t)
		s.Rotate(algorithm)
		got, err := s.Verifier().Verify(request(s.Sign(caller())))
		if err != nil {
			t.Fatalf("%s: %v", algorithm, err)
		}
		if got.ID == "" || !got.Issued.Equal(moment) || !got.Expires.Equal(moment.Add(time.Minute)) {
			t.Errorf("%s: jti %q, issued %s, expires %s", algorithm, got.ID, got.Issued, got.Expires)
		}
		got.ID, got.Issued, got.Expires = "", time.Time{}, time.Time{}
		if diff := cmp.Diff(caller(), got); diff != "" {
			t.Errorf("%s: %s", algorithm, diff)
		}
		if !got.Has("flags.write") || got.Has("members.write") {
			t.Error("Has disagrees with the scopes")
		}
	}
}

func TestVerifyRefusesClaims(t *testing.T) {
	t.Parallel()
	unix := moment.Unix()
	tests := map[string]func(map[string]any){
		"expired":                  func(c map[string]any) { c["iat"], c["exp"] = unix-70, unix-10 },
		"expired at the leeway":    func(c map[string]any) { c["iat"], c["exp"] = unix-60, unix-5 },
		"another audience":         func(c map[string]any) { c["aud"] = "https://other.test" },
		"audience prefix":          func(c map[string]any) { c["aud"] = "https://product.test/" },
		"audiences without ours":   func(c map[string]any) { c["aud"] = []string{"a", "b"} },
		"no audience":              func(c map[string]any) { delete(c, "aud") },
		"audience is a number":     func(c map[string]any) { c["aud"] = 7 },
		"another issuer":           func(c map[string]any) { c["iss"] = "https://guestright.test/" },
		"no expiry":                func(c map[string]any) { delete(c, "exp") },
		"no issue time":            func(c map[string]any) { delete(c, "iat") },
		"lives for an hour":        func(c map[string]any) { c["exp"] = unix + 3600 },
		"lives for 61 s":           func(c map[string]any) { c["exp"] = unix + 61 },
		"ends before it began":     func(c map[string]any) { c["iat"], c["exp"] = unix+3, unix+2 },
		"issued in the future":     func(c map[string]any) { c["iat"], c["exp"] = unix+30, unix+60 },
		"not valid yet":            func(c map[string]any) { c["nbf"] = unix + 30 },
		"expiry as text":           func(c map[string]any) { c["exp"] = "1788264060" },
		"expiry as fraction":       func(c map[string]any) { c["exp"] = json.Number("1788264060.5") },
		"expiry beyond all bounds": func(c map[string]any) { c["exp"] = json.Number("1e99") },
		"expiry before 1970":       func(c map[string]any) { c["exp"] = -1 },
		"no account":               func(c map[string]any) { c["account"] = "" },
		"no subject":               func(c map[string]any) { delete(c, "sub") },
		"no id":                    func(c map[string]any) { delete(c, "jti") },
		"scopes as text":           func(c map[string]any) { c["scopes"] = "flags.read" },
	}
	s, _ := signer(t)
	v := s.Verifier()
	for name, bend := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := s.Claims(caller())
			bend(claims)
			if _, err := v.Verify(request(s.SignClaims(claims, identity.Type))); !errors.Is(err, identity.ErrInvalid) {
				t.Errorf("answered %v", err)
			}
		})
	}
}

func TestVerifyRefusesTokens(t *testing.T) {
	t.Parallel()
	s, _ := signer(t)
	other, _ := signer(t)
	good := s.Sign(caller())
	parts := strings.Split(good, ".")
	tests := map[string][]string{
		"not a token":              {"hello"},
		"empty":                    {""},
		"twice the same":           {good, good},
		"last character gone":      {good[:len(good)-1]},
		"no signature":             {parts[0] + "." + parts[1] + "."},
		"payload swapped":          {parts[0] + "." + strings.Split(s.Sign(identity.Identity{Account: "x", Subject: "y"}), ".")[1] + "." + parts[2]},
		"none":                     {encode(`{"alg":"none","typ":"gr-identity+jwt","kid":"key-1"}`) + "." + parts[1] + "."},
		"hmac under the public id": {hmac(t, s)},
		"embedded key":             {embedded(t, s)},
		"no kid":                   {unnamed(t, s)},
		"another typ":              {s.SignClaims(s.Claims(caller()), "JWT")},
		"access token typ":         {s.SignClaims(s.Claims(caller()), "at+jwt")},
		"another signer, same kid": {other.Sign(caller())},
		"far too long":             {good + strings.Repeat("A", 9000)},
		"two in one":               {good + ", " + good},
	}
	v := s.Verifier()
	for name, header := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := v.Verify(request(header...)); !errors.Is(err, identity.ErrInvalid) {
				t.Errorf("answered %v", err)
			}
		})
	}
	if _, err := v.Verify(request()); !errors.Is(err, identity.ErrMissing) {
		t.Errorf("without header: %v", err)
	}
	if _, err := v.Verify(request(good)); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func sign(t *testing.T, key jose.SigningKey, claims map[string]any, o *jose.SignerOptions) string {
	t.Helper()
	signer, err := jose.NewSigner(key, o.WithType(identity.Type))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// hmac is the classic confusion: the public key's bytes taken as a shared secret.
func hmac(t *testing.T, s *identitytest.Signer) string {
	key := s.Key()
	public, err := key.Public().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	shared := jose.JSONWebKey{Key: public, KeyID: key.KeyID}
	return sign(t, jose.SigningKey{Algorithm: jose.HS256, Key: shared}, s.Claims(caller()), &jose.SignerOptions{})
}

// embedded carries its own key.
func embedded(t *testing.T, s *identitytest.Signer) string {
	stranger := identitytest.New(t)
	return sign(t, jose.SigningKey{Algorithm: jose.EdDSA, Key: stranger.Key()}, s.Claims(caller()), &jose.SignerOptions{EmbedJWK: true})
}

// unnamed names no key at all.
func unnamed(t *testing.T, s *identitytest.Signer) string {
	return sign(t, jose.SigningKey{Algorithm: jose.EdDSA, Key: s.Key().Key}, s.Claims(caller()), &jose.SignerOptions{})
}

func TestMiddleware(t *testing.T) {
	t.Parallel()
	s, _ := signer(t)
	h := s.Verifier().Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := identity.From(r.Context())
		if !ok {
			t.Error("no identity inside")
		}
		_, _ = io.WriteString(w, id.Account)
	}))
	serve := func(header ...string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request(header...))
		return w
	}
	if w := serve(s.Sign(caller())); w.Code != http.StatusOK || w.Body.String() != "harbour-books" {
		t.Errorf("good: %d %s", w.Code, w.Body)
	}
	for name, header := range map[string][]string{"identity_missing": nil, "identity_invalid": {"x"}} {
		w := serve(header...)
		if w.Code != http.StatusUnauthorized || w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(w.Body.String(), name) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if _, ok := identity.From(t.Context()); ok {
		t.Error("an identity out of nothing")
	}
}

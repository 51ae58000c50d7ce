package oauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/guestright/guestright/application"
)

// signer is a client that authenticates with a key of its own.
type signer struct {
	key *ecdsa.PrivateKey
	kid string
	n   int
}

func newSigner(t *testing.T, kid string) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{key: key, kid: kid}
}

func (s *signer) set() json.RawMessage {
	b, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), KeyID: s.kid, Algorithm: "ES256", Use: "sig"}}})
	if err != nil {
		panic(err)
	}
	return b
}

// assertion makes one with changes to its claims; nil takes a claim away.
func (s *signer) assertion(h *house, change map[string]any) string {
	s.n++
	claims := map[string]any{"iss": h.app.PublicID, "sub": h.app.PublicID, "aud": h.URL, "jti": "a" + strconv.Itoa(s.n), "iat": h.DB.Now().Unix(), "exp": h.DB.Now().Add(time.Minute).Unix()}
	for name, v := range change {
		claims[name] = v
		if v == nil {
			delete(claims, name)
		}
	}
	opts := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", s.kid)
	made, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: s.key}, opts)
	h.ok(err)
	body, err := json.Marshal(claims)
	h.ok(err)
	signed, err := made.Sign(body)
	h.ok(err)
	raw, err := signed.CompactSerialize()
	h.ok(err)
	return raw
}

func asserted(raw string) url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "client_assertion": {raw},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
}

// RFC 7523: private_key_jwt, with every way to get it wrong (T-07, T-09, T-13).
func TestPrivateKeyJWT(t *testing.T) {
	t.Parallel()
	me := newSigner(t, "k1")
	keys, method := me.set(), application.AuthJWT
	h := newHouse(t, options{client: application.ClientPatch{AuthMethod: &method, JWKS: &keys}})
	good := me.assertion(h, nil)
	if status, _, out := h.post("/oauth/token", asserted(good)); status != http.StatusOK || !h.works(text(out, "access_token")) {
		t.Fatalf("%d %v", status, out)
	}
	if status, _, out := h.post("/oauth/token", asserted(me.assertion(h, map[string]any{"aud": []string{"https://other.example", h.URL + "/oauth/token"}}))); status != http.StatusOK {
		t.Errorf("the token endpoint among the audiences: %d %v", status, out)
	}
	thief := newSigner(t, "k1")
	parts := strings.Split(good, ".")
	now := h.DB.Now()
	for name, raw := range map[string]string{
		"used twice":           good,
		"another key":          thief.assertion(h, nil),
		"another aud":          me.assertion(h, map[string]any{"aud": "https://other.example"}),
		"no aud":               me.assertion(h, map[string]any{"aud": nil}),
		"aud is a prefix":      me.assertion(h, map[string]any{"aud": h.URL + "/oauth/token/x"}),
		"expired":              me.assertion(h, map[string]any{"exp": now.Add(-time.Minute).Unix()}),
		"no exp":               me.assertion(h, map[string]any{"exp": nil}),
		"exp in a year":        me.assertion(h, map[string]any{"exp": now.AddDate(1, 0, 0).Unix()}),
		"T-13 exp as text":     me.assertion(h, map[string]any{"exp": "soon"}),
		"T-13 exp as a float":  me.assertion(h, map[string]any{"exp": float64(now.Unix()) + 30.5}),
		"T-13 huge exp":        me.assertion(h, map[string]any{"exp": 1e99}),
		"T-13 negative exp":    me.assertion(h, map[string]any{"exp": -1}),
		"not valid yet":        me.assertion(h, map[string]any{"nbf": now.Add(5 * time.Minute).Unix()}),
		"no jti":               me.assertion(h, map[string]any{"jti": nil}),
		"iss is another":       me.assertion(h, map[string]any{"iss": "someone"}),
		"sub is another":       me.assertion(h, map[string]any{"iss": "someone", "sub": "someone"}),
		"T-07 none":            "eyJhbGciOiJub25lIn0." + parts[1] + ".",
		"T-07 none, signature": "eyJhbGciOiJub25lIn0." + parts[1] + "." + parts[2],
		"cut":                  good[:len(good)-4],
		"no JWT":               "x",
		"long":                 me.assertion(h, map[string]any{"x": strings.Repeat("x", 9<<10)}),
	} {
		if status, _, out := h.post("/oauth/token", asserted(raw)); status != http.StatusUnauthorized || text(out, "error") != "invalid_client" {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	// Its secrets open nothing any more, and nobody may show two things.
	if status, _, out := h.post("/oauth/token", url.Values{"grant_type": {"client_credentials"}}, h.own()...); status != http.StatusUnauthorized {
		t.Errorf("with a secret: %d %v", status, out)
	}
	if status, _, out := h.post("/oauth/token", asserted(me.assertion(h, nil)), h.own()...); status != http.StatusBadRequest || text(out, "error") != "invalid_request" {
		t.Errorf("with a secret and an assertion (O-29): %d %v", status, out)
	}
	form := asserted(me.assertion(h, nil))
	form.Set("client_id", h.key.ClientID)
	if status, _, out := h.post("/oauth/token", form); status != http.StatusUnauthorized {
		t.Errorf("client_id names another: %d %v", status, out)
	}
}

// O-45: a key set at a private address is never fetched; nothing follows from that
// but a refusal.
func TestO45_KeySetsAtPrivateAddressesAreNotFetched(t *testing.T) {
	t.Parallel()
	fetched := 0
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fetched++ }))
	defer inside.Close()
	h := newHouse(t, options{})
	method := application.AuthJWT
	for _, uri := range []string{inside.URL, "https://169.254.169.254/keys", "https://[::1]/keys", "http://keys.example/"} {
		if _, err := h.Applications.SetClient(t.Context(), h.dev, h.app.ID, application.ClientPatch{AuthMethod: &method, JWKSURI: &uri}); err == nil {
			t.Errorf("%s can be registered", uri)
		}
	}
	if fetched > 0 {
		t.Errorf("%d requests reached a private address", fetched)
	}
}

// RFC 9126: pushed requests.
func TestPushedRequests(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	verifier := oauth2.GenerateVerifier()
	form := func(change ...string) url.Values {
		u, err := url.Parse(h.authorizeURL(append(change, "code_challenge", oauth2.S256ChallengeFromVerifier(verifier))...))
		h.ok(err)
		return u.Query()
	}
	push := func(f url.Values, who ...string) (int, map[string]any) {
		status, _, out := h.post("/oauth/par", f, who...)
		return status, out
	}
	_, other := h.Release(h.dev, h.team, "flags.read")
	stranger := []string{other.ClientID, other.Secret.Reveal()}
	for name, tc := range map[string]struct {
		form   url.Values
		who    []string
		status int
		want   string
	}{
		"nobody":                {form("client_id", ""), nil, 401, "invalid_client"},
		"no secret":             {form(), nil, 401, "invalid_client"},
		"another client":        {form(), stranger, 400, "invalid_request"},
		"request_uri inside":    {form("request_uri", "urn:x"), h.own(), 400, "invalid_request"},
		"no challenge":          {form("code_challenge_method", "plain"), h.own(), 400, "invalid_request"},
		"another redirect":      {form("redirect_uri", callback+"/"), h.own(), 400, "invalid_request"},
		"fewer than required":   {form("scope", "flags.read"), h.own(), 400, "invalid_scope"},
		"response_type=token":   {form("response_type", "token"), h.own(), 400, "unsupported_response_type"},
		"response_type is gone": {form("response_type", ""), h.own(), 400, "invalid_request"},
	} {
		if status, out := push(tc.form, tc.who...); status != tc.status || text(out, "error") != tc.want {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	if status, _, _ := h.get(h.URL + "/oauth/par"); status != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", status)
	}
	status, out := push(form(), h.own()...)
	uri := text(out, "request_uri")
	if status != http.StatusCreated || !strings.HasPrefix(uri, "urn:ietf:params:oauth:request_uri:") || out["expires_in"] != 60.0 {
		t.Fatalf("%d %v", status, out)
	}
	open := func(client, uri string) string {
		return h.URL + "/oauth/authorize?" + url.Values{"client_id": {client}, "request_uri": {uri}}.Encode()
	}
	onPage := func(what, address string) {
		t.Helper()
		if status, head, _ := h.get(address); status != http.StatusBadRequest || head.Get("Location") != "" {
			t.Errorf("%s: %d %s", what, status, head.Get("Location"))
		}
	}
	onPage("another client's", open(other.ClientID, uri))
	onPage("made up", open(h.key.ClientID, uri+"x"))
	id := h.request(open(h.key.ClientID, uri) + "&scope=flags.read&redirect_uri=https%3A%2F%2Fevil.example") // the rest does not count
	onPage("a second time", open(h.key.ClientID, uri))
	u := h.approve(id)
	got, err := h.config("flags.read", "flags.write").Exchange(h.http(), u.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil || !h.works(got.AccessToken) {
		t.Errorf("the exchange: %v", err)
	}
	_, out = push(form(), h.own()...)
	h.clock.Advance(time.Minute)
	onPage("too late", open(h.key.ClientID, text(out, "request_uri")))
	// A proof with the push binds the code (RFC 9449 section 10.1).
	me, thief := newHolder(t), newHolder(t)
	_, out = h.prove("/oauth/par", form(), me.proof("POST", h.URL+"/oauth/par", "", h.DB.Now()), h.own()...)
	code := h.approve(h.request(open(h.key.ClientID, text(out, "request_uri")))).Query().Get("code")
	redeem := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	if status, out := h.prove("/oauth/token", redeem, thief.proof("POST", h.URL+"/oauth/token", "", h.DB.Now()), h.own()...); status != http.StatusBadRequest {
		t.Errorf("another key: %d %v", status, out)
	}
	if status, out := h.prove("/oauth/token", redeem, me.proof("POST", h.URL+"/oauth/token", "", h.DB.Now()), h.own()...); status != http.StatusOK {
		t.Errorf("the key of the push: %d %v", status, out)
	}
}

// A30: two causes that OAuth lumps together, told apart for who has authenticated.
func TestA30_WrongSecretAndNotInstalled(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	_, lonely := h.Release(h.dev, h.team, "flags.read")
	form := url.Values{"grant_type": {"client_credentials"}}
	if status, _, out := h.post("/oauth/token", form, lonely.ClientID, h.key.Secret.Reveal()); status != 401 || text(out, "error") != "invalid_client" || text(out, "code") != "invalid_client" {
		t.Errorf("wrong secret: %d %v", status, out)
	}
	if status, _, out := h.post("/oauth/token", form, lonely.ClientID, lonely.Secret.Reveal()); status != 400 || text(out, "error") != "invalid_grant" || text(out, "code") != "app_not_installed" {
		t.Errorf("not installed: %d %v", status, out)
	}
}

// O-27: a secret that is rotated with overlap works beside the new one until the
// hour, then only the new one does.
func TestO27_RotationWithOverlap(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	first := h.token(h.config("flags.read", "flags.write"))
	next, err := h.Applications.RotateKey(t.Context(), h.dev, h.key.ID, time.Hour)
	h.ok(err)
	try := func(key application.IssuedKey, raw string) (int, map[string]any) {
		status, _, out := h.post("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {raw}}, key.ClientID, key.Secret.Reveal())
		return status, out
	}
	h.clock.Advance(59 * time.Minute)
	status, out := try(h.key, first.RefreshToken)
	if status != http.StatusOK {
		t.Fatalf("the old key within the hour: %d %v", status, out)
	}
	if status, out = try(next, text(out, "refresh_token")); status != http.StatusOK {
		t.Fatalf("the new key on the old key's tokens: %d %v", status, out)
	}
	h.clock.Advance(time.Minute)
	if status, _ := try(h.key, text(out, "refresh_token")); status != http.StatusUnauthorized {
		t.Errorf("the old key after the hour: %d", status)
	}
	if status, out := try(next, text(out, "refresh_token")); status != http.StatusOK {
		t.Errorf("the new key: %d %v", status, out)
	}
}

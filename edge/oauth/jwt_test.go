package oauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/guestright/guestright/application"
)

func jwtClient() application.ClientPatch {
	format := application.FormatJWT
	return application.ClientPatch{TokenFormat: &format}
}

// keySet is what the server publishes.
func (h *house) keySet() *jose.JSONWebKeySet {
	h.T.Helper()
	_, _, body := h.get(h.URL + "/oauth/jwks.json")
	var set jose.JSONWebKeySet
	h.ok(json.Unmarshal([]byte(body), &set))
	return &set
}

// readToken reads a JWT as a resource server would (RFC 9068 section 4).
func (h *house) readToken(raw string) (head jose.Header, claims map[string]any) {
	h.T.Helper()
	signed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256})
	h.ok(err)
	head = signed.Signatures[0].Protected
	found := h.keySet().Key(head.KeyID)
	if len(found) != 1 {
		h.T.Fatalf("no key %s", head.KeyID)
	}
	body, err := signed.Verify(found[0])
	h.ok(err)
	h.ok(json.Unmarshal(body, &claims))
	return head, claims
}

// RFC 9068: a client whose token format is jwt gets access tokens that it and
// others can read, by every grant; the gateway takes them like opaque ones.
func TestJWTAccessTokens(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{client: jwtClient()})
	person := h.token(h.config("openid", "flags.read", "flags.write"))
	_, refreshed := h.refresh(person.RefreshToken)
	for name, tc := range map[string]struct{ raw, subject string }{
		"code":               {person.AccessToken, h.person.User},
		"refresh":            {text(refreshed, "access_token"), h.person.User},
		"client credentials": {h.Token(h.key, "harbour"), ""},
	} {
		head, c := h.readToken(tc.raw)
		aud, _ := c["aud"].([]any)
		if head.ExtraHeaders[jose.HeaderType] != "at+jwt" || head.Algorithm != "ES256" || c["iss"] != h.URL || len(aud) != 1 || aud[0] != h.Gateway ||
			c["client_id"] != h.key.ClientID || c["account_id"] != h.account.ID.String() || !strings.Contains(text(c, "scope"), "flags.read") {
			t.Errorf("%s: %v %v", name, head, c)
		}
		exp, _ := c["exp"].(float64)
		iat, _ := c["iat"].(float64)
		if exp-iat != 3600 || int64(iat) != h.DB.Now().Unix() || !strings.HasPrefix(text(c, "jti"), "tok_") {
			t.Errorf("%s: times and id: %v", name, c)
		}
		if tc.subject == "" && text(c, "sub") == "" || tc.subject != "" && (text(c, "sub") != tc.subject || c["auth_time"] == nil) {
			t.Errorf("%s: subject: %v", name, c)
		}
		if !h.works(tc.raw) {
			t.Errorf("%s: the gateway refuses it", name)
		}
		_, _, seen := h.post("/oauth/introspect", url.Values{"token": {tc.raw}}, h.own()...)
		if seen["active"] != true || seen["jti"] != c["jti"] || seen["exp"] != c["exp"] || seen["sub"] == "" {
			t.Errorf("%s: introspection: %v", name, seen)
		}
	}
	// Refresh tokens stay opaque, and a client that asks for nothing gets opaque ones.
	if !strings.HasPrefix(person.RefreshToken, "grrt_") {
		t.Error("the refresh token is not opaque")
	}
	opaque := application.FormatOpaque
	h.client(application.ClientPatch{TokenFormat: &opaque})
	if raw := h.Token(h.key, "harbour"); !strings.HasPrefix(raw, "grat_") {
		t.Error("the setting cannot be taken back")
	}
	if !h.works(person.AccessToken) {
		t.Error("a JWT that was issued before ends with the setting")
	}
	h.clock.Advance(time.Hour)
	if a := h.Call(person.AccessToken, http.MethodGet, flagsOf, nil); a.Status != http.StatusUnauthorized || a.Code() != "token_expired" {
		t.Errorf("after its life: %d %s", a.Status, a.Body)
	}
}

// A JWT ends like any token at the next call, though its signature stays good:
// with itself, with its line, its key, its consent, its installation.
func TestJWTAccessTokensEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*house, *oauth2.Token){
		"the token": func(h *house, tok *oauth2.Token) {
			h.post("/oauth/revoke", url.Values{"token": {tok.AccessToken}}, h.own()...)
		},
		"its refresh token": func(h *house, tok *oauth2.Token) {
			h.post("/oauth/revoke", url.Values{"token": {tok.RefreshToken}}, h.own()...)
		},
		"the key": func(h *house, _ *oauth2.Token) {
			_, err := h.Applications.RevokeKey(h.T.Context(), h.dev, h.key.ID)
			h.ok(err)
		},
		"the consent": func(h *house, _ *oauth2.Token) {
			all, err := h.Consents.ListMine(h.T.Context(), h.person)
			h.ok(err)
			_, err = h.Consents.Revoke(h.T.Context(), h.person, all[0].ID)
			h.ok(err)
		},
		"the installation": func(h *house, _ *oauth2.Token) {
			_, err := h.Integrations.Remove(h.T.Context(), h.admin, h.ins.ID, "No longer needed.")
			h.ok(err)
		},
	} {
		h := newHouse(t, options{client: jwtClient()})
		tok := h.token(h.config("flags.read", "flags.write"))
		if !h.works(tok.AccessToken) {
			t.Fatalf("%s: it does not work before", name)
		}
		end(h, tok)
		if h.works(tok.AccessToken) {
			t.Errorf("%s is over, and the JWT opens the gateway", name)
		}
		if name == "the key" {
			continue // nobody is left to ask
		}
		if _, _, seen := h.post("/oauth/introspect", url.Values{"token": {tok.AccessToken}}, h.own()...); seen["active"] != false || len(seen) != 1 {
			t.Errorf("%s: introspection: %v", name, seen)
		}
	}
}

// T-01 to T-17 for access tokens that are JWTs: nothing but the very text that we
// issued opens anything, and nobody gets a 5xx.
func TestT_OddJWTs(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{client: jwtClient()})
	tok := h.token(h.config("openid", "flags.read", "flags.write"))
	good, idToken := tok.AccessToken, text(map[string]any{"t": tok.Extra("id_token")}, "t")
	part := strings.Split(good, ".")
	head, claims := h.readToken(good)
	encode := func(v any) string {
		b, err := json.Marshal(v)
		h.ok(err)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.ok(err)
	// by signs with a key of a stranger, under any header.
	by := func(k jose.SigningKey, header map[jose.HeaderKey]any, embed bool) string {
		o := &jose.SignerOptions{EmbedJWK: embed, ExtraHeaders: header}
		s, err := jose.NewSigner(k, o.WithType("at+jwt"))
		h.ok(err)
		body, err := json.Marshal(claims)
		h.ok(err)
		signed, err := s.Sign(body)
		h.ok(err)
		raw, err := signed.CompactSerialize()
		h.ok(err)
		return raw
	}
	es := jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: stranger, KeyID: head.KeyID}}
	public, err := h.keySet().Key(head.KeyID)[0].MarshalJSON()
	h.ok(err)
	// ours signs other claims with our own key: what a leaked key could do.
	ours := func(typ, name string, value any) string {
		c := maps.Clone(claims)
		c[name] = value
		if value == nil {
			delete(c, name)
		}
		raw, err := h.Signing.Sign(t.Context(), typ, c)
		h.ok(err)
		return raw
	}
	for name, raw := range map[string]string{
		"T-01 last character removed":       good[:len(good)-1],
		"T-01 last character doubled":       good + good[len(good)-1:],
		"T-03 case flipped in the payload":  part[0] + "." + strings.ToLower(part[1]) + "." + part[2],
		"T-05 the refresh token":            tok.RefreshToken,
		"T-07 none":                         encode(map[string]string{"alg": "none", "typ": "at+jwt"}) + "." + part[1] + ".",
		"T-07 none with our kid":            encode(map[string]string{"alg": "none", "typ": "at+jwt", "kid": head.KeyID}) + "." + part[1] + "." + part[2],
		"T-07 HMAC with our public key":     by(jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: public, KeyID: head.KeyID}}, nil, false),
		"T-09 jku":                          by(es, map[jose.HeaderKey]any{"jku": "https://evil.example/keys.json"}, false),
		"T-09 x5u":                          by(es, map[jose.HeaderKey]any{"x5u": "https://evil.example/chain.pem"}, false),
		"T-09 an embedded jwk":              by(jose.SigningKey{Algorithm: jose.ES256, Key: stranger}, nil, true),
		"T-09 a kid that is a path":         by(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: stranger, KeyID: "../../dev/null"}}, nil, false),
		"T-09 crit that nobody knows":       by(es, map[jose.HeaderKey]any{"crit": []string{"exp"}, "exp": 1}, false),
		"T-11 the id token":                 idToken,
		"T-11 id token's typ, our claims":   ours("JWT", "x", 1),
		"T-13 exp in a text":                ours("at+jwt", "exp", "4102444800"),
		"T-13 exp a fraction":               ours("at+jwt", "exp", 4102444800.5),
		"T-13 exp 1e99":                     ours("at+jwt", "exp", 1e99),
		"T-13 exp negative":                 ours("at+jwt", "exp", -1),
		"T-13 no exp":                       ours("at+jwt", "exp", nil),
		"another exp":                       ours("at+jwt", "exp", claims["exp"].(float64)+86400),
		"another audience":                  ours("at+jwt", "aud", []string{"https://other.example"}),
		"another issuer":                    ours("at+jwt", "iss", "https://other.example"),
		"no jti":                            ours("at+jwt", "jti", nil),
		"a jti of nobody":                   ours("at+jwt", "jti", "tok_00000000000000000000000000"),
		"more scope, good signature":        ours("at+jwt", "scope", "flags.read flags.write members.write"),
		"the same claims, signed once more": ours("at+jwt", "x", 1),
		"T-15 look-alike":                   strings.Replace(good, "e", "е", 1), // Cyrillic
		"T-15 full width dot":               strings.Replace(good, ".", "．", 1),
		"a space":                           part[0] + " ." + part[1] + "." + part[2],
		"JSON form":                         `{"payload":"` + part[1] + `","protected":"` + part[0] + `","signature":"` + part[2] + `"}`,
		"four parts":                        good + "." + part[2],
		"other parts":                       part[0] + ".." + part[2],
		"very long":                         part[0] + "." + strings.Repeat("A", 64<<10) + "." + part[2],
	} {
		a := h.Call(raw, http.MethodGet, flagsOf, nil)
		if a.Status != http.StatusUnauthorized && a.Status != http.StatusBadRequest && a.Status != http.StatusRequestHeaderFieldsTooLarge || a.Code() == "identity_invalid" {
			t.Errorf("%s: %d %s", name, a.Status, a.Code())
		}
		if len(raw) > 8<<10 || raw == tok.RefreshToken {
			continue
		}
		if status, _, seen := h.post("/oauth/introspect", url.Values{"token": {raw}}, h.own()...); status != http.StatusOK || seen["active"] != false || len(seen) != 1 {
			t.Errorf("%s: introspection %d %v", name, status, seen)
		}
		if status, _, out := h.post("/oauth/revoke", url.Values{"token": {raw}}, h.own()...); status != http.StatusOK || len(out) != 0 {
			t.Errorf("%s: revocation %d %v", name, status, out)
		}
	}
	// T-17: in the query or the body it does not count, and in the query it is refused
	// even beside a good header.
	for name, query := range map[string]string{"in the query": "?access_token=" + good, "under another name": "?x=1&y=" + good, "escaped": "?t=" + strings.ReplaceAll(good, ".", "%2e")} {
		if a := h.Call(good, http.MethodGet, flagsOf+query, nil); a.Status != http.StatusUnauthorized || a.Code() != "credential_in_query" {
			t.Errorf("T-17 %s: %d %s", name, a.Status, a.Body)
		}
	}
	if a := h.Call(good, http.MethodGet, flagsOf+"?note="+idToken, nil); a.Code() == "credential_in_query" {
		t.Error("a JWT that is no access token of ours is taken for one")
	}
	if !h.works(good) {
		t.Error("the good one does not work any more")
	}
}

// RFC 9449 section 6: a JWT that is bound to a key says so, and is refused without
// a proof.
func TestJWTAccessTokensAreBound(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{client: jwtClient()})
	me := newHolder(t)
	status, got := h.prove("/oauth/token", url.Values{"grant_type": {"client_credentials"}, "account_id": {"harbour"}}, me.proof("POST", h.URL+"/oauth/token", "", h.DB.Now()), h.own()...)
	raw := text(got, "access_token")
	if status != http.StatusOK || text(got, "token_type") != "DPoP" {
		t.Fatalf("%d %v", status, got)
	}
	_, claims := h.readToken(raw)
	if cnf, _ := claims["cnf"].(map[string]any); cnf["jkt"] != me.thumbprint() {
		t.Errorf("cnf: %v", claims)
	}
	if a := h.Call(raw, http.MethodGet, flagsOf, nil); a.Status != http.StatusUnauthorized || a.Code() != "dpop_required" {
		t.Errorf("without a proof: %d %s", a.Status, a.Body)
	}
	a := h.Call("", http.MethodGet, flagsOf, func(r *http.Request) {
		r.Header.Set("Authorization", "DPoP "+raw)
		r.Header.Set("DPoP", me.proof("GET", h.Gateway+flagsOf, raw, h.DB.Now()))
	})
	if a.Code() != "identity_invalid" { // it reached the product, whose clock is another
		t.Errorf("with a proof: %d %s", a.Status, a.Body)
	}
}

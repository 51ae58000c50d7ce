package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
)

// Must show 1: coreos/go-oidc, unmodified: discovery, id token, userinfo.
func TestSignInWithCoreosGoOIDC(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	ctx := oidc.ClientContext(t.Context(), h.Client)
	provider, err := oidc.NewProvider(ctx, h.URL)
	h.ok(err)
	c := h.config("openid", "profile", "email", "flags.read", "flags.write")
	c.Endpoint = provider.Endpoint()
	verifier := oauth2.GenerateVerifier()
	got, err := c.Exchange(ctx, h.code(c, verifier, oidc.Nonce("n-1")), oauth2.VerifierOption(verifier))
	h.ok(err)
	raw, _ := got.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: h.key.ClientID, Now: h.clock.Now}).Verify(ctx, raw)
	h.ok(err)
	var about struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
		Name     string `json:"name"`
		AuthTime int64  `json:"auth_time"`
	}
	h.ok(id.Claims(&about))
	if id.Nonce != "n-1" || id.Subject != h.person.User || about.Email != "ada@harbour.example" || !about.Verified || about.Name == "" || about.AuthTime == 0 {
		t.Errorf("%+v %+v", id, about)
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(got))
	h.ok(err)
	if info.Subject != id.Subject || info.Email != about.Email {
		t.Errorf("userinfo: %+v", info)
	}
	// The subject is the same at the next sign-in; refresh brings no other nonce.
	status, out := h.refresh(got.RefreshToken)
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, out)
	}
	again, err := provider.Verifier(&oidc.Config{ClientID: h.key.ClientID, Now: h.clock.Now}).Verify(ctx, text(out, "id_token"))
	if err != nil || again.Subject != id.Subject {
		t.Errorf("after a refresh: %v %+v", err, again)
	}
	// T-11: an id token opens nothing, and neither does an access token without openid.
	if h.works(raw) {
		t.Error("the gateway takes an id token")
	}
	plain := h.token(h.config("flags.read", "flags.write"))
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL+"/oauth/userinfo", nil)
	h.ok(err)
	plain.SetAuthHeader(r)
	if status, head, _ := h.send(r); status != http.StatusForbidden || !strings.Contains(head.Get("WWW-Authenticate"), `error="insufficient_scope"`) {
		t.Errorf("userinfo without openid: %d %s", status, head.Get("WWW-Authenticate"))
	}
}

// RFC 8414, RFC 9207 and OpenID Connect Discovery: one document at both places,
// exact about the issuer, and nothing that is not there.
func TestMetadata(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	var first map[string]any
	for _, path := range []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"} {
		status, head, body := h.get(h.URL + path)
		var doc map[string]any
		if err := json.Unmarshal([]byte(body), &doc); err != nil || status != http.StatusOK || head.Get("Access-Control-Allow-Origin") != "*" || head.Get("Content-Type") != "application/json" {
			t.Fatalf("%s: %d %v %s", path, status, head, body)
		}
		if first == nil {
			first = doc
		}
		if doc["issuer"] != h.URL {
			t.Errorf("%s: issuer %v", path, doc["issuer"])
		}
		for name, v := range doc {
			address, ok := v.(string)
			if !ok || !strings.HasSuffix(name, "_endpoint") && name != "jwks_uri" {
				continue
			}
			if status, _, _ := h.get(address); status == http.StatusNotFound {
				t.Errorf("%s %s is not there", name, address)
			}
		}
	}
	list := func(name string) []string {
		var out []string
		all, _ := first[name].([]any)
		for _, v := range all {
			s, _ := v.(string)
			out = append(out, s)
		}
		return out
	}
	if !slices.Equal(list("response_types_supported"), []string{"code"}) || !slices.Equal(list("code_challenge_methods_supported"), []string{"S256"}) {
		t.Errorf("%v", first)
	}
	for _, never := range []string{"password", "implicit"} {
		if slices.Contains(list("grant_types_supported"), never) {
			t.Errorf("%s is offered", never)
		}
	}
}

// The key set: public parts only; a key is announced an hour before it signs and
// stays until what it signed is over.
func TestSigningKeysOverlap(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	keys := func() []string {
		status, head, body := h.get(h.URL + "/oauth/jwks.json")
		var set jose.JSONWebKeySet
		if err := json.Unmarshal([]byte(body), &set); err != nil || status != http.StatusOK || head.Get("Content-Type") != "application/jwk-set+json" {
			t.Fatalf("%d %s", status, body)
		}
		var out []string
		for _, k := range set.Keys {
			if !k.IsPublic() || k.Algorithm != "ES256" {
				t.Errorf("%+v", k)
			}
			out = append(out, k.KeyID)
		}
		return out
	}
	signer := func() string {
		raw, _ := h.token(h.config("openid")).Extra("id_token").(string)
		parsed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256})
		h.ok(err)
		return parsed.Signatures[0].Header.KeyID
	}
	first := keys()
	if len(first) != 1 || signer() != first[0] {
		t.Fatalf("at first: %v", first)
	}
	h.clock.Advance(90 * 24 * time.Hour)
	h.ok(h.Signing.Rotate(t.Context()))
	h.ok(h.Signing.Rotate(t.Context())) // another node, at the same time
	both := keys()
	if len(both) != 2 || both[0] != first[0] || signer() != first[0] {
		t.Fatalf("announced: %v", both)
	}
	h.clock.Advance(time.Hour)
	if got := signer(); got != both[1] || len(keys()) != 2 {
		t.Errorf("an hour later %s signs, of %v", got, both)
	}
	h.clock.Advance(48 * time.Hour)
	h.ok(h.Signing.Rotate(t.Context()))
	if got := keys(); len(got) != 1 || got[0] != both[1] {
		t.Errorf("two days later: %v", got)
	}
}

// Introspection: foreign, unknown and ended tokens look alike (O-37).
func TestO37_Introspection(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	got := h.token(h.config("openid", "flags.read", "flags.write"))
	_, other := h.Release(h.dev, h.team, "flags.read")
	look := func(raw string, who ...string) (int, map[string]any) {
		status, _, out := h.post("/oauth/introspect", url.Values{"token": {raw}}, who...)
		return status, out
	}
	status, out := look(got.AccessToken, h.own()...)
	if status != http.StatusOK || out["active"] != true || text(out, "scope") != "flags.read flags.write openid" || text(out, "client_id") != h.key.ClientID ||
		text(out, "sub") != h.person.User || text(out, "iss") != h.URL || text(out, "aud") != h.Gateway || text(out, "account_id") != h.account.ID.String() ||
		out["exp"] == nil || out["iat"] == nil || text(out, "token_type") != "Bearer" {
		t.Errorf("the access token: %d %v", status, out)
	}
	if _, out := look(got.RefreshToken, h.own()...); out["active"] != true || text(out, "token_type") != "refresh_token" {
		t.Errorf("the refresh token: %v", out)
	}
	for name, tc := range map[string]struct {
		raw string
		who []string
	}{
		"another client's":            {got.AccessToken, []string{other.ClientID, other.Secret.Reveal()}},
		"another client's refresh":    {got.RefreshToken, []string{other.ClientID, other.Secret.Reveal()}},
		"made up":                     {"grat_" + strings.Repeat("x", 46), h.own()},
		"cut":                         {got.AccessToken[:len(got.AccessToken)-1], h.own()},
		"a client secret":             {h.key.Secret.Reveal(), h.own()},
		"an id token":                 {got.Extra("id_token").(string), h.own()},
		"a refresh token with a flaw": {got.RefreshToken[:50] + "!", h.own()},
	} {
		if status, out := look(tc.raw, tc.who...); status != http.StatusOK || len(out) != 1 || out["active"] != false {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	if status, out := look(got.AccessToken); status != http.StatusUnauthorized {
		t.Errorf("by nobody: %d %v", status, out)
	}
	h.clock.Advance(2 * time.Hour)
	if _, out := look(got.AccessToken, h.own()...); len(out) != 1 || out["active"] != false {
		t.Errorf("expired: %v", out)
	}
}

// A26, O-39: revocation answers in JSON; the next call is refused; a refresh token
// takes its line along.
func TestA26_Revocation(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	_, other := h.Release(h.dev, h.team, "flags.read")
	revoke := func(raw string, who ...string) {
		t.Helper()
		status, head, out := h.post("/oauth/revoke", url.Values{"token": {raw}}, who...)
		if status != http.StatusOK || head.Get("Content-Type") != "application/json" || len(out) != 0 {
			t.Errorf("revoke: %d %v %v", status, head, out)
		}
	}
	got := h.token(h.config("flags.read", "flags.write"))
	revoke(got.AccessToken, other.ClientID, other.Secret.Reveal()) // not theirs: nothing happens
	revoke("grat_unknown", h.own()...)
	if !h.works(got.AccessToken) {
		t.Fatal("a stranger revoked it")
	}
	revoke(got.AccessToken, h.own()...)
	if h.works(got.AccessToken) {
		t.Error("the token is revoked and works")
	}
	status, out := h.refresh(got.RefreshToken)
	if status != http.StatusOK {
		t.Fatalf("the line lives on: %d %v", status, out)
	}
	revoke(text(out, "refresh_token"), h.own()...)
	if h.works(text(out, "access_token")) {
		t.Error("the access token outlives its line")
	}
	if status, _ := h.refresh(text(out, "refresh_token")); status != http.StatusBadRequest {
		t.Errorf("a revoked refresh token: %d", status)
	}
	if status, _, out := h.post("/oauth/revoke", url.Values{"token": {got.AccessToken}}); status != http.StatusUnauthorized {
		t.Errorf("by nobody: %d %v", status, out)
	}
}

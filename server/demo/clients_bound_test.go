package demo_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/guestright/guestright/server/demo"
)

// Must show 1: what golang.org/x/oauth2 and coreos/go-oidc have no calls for goes by
// their own parameters, addresses and hooks over plain HTTP, and both stay as they
// are published: pushed authorization requests, introspection, revocation and DPoP.
func TestXOAuth2AndGoOIDCWithPARAndDPoP(t *testing.T) {
	t.Parallel()
	g := start(t)
	p, mine, another := newPerson(t, g), newProver(t), newProver(t)
	ctx := oidc.ClientContext(t.Context(), &http.Client{Transport: mine}) // x/oauth2 takes it from there, too
	provider, err := oidc.NewProvider(ctx, g.Console)
	ok(t, err)
	var more struct {
		Push       string   `json:"pushed_authorization_request_endpoint"`
		Introspect string   `json:"introspection_endpoint"`
		Revoke     string   `json:"revocation_endpoint"`
		Proofs     []string `json:"dpop_signing_alg_values_supported"`
	}
	ok(t, provider.Claims(&more))
	if !strings.Contains(strings.Join(more.Proofs, " "), "ES256") {
		t.Errorf("proofs may be signed with %v", more.Proofs)
	}
	c := &oauth2.Config{ClientID: g.Client.ID, ClientSecret: g.Client.Secret, Endpoint: provider.Endpoint(), RedirectURL: callbackPort,
		Scopes: []string{oidc.ScopeOpenID, "flags.read", "projects.read", "flags.write"}}

	// RFC 9126: the parameters that x/oauth2 puts into the link, pushed instead.
	verifier := oauth2.GenerateVerifier()
	link, err := url.Parse(c.AuthCodeURL("a state", oauth2.S256ChallengeOption(verifier), oidc.Nonce("n-2")))
	ok(t, err)
	status, pushed := form(t, g, more.Push, link.Query())
	at, _ := pushed["request_uri"].(string)
	if status != http.StatusCreated || !strings.HasPrefix(at, "urn:ietf:params:oauth:request_uri:") {
		t.Fatalf("pushed: %d %v", status, pushed)
	}
	link.RawQuery = url.Values{"client_id": {c.ClientID}, "request_uri": {at}}.Encode()
	back := p.authorize(link.String())
	if back.Get("state") != "a state" || back.Get("iss") != g.Console {
		t.Fatalf("back with %v", back)
	}

	// RFC 9449: the transport proves the key, and what x/oauth2 gets is bound to it.
	got, err := c.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier))
	ok(t, err)
	if got.Type() != "DPoP" {
		t.Fatalf("a token of type %s", got.Type())
	}
	raw, _ := got.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: c.ClientID}).Verify(ctx, raw)
	ok(t, err)
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(got))
	ok(t, err)
	if id.Nonce != "n-2" || info.Subject != id.Subject {
		t.Errorf("%+v, %+v", id, info)
	}
	flags := g.Gateway + "/api/v1/accounts/" + g.Client.Account + "/projects/web-shop/flags"
	with := func(token *oauth2.Token, through http.RoundTripper) int {
		t.Helper()
		return called(t, c.Client(oidc.ClientContext(t.Context(), &http.Client{Transport: through}), token), flags)
	}
	for name, tc := range map[string]struct {
		through http.RoundTripper
		want    int
	}{"its own key": {mine, http.StatusOK}, "another key": {another, http.StatusUnauthorized}, "no proof": {http.DefaultTransport, http.StatusUnauthorized}} {
		if status := with(got, tc.through); status != tc.want {
			t.Errorf("a call with %s: %d", name, status)
		}
	}
	stale := *got
	stale.Expiry = time.Now().Add(-time.Minute) // so that the library refreshes
	fresh, err := c.TokenSource(ctx, &stale).Token()
	ok(t, err)
	if fresh.AccessToken == got.AccessToken || fresh.RefreshToken == got.RefreshToken || fresh.Type() != "DPoP" {
		t.Error("nothing was refreshed, or it is not bound any more")
	}
	if status := with(fresh, mine); status != http.StatusOK {
		t.Errorf("a call with the refreshed token: %d", status)
	}

	// RFC 7662 and RFC 7009.
	status, about := form(t, g, more.Introspect, url.Values{"token": {fresh.AccessToken}})
	bound, _ := about["cnf"].(map[string]any)
	if status != http.StatusOK || about["active"] != true || about["client_id"] != c.ClientID || about["token_type"] != "DPoP" || bound["jkt"] == "" || bound["jkt"] == nil {
		t.Errorf("introspection: %d %v", status, about)
	}
	if status, out := form(t, g, more.Revoke, url.Values{"token": {fresh.RefreshToken}, "token_type_hint": {"refresh_token"}}); status != http.StatusOK {
		t.Errorf("revocation: %d %v", status, out)
	}
	if status, about := form(t, g, more.Introspect, url.Values{"token": {fresh.AccessToken}}); status != http.StatusOK || about["active"] != false || len(about) != 1 {
		t.Errorf("introspection afterwards: %d %v", status, about)
	}
	if status := with(fresh, mine); status != http.StatusUnauthorized {
		t.Errorf("a call with what was revoked: %d", status)
	}
	stale = *fresh
	stale.Expiry = time.Now().Add(-time.Minute)
	if _, err := c.TokenSource(ctx, &stale).Token(); err == nil {
		t.Error("what was revoked is refreshed")
	}
}

// form posts to an endpoint of the authorization server as the client.
func form(t *testing.T, g demo.Guide, address string, values url.Values) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(values.Encode()))
	ok(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(g.Client.ID), url.QueryEscape(g.Client.Secret))
	res, err := http.DefaultClient.Do(r)
	ok(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	ok(t, err)
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatalf("%d %s", res.StatusCode, raw)
	}
	return res.StatusCode, out
}

// prover is a transport that proves a key with every request (RFC 9449 section 4),
// which is all that a library has to be given.
type prover struct{ signer jose.Signer }

func newProver(t *testing.T) *prover {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(t, err)
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	ok(t, err)
	return &prover{signer: s}
}

// RoundTrip implements http.RoundTripper.
func (p *prover) RoundTrip(r *http.Request) (*http.Response, error) {
	here := url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path}
	claims := map[string]any{"jti": rand.Text(), "htm": r.Method, "htu": here.String(), "iat": time.Now().Unix()}
	if token, found := strings.CutPrefix(r.Header.Get("Authorization"), "DPoP "); found {
		sum := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return nil, err
	}
	signed, err := p.signer.Sign(body)
	if err != nil {
		return nil, err
	}
	proof, err := signed.CompactSerialize()
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("DPoP", proof)
	return http.DefaultTransport.RoundTrip(r)
}

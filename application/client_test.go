package application_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// O-01 to O-10: equal byte for byte, but for the port of a loopback address.
func TestO01_RedirectsByteForByte(t *testing.T) {
	t.Parallel()
	c := application.Client{RedirectURIs: []string{"https://a.example/cb", "https://a.example/cb?x=1&y=2", "http://127.0.0.1/cb", "http://[::1]:8080/cb", "http://localhost:3000/cb?a=b", "com.example.app:/cb"}}
	for uri, want := range map[string]bool{
		"https://a.example/cb":                      true,
		"https://a.example/cb/":                     false, // O-01
		"https://a.example/CB":                      false,
		"https://a.example/cb?x=1":                  false, // O-03
		"https://a.example/cb?":                     false,
		"https://a.example/cb#":                     false,
		"https://a.example/%63b":                    false,
		"https://a.example/./cb":                    false,
		"https://A.example/cb":                      false,
		"HTTPS://a.example/cb":                      false,
		"https://a.example:443/cb":                  false, // the port is free on loopback only
		"https://a.example@evil.example/cb":         false, // O-05
		"https://evil.example/https://a.example/cb": false,
		"https://a.example.evil.example/cb":         false,
		"https://a.example/cb?x=1&y=2":              true,
		"https://a.example/cb?x=1&y=2&z=3":          false, // O-07
		"https://a.example/cb?y=2&x=1":              false,
		"http://a.example/cb":                       false,
		"http://127.0.0.1/cb":                       true,
		"http://127.0.0.1:51004/cb":                 true, // RFC 8252 section 7.3
		"http://127.0.0.1:0/cb":                     false,
		"http://127.0.0.1:65536/cb":                 false,
		"http://127.0.0.1:080/cb":                   false,
		"http://127.0.0.1:/cb":                      false,
		"http://127.0.0.1:80@evil.example/cb":       false,
		"http://127.0.0.1:80":                       false,
		"http://127.0.0.1.evil.example/cb":          false,
		"http://127.0.0.1:1/cb?x":                   false, // Fosite CVE-2020-15233
		"http://127.0.0.2:1/cb":                     false,
		"https://127.0.0.1:1/cb":                    false,
		"http://[::1]/cb":                           true,
		"http://[::1]:9/cb":                         true,
		"http://[0:0::1]:9/cb":                      false,
		"http://localhost:4000/cb?a=b":              true,
		"http://localhost:4000/cb?a=c":              false,
		"http://localhost.evil.example/cb?a=b":      false,
		"http://127.0.0.1:3000/cb?a=b":              false, // another name
		"com.example.app:/cb":                       true,
		"com.example.app:/cb2":                      false,
		"":                                          false,
	} {
		if got := c.Redirects(uri); got != want {
			t.Errorf("%q: %v", uri, got)
		}
	}
}

func findings(c application.Client) string {
	var out []string
	for _, f := range c.Check(func(u string) error {
		if !strings.HasPrefix(u, "https://") {
			return problem.Invalid("url_scheme", "https only")
		}
		return nil
	}) {
		out = append(out, f.Pointer+" "+f.Code)
	}
	return strings.Join(out, "; ")
}

// O-09 and the rest of what may be registered.
func TestO09_WhatMayBeRegistered(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"https://a.example/cb":                           "",
		"https://a.example":                              "",
		"https://a.example:8443/cb?x=1":                  "",
		"https://xn--bcher-kva.example/cb":               "",
		"http://localhost:3000/cb":                       "",
		"http://127.0.0.1/cb":                            "",
		"http://[::1]:7/cb":                              "",
		"javascript:alert(1)":                            "redirect_scheme",
		"javascript://a.example/%0aalert(1)":             "redirect_scheme",
		"data:text/html,x":                               "redirect_scheme",
		"vbscript:x":                                     "redirect_scheme",
		"file:///etc/passwd":                             "redirect_scheme",
		"JavaScript:alert(1)":                            "redirect_case",
		"http://a.example/cb":                            "redirect_scheme",
		"http://localhost.evil.example/cb":               "redirect_scheme",
		"http://127.0.0.1:99999/cb":                      "redirect_unreadable redirect_scheme redirect_port",
		"https://a.example/cb#x":                         "redirect_fragment",
		"https://a.example/cb#":                          "redirect_fragment",
		"https://ada@a.example/cb":                       "redirect_userinfo",
		"https://@a.example/cb":                          "redirect_userinfo",
		"https://*.a.example/cb":                         "redirect_wildcard",
		"https://a.example/*":                            "redirect_wildcard",
		"https://bücher.example/cb":                      "redirect_non_ascii",
		"https://a.example/ü":                            "redirect_non_ascii",
		"https://A.example/cb":                           "redirect_case",
		"https://a.example./cb":                          "redirect_host",
		"https://a%2eexample/cb":                         "redirect_unreadable redirect_host",
		"https:///cb":                                    "redirect_host",
		"https:a.example/cb":                             "redirect_host",
		"https://a.example/x/../cb":                      "redirect_path",
		"https://a.example/%2e%2e/cb":                    "redirect_path",
		"https://a.example\\@evil.example":               "redirect_unreadable",
		"https://a.example/c b":                          "redirect_unreadable",
		"https://a.example/cb\n":                         "redirect_unreadable",
		"/cb":                                            "redirect_relative",
		"a.example/cb":                                   "redirect_relative",
		"com.example.app:/cb":                            "redirect_scheme", // confidential
		"":                                               "required",
		"https://a.example/" + strings.Repeat("x", 2000): "too_long",
	} {
		c := application.Client{RedirectURIs: []string{uri}, AuthMethod: application.AuthBasic, TokenFormat: application.FormatOpaque}
		got := strings.TrimPrefix(findings(c), "/redirect_uris/0 ")
		if got != want && (got == "" || !strings.Contains(want, got)) {
			t.Errorf("%q: %q, want %q", uri, got, want)
		}
	}
	// A scheme of its own is for public native applications.
	for uri, want := range map[string]string{
		"com.example.app:/cb":       "",
		"com.example.app://host/cb": "",
		"http://127.0.0.1/cb":       "",
		"myapp:/cb":                 "redirect_scheme",
		"javascript:alert(1)":       "redirect_scheme",
		"com.example.app:cb":        "redirect_unreadable",
		"com.example.app:/a/../b":   "redirect_path",
		"com.example.app://a@b/cb":  "redirect_userinfo",
		"com.example.app:/cb#x":     "redirect_fragment",
	} {
		c := application.Client{RedirectURIs: []string{uri}, Public: true, Native: true, AuthMethod: application.AuthNone, TokenFormat: application.FormatOpaque}
		if got := strings.TrimPrefix(findings(c), "/redirect_uris/0 "); got != want {
			t.Errorf("native %q: %q, want %q", uri, got, want)
		}
	}
}

func keySet(t *testing.T, keys ...jose.JSONWebKey) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestClientSettings(t *testing.T) {
	t.Parallel()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// 1,024 bits, which Go does not make any more: only its length is looked at.
	small := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 1023, 1), E: 65537}
	good := jose.JSONWebKey{Key: ec.Public(), KeyID: "a", Use: "sig", Algorithm: "ES256"}
	for _, tc := range []struct {
		name   string
		change func(*application.Client)
		want   string
	}{
		{"the defaults", func(*application.Client) {}, ""},
		{"public", func(c *application.Client) { c.Public, c.AuthMethod = true, application.AuthNone }, ""},
		{"public with a secret", func(c *application.Client) { c.Public = true }, "/auth_method auth_method_public"},
		{"confidential without", func(c *application.Client) { c.AuthMethod = application.AuthNone }, "/auth_method auth_method_confidential"},
		{"native with a secret", func(c *application.Client) { c.Native = true }, "/native native_public"},
		{"no method", func(c *application.Client) { c.AuthMethod = "tls_client_auth" }, "/auth_method unknown"},
		{"no format", func(c *application.Client) { c.TokenFormat = "paseto" }, "/token_format unknown"},
		{"too many", func(c *application.Client) {
			for i := range 51 {
				c.RedirectURIs = append(c.RedirectURIs, "https://a.example/"+strings.Repeat("x", i))
			}
		}, "/redirect_uris too_many"},
		{"twice", func(c *application.Client) { c.RedirectURIs = []string{"https://a.example/", "https://a.example/"} }, "/redirect_uris/1 redirect_twice"},
		{"keys", func(c *application.Client) { c.AuthMethod, c.JWKS = application.AuthJWT, keySet(t, good) }, ""},
		{"keys elsewhere", func(c *application.Client) { c.AuthMethod, c.JWKSURI = application.AuthJWT, "https://a.example/jwks" }, ""},
		{"keys at http", func(c *application.Client) { c.AuthMethod, c.JWKSURI = application.AuthJWT, "http://a.example/jwks" }, "/jwks_uri url_scheme"},
		{"keys twice", func(c *application.Client) { c.JWKS, c.JWKSURI = keySet(t, good), "https://a.example/jwks" }, "/jwks jwks_twice"},
		{"no keys", func(c *application.Client) { c.AuthMethod = application.AuthJWT }, "/jwks required"},
		{"an empty set", func(c *application.Client) { c.JWKS = keySet(t) }, "/jwks jwks_count"},
		{"no set", func(c *application.Client) { c.JWKS = json.RawMessage(`[]`) }, "/jwks jwks_unreadable"},
		{"a private key", func(c *application.Client) { c.JWKS = keySet(t, jose.JSONWebKey{Key: ec, KeyID: "a"}) }, "/jwks/keys/0 jwks_private"},
		{"a symmetric key", func(c *application.Client) {
			c.JWKS = keySet(t, jose.JSONWebKey{Key: []byte("sixteen bytes ..."), KeyID: "a"})
		}, "/jwks/keys/0 jwks_private"},
		{"for encryption", func(c *application.Client) { c.JWKS = keySet(t, jose.JSONWebKey{Key: ec.Public(), Use: "enc"}) }, "/jwks/keys/0 jwks_use"},
		{"weak", func(c *application.Client) { c.JWKS = keySet(t, jose.JSONWebKey{Key: small}) }, "/jwks/keys/0 jwks_weak"},
		{"the same kid", func(c *application.Client) { c.JWKS = keySet(t, good, good) }, "/jwks/keys/1 jwks_kid"},
	} {
		c := application.Client{RedirectURIs: []string{}, AuthMethod: application.AuthBasic, TokenFormat: application.FormatOpaque}
		tc.change(&c)
		if got := findings(c); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestClientIsKeptAndNamed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		a := h.register()
		var touched []application.Aspect
		h.Touched = func(_ *store.Tx, _ access.Principal, _ application.Application, what application.Aspect) error {
			touched = append(touched, what)
			return nil
		}
		c, err := h.GetClient(ctx, h.ada, a.ID)
		if err != nil || c.AuthMethod != application.AuthBasic || len(c.RedirectURIs) != 0 || c.Revision != 0 {
			t.Fatalf("defaults: %+v %v", c, err)
		}
		uris, yes := []string{"https://a.example/cb", "http://127.0.0.1/cb"}, true
		if c, err = h.SetClient(ctx, h.ada, a.ID, application.ClientPatch{RedirectURIs: &uris, DPoPBound: &yes}); err != nil {
			t.Fatal(err)
		}
		format := application.FormatJWT
		if c, err = h.SetClient(ctx, h.ada, a.ID, application.ClientPatch{TokenFormat: &format}); err != nil {
			t.Fatal(err)
		}
		if len(c.RedirectURIs) != 2 || !c.DPoPBound || c.TokenFormat != application.FormatJWT || c.Revision != 2 {
			t.Errorf("kept: %+v", c)
		}
		// Becoming public takes the method with it, and back.
		no := false
		if c, err = h.SetClient(ctx, h.ada, a.ID, application.ClientPatch{Public: &yes}); err != nil || c.AuthMethod != application.AuthNone {
			t.Errorf("public: %+v %v", c, err)
		}
		if c, err = h.SetClient(ctx, h.ada, a.ID, application.ClientPatch{Public: &no}); err != nil || c.AuthMethod != application.AuthBasic {
			t.Errorf("confidential: %+v %v", c, err)
		}
		bad := []string{"javascript:alert(1)"}
		_, err = h.SetClient(ctx, h.ada, a.ID, application.ClientPatch{RedirectURIs: &bad})
		h.code("O-09", err, "client_invalid")
		if len(touched) != 1 || touched[0] != application.AspectRedirect {
			t.Errorf("verification heard of %v", touched)
		}
		_, err = h.SetClient(ctx, access.UserPrincipal("usr_eve", nil, nil), a.ID, application.ClientPatch{Public: &yes})
		h.code("a stranger", err, "not_found")

		key, err := h.CreateKey(ctx, h.ada, a.ID, application.KeyDraft{Label: "prod"})
		if err != nil {
			t.Fatal(err)
		}
		named := func(id string) error {
			return h.DB.Read(ctx, func(tx *store.Tx) error {
				got, c, err := h.ClientOf(tx, id)
				if err == nil && (got.ID != a.ID || len(c.RedirectURIs) != 2) {
					t.Errorf("%s names %v with %v", id, got.ID, c)
				}
				return err
			})
		}
		for _, id := range []string{key.ClientID, a.PublicID} {
			if err := named(id); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
		h.code("nobody", named("nobody"), "invalid_client")
		if _, err := h.RevokeKey(ctx, h.ada, key.ID); err != nil {
			t.Fatal(err)
		}
		h.code("a revoked key", named(key.ClientID), "invalid_client")
		if _, err := h.suspend(context.Background(), operator, a.ID, "abuse"); err != nil {
			t.Fatal(err)
		}
		h.code("a suspended application", named(a.PublicID), "application_suspended")
		n := 0
		for _, action := range h.actions() {
			if action == "application.client_update" {
				n++
			}
		}
		if n != 4 {
			t.Errorf("%d audit entries for 4 changes", n)
		}
	})
}

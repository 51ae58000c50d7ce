package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// Must show 1: golang.org/x/oauth2, unmodified: code with PKCE, refresh.
func TestCodeAndRefreshWithXOAuth2(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	c := h.config("flags.read", "flags.write")
	got := h.token(c)
	if got.TokenType != "Bearer" || !strings.HasPrefix(got.AccessToken, "grat_") || !strings.HasPrefix(got.RefreshToken, "grrt_") ||
		got.Extra("scope") != "flags.read flags.write" || got.Extra("account_id") != h.account.ID.String() || got.Extra("user_id") != h.person.User {
		t.Fatalf("%+v", got)
	}
	if !h.works(got.AccessToken) {
		t.Errorf("the gateway refuses the token: %s", h.Call(got.AccessToken, "GET", "/api/v1/accounts/harbour/projects/web-shop/flags", nil).Body)
	}
	h.clock.Advance(2 * time.Hour)
	got.Expiry = time.Now().Add(-time.Hour)
	next, err := c.TokenSource(h.http(), got).Token()
	if err != nil {
		t.Fatal(err)
	}
	if next.AccessToken == got.AccessToken || next.RefreshToken == got.RefreshToken || !h.works(next.AccessToken) || h.works(got.AccessToken) {
		t.Error("refresh did not bring a new pair")
	}
}

// O-11: a code used twice is refused, and what it had produced is dead.
func TestO11_CodeReuseEndsWhatItProduced(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	c, verifier := h.config("flags.read", "flags.write"), oauth2.GenerateVerifier()
	code := h.code(c, verifier)
	first, err := c.Exchange(h.http(), code, oauth2.VerifierOption(verifier))
	h.ok(err)
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	status, _, out := h.post("/oauth/token", form, h.own()...)
	if status != http.StatusBadRequest || text(out, "error") != "invalid_grant" {
		t.Fatalf("%d %v", status, out)
	}
	if h.works(first.AccessToken) {
		t.Error("the first access token lives")
	}
	if status, out := h.refresh(first.RefreshToken); status != http.StatusBadRequest || text(out, "error") != "invalid_grant" {
		t.Errorf("the first refresh token: %d %v", status, out)
	}
}

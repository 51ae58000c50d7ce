package oauth_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/secret"
)

const (
	exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange"
	accessType    = "urn:ietf:params:oauth:token-type:access_token"
)

func exchangeForm(subject string, more ...string) url.Values {
	form := url.Values{"grant_type": {exchangeGrant}, "subject_token": {subject}, "subject_token_type": {accessType}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
		if more[i+1] == "" {
			form.Del(more[i])
		}
	}
	return form
}

// exchange asks for a narrower token.
func (h *house) exchange(subject string, more ...string) (int, map[string]any) {
	h.T.Helper()
	status, _, out := h.post("/oauth/token", exchangeForm(subject, more...), h.own()...)
	return status, out
}

// O-43, RFC 8693: an exchange narrows scopes, resource and lifetime.
func TestO43_ExchangeNarrows(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	whole := h.token(h.config("openid", "flags.read", "flags.write"))
	status, got := h.exchange(whole.AccessToken, "scope", "flags.read", "expires_in", "60", "resource", h.Gateway, "account_id", "harbour")
	narrow := text(got, "access_token")
	if status != http.StatusOK || text(got, "scope") != "flags.read" || got["expires_in"] != 60.0 || text(got, "issued_token_type") != accessType ||
		text(got, "token_type") != "Bearer" || text(got, "refresh_token") != "" || text(got, "id_token") != "" {
		t.Fatalf("%d %v", status, got)
	}
	_, _, seen := h.post("/oauth/introspect", url.Values{"token": {narrow}}, h.own()...)
	if seen["active"] != true || seen["scope"] != "flags.read" || seen["sub"] != h.person.User || seen["aud"] != h.Gateway {
		t.Errorf("introspection: %v", seen)
	}
	if !h.works(narrow) {
		t.Error("the narrow token does not work")
	}
	if a := h.Call(narrow, http.MethodPost, flagsOf, nil); a.Status != http.StatusForbidden || a.Code() != "scope_missing" {
		t.Errorf("the narrow token writes: %d %s", a.Status, a.Body)
	}
	h.clock.Advance(time.Minute)
	if h.works(narrow) || !h.works(whole.AccessToken) {
		t.Error("after a minute the narrow token works, or the whole one does not")
	}
	// As long as the subject token at most.
	h.clock.Advance(58 * time.Minute)
	if _, got := h.exchange(whole.AccessToken, "expires_in", "86400"); got["expires_in"] != 60.0 {
		t.Errorf("a minute before its end: %v", got)
	}
	// A JWT when it asks for one.
	if _, got := h.exchange(h.Token(h.key, "harbour"), "requested_token_type", "urn:ietf:params:oauth:token-type:jwt", "scope", "flags.read"); text(got, "issued_token_type") != "urn:ietf:params:oauth:token-type:jwt" {
		t.Errorf("a JWT: %v", got)
	} else if _, claims := h.readToken(text(got, "access_token")); claims["scope"] != "flags.read" || !h.works(text(got, "access_token")) {
		t.Errorf("a JWT: %v", claims)
	}
}

// O-43: an exchange never widens, and never acts for somebody else.
func TestO43_ExchangeNeverWidens(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	tok := h.token(h.config("openid", "flags.read", "flags.write"))
	whole := tok.AccessToken
	_, got := h.exchange(whole, "scope", "flags.read")
	narrow := text(got, "access_token")
	idToken, _ := tok.Extra("id_token").(string)
	_, otherKey := h.Release(h.dev, h.team, "flags.read")
	for name, tc := range map[string]struct {
		form url.Values
		want string
	}{
		"a scope back":               {exchangeForm(narrow, "scope", "flags.read flags.write"), "invalid_scope"},
		"openid back":                {exchangeForm(narrow, "scope", "openid"), "invalid_scope"},
		"a scope never had":          {exchangeForm(whole, "scope", "flags.read members.read"), "invalid_scope"},
		"another resource":           {exchangeForm(whole, "resource", "https://other.example"), "invalid_target"},
		"another audience":           {exchangeForm(whole, "audience", "https://other.example"), "invalid_target"},
		"another account":            {exchangeForm(whole, "account_id", "elsewhere"), "invalid_target"},
		"an actor":                   {exchangeForm(whole, "actor_token", whole, "actor_token_type", accessType), "invalid_request"},
		"an actor's type alone":      {exchangeForm(whole, "actor_token_type", accessType), "invalid_request"},
		"a refresh token":            {exchangeForm(tok.RefreshToken), "invalid_request"},
		"a refresh token, by type":   {exchangeForm(tok.RefreshToken, "subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token"), "invalid_request"},
		"an id token":                {exchangeForm(idToken), "invalid_request"},
		"an id token, by type":       {exchangeForm(idToken, "subject_token_type", "urn:ietf:params:oauth:token-type:id_token"), "invalid_request"},
		"a SAML assertion":           {exchangeForm("PHNhbWw+", "subject_token_type", "urn:ietf:params:oauth:token-type:saml2"), "invalid_request"},
		"no subject token":           {exchangeForm(""), "invalid_request"},
		"no type":                    {exchangeForm(whole, "subject_token_type", ""), "invalid_request"},
		"garbage":                    {exchangeForm(whole[:len(whole)-1]), "invalid_request"},
		"a refresh token wanted":     {exchangeForm(whole, "requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"), "invalid_request"},
		"a life of nothing":          {exchangeForm(whole, "expires_in", "0"), "invalid_request"},
		"a life before now":          {exchangeForm(whole, "expires_in", "-1"), "invalid_request"},
		"a life that is no number":   {exchangeForm(whole, "expires_in", "1e9"), "invalid_request"},
		"somebody else's subject":    {exchangeForm(whole, "scope", "flags.read"), "invalid_request"},
		"a secret as subject":        {exchangeForm(secret.Generate(secret.AccessToken).Reveal()), "invalid_request"},
		"a may_act that nobody sees": {exchangeForm(idToken, "subject_token_type", "urn:ietf:params:oauth:token-type:jwt"), "invalid_request"},
	} {
		who := h.own()
		if name == "somebody else's subject" {
			who = []string{otherKey.ClientID, otherKey.Secret.Reveal()}
		}
		status, _, out := h.post("/oauth/token", tc.form, who...)
		if status != http.StatusBadRequest || text(out, "error") != tc.want || text(out, "access_token") != "" {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	if status, _, out := h.post("/oauth/token", exchangeForm(whole)); status != http.StatusUnauthorized {
		t.Errorf("by nobody: %d %v", status, out)
	}
}

// What was exchanged ends with what it came from, and what was exchanged for that;
// the other way round nothing ends.
func TestExchangedTokensEndWithTheirOrigin(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(h *house, access, refresh, middle string){
		"the token": func(h *house, access, _, _ string) {
			h.post("/oauth/revoke", url.Values{"token": {access}}, h.own()...)
		},
		"the refresh token": func(h *house, _, refresh, _ string) {
			h.post("/oauth/revoke", url.Values{"token": {refresh}}, h.own()...)
		},
		"the one in the middle": func(h *house, _, _, middle string) {
			h.post("/oauth/revoke", url.Values{"token": {middle}}, h.own()...)
		},
		"the key of the first": func(h *house, _, _, _ string) {
			_, err := h.Applications.RevokeKey(h.T.Context(), h.dev, h.key.ID)
			h.ok(err)
		},
	} {
		h := newHouse(t, options{})
		tok := h.token(h.config("flags.read", "flags.write"))
		second, err := h.Applications.CreateKey(t.Context(), h.dev, h.app.ID, application.KeyDraft{Label: "second"})
		h.ok(err)
		_, _, got := h.post("/oauth/token", exchangeForm(tok.AccessToken), second.ClientID, second.Secret.Reveal())
		middle := text(got, "access_token")
		_, got = h.exchange(middle, "scope", "flags.read")
		last := text(got, "access_token")
		if !h.works(tok.AccessToken) || !h.works(middle) || !h.works(last) {
			t.Fatalf("%s: they do not work before", name)
		}
		end(h, tok.AccessToken, tok.RefreshToken, middle)
		if first := h.works(tok.AccessToken); first != (name == "the one in the middle") || h.works(middle) || h.works(last) {
			t.Errorf("%s ended: first works: %t, middle: %t, last: %t", name, first, h.works(middle), h.works(last))
		}
	}
}

// An exchange keeps a token's key, and may bind one that had none.
func TestExchangeKeepsTheKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	me, thief := newHolder(t), newHolder(t)
	token := h.URL + "/oauth/token"
	_, got := h.prove("/oauth/token", url.Values{"grant_type": {"client_credentials"}, "account_id": {"harbour"}}, me.proof("POST", token, "", h.DB.Now()), h.own()...)
	bound := text(got, "access_token")
	if status, out := h.exchange(bound, "scope", "flags.read"); status != http.StatusBadRequest || text(out, "error") != "invalid_dpop_proof" {
		t.Errorf("without a proof: %d %v", status, out)
	}
	if status, out := h.prove("/oauth/token", exchangeForm(bound), thief.proof("POST", token, "", h.DB.Now()), h.own()...); status != http.StatusBadRequest || text(out, "error") != "invalid_dpop_proof" {
		t.Errorf("by another key: %d %v", status, out)
	}
	if status, out := h.prove("/oauth/token", exchangeForm(bound), me.proof("POST", token, "", h.DB.Now()), h.own()...); status != http.StatusOK || text(out, "token_type") != "DPoP" {
		t.Errorf("by its key: %d %v", status, out)
	}
	if status, out := h.prove("/oauth/token", exchangeForm(h.Token(h.key, "harbour")), me.proof("POST", token, "", h.DB.Now()), h.own()...); status != http.StatusOK || text(out, "token_type") != "DPoP" {
		t.Errorf("a key for one without: %d %v", status, out)
	}
}

package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/server"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// poll asks as the device does.
func (h *house) poll(code string, who ...string) (int, map[string]any) {
	h.T.Helper()
	status, _, out := h.post("/oauth/token", url.Values{"grant_type": {deviceGrant}, "device_code": {code}}, who...)
	return status, out
}

// begin starts a device.
func (h *house) begin(scopes string) (device, user string) {
	h.T.Helper()
	status, head, out := h.post("/oauth/device", url.Values{"scope": {scopes}}, h.own()...)
	if status != http.StatusOK || head.Get("Cache-Control") != "no-store" {
		h.T.Fatalf("%d %v", status, out)
	}
	return text(out, "device_code"), text(out, "user_code")
}

// enter types the code and decides.
func (h *house) enter(user string, d authorization.Decision) {
	h.T.Helper()
	id, err := h.Authority.Enter(h.T.Context(), h.person, user)
	h.ok(err)
	d.Account, d.Authenticated = h.account.ID.String(), h.DB.Now()
	to, err := h.Authority.Decide(h.T.Context(), h.person, id, d)
	h.ok(err)
	if to != "" {
		h.T.Errorf("a device's person is sent to %s", to)
	}
}

// RFC 8628 with golang.org/x/oauth2, unmodified: begin, type the code, approve,
// poll.
func TestDeviceFlow(t *testing.T) {
	t.Parallel()
	yes := true // that client authenticates at the token endpoint only, against RFC 8628 section 3.1
	h := newHouse(t, options{real: true, change: fastDevices, client: application.ClientPatch{Public: &yes}})
	c := h.config("openid", "flags.read", "flags.write")
	c.ClientID, c.ClientSecret = h.app.PublicID, ""
	c.Endpoint.DeviceAuthURL = h.URL + "/oauth/device"
	d, err := c.DeviceAuth(h.http())
	h.ok(err)
	if d.VerificationURI != h.URL+"/device" || !strings.HasPrefix(d.VerificationURIComplete, h.URL+"/device?user_code="+d.UserCode[:4]) || d.Interval != 1 {
		t.Errorf("%+v", d)
	}
	h.enter(strings.ToLower(strings.ReplaceAll(d.UserCode, "-", " ")), authorization.Decision{Approve: true, Scopes: []string{"flags.read", "flags.write"}})
	ctx, stop := context.WithTimeout(h.http(), 30*time.Second)
	defer stop()
	tok, err := c.DeviceAccessToken(ctx, d)
	h.ok(err)
	if a := h.Call(tok.AccessToken, http.MethodGet, flagsOf, nil); a.Status == http.StatusUnauthorized || tok.Extra("id_token") == nil || tok.RefreshToken == "" {
		t.Errorf("%d %s %v", a.Status, a.Body, tok)
	}
	var refused *oauth2.RetrieveError
	if _, err := c.DeviceAccessToken(ctx, d); !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" {
		t.Errorf("a second time: %v", err)
	}
	if status, _, out := h.post("/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tok.RefreshToken}, "client_id": {c.ClientID}}); status != http.StatusOK {
		t.Errorf("refresh: %d %v", status, out)
	}
}

// What a device hears in the course of time, and what its code is bound to.
func TestDevicePolling(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	_, otherKey := h.Release(h.dev, h.team, "flags.read")
	hears := func(name, code, want string, who ...string) {
		t.Helper()
		if who == nil {
			who = h.own()
		}
		if status, out := h.poll(code, who...); status != http.StatusBadRequest || text(out, "error") != want {
			t.Errorf("%s: %d %v", name, status, out)
		}
	}
	device, user := h.begin("flags.read flags.write")
	hears("at once", device, "authorization_pending")
	hears("again at once", device, "slow_down")
	h.clock.Advance(6 * time.Second)
	hears("sooner than it was told", device, "slow_down")
	h.clock.Advance(16 * time.Second)
	hears("when it was told", device, "authorization_pending")
	hears("a code of nobody", "x", "invalid_grant")
	hears("no code", "", "invalid_grant")
	hears("the user code", user, "invalid_grant")
	hears("another application", device, "invalid_grant", otherKey.ClientID, otherKey.Secret.Reveal())
	h.enter(user, authorization.Decision{})
	hears("after a no", device, "access_denied")
	if _, err := h.Authority.Enter(t.Context(), h.person, user); problem.CodeOf(err) != "user_code_wrong" {
		t.Errorf("typing a code that was decided: %v", err)
	}
	device, user = h.begin("flags.read flags.write")
	h.clock.Advance(10 * time.Minute)
	hears("after its life", device, "expired_token")
	if _, err := h.Authority.Enter(t.Context(), h.person, user); problem.CodeOf(err) != "user_code_wrong" {
		t.Errorf("typing a code that has expired: %v", err)
	}
	// Asked for as in a browser: by the version's scopes.
	for scopes, want := range map[string]string{"flags.read": "invalid_scope", "flags.read flags.write moon.walk": "invalid_scope"} {
		if status, _, out := h.post("/oauth/device", url.Values{"scope": {scopes}}, h.own()...); status != http.StatusBadRequest || text(out, "error") != want {
			t.Errorf("%s: %d %v", scopes, status, out)
		}
	}
	if status, _, _ := h.post("/oauth/device", url.Values{"client_id": {h.key.ClientID}}); status != http.StatusUnauthorized {
		t.Errorf("a confidential client by its name: %d", status)
	}
	yes := true
	h.client(application.ClientPatch{Public: &yes})
	_, _, out := h.post("/oauth/device", url.Values{"client_id": {h.app.PublicID}})
	h.enter(text(out, "user_code"), authorization.Decision{Approve: true, Scopes: []string{"flags.read", "flags.write"}})
	if status, _, got := h.post("/oauth/token", url.Values{"grant_type": {deviceGrant}, "device_code": {text(out, "device_code")}, "client_id": {h.app.PublicID}}); status != http.StatusOK || !h.works(text(got, "access_token")) {
		t.Errorf("a public client: %d %v", status, got)
	}
}

// RFC 8628 section 5.1: who guesses user codes is slowed down, and nobody else;
// what can't be a code costs nothing.
func TestUserCodesCannotBeGuessed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	for range 20 {
		if _, err := h.Authority.Enter(t.Context(), h.person, "no code"); problem.CodeOf(err) != "user_code_wrong" {
			t.Fatalf("a typo: %v", err)
		}
	}
	slowed := 0
	for range 20 {
		_, err := h.Authority.Enter(t.Context(), h.person, "BCDF-GHJK")
		if e := problem.Of(err); e.Code == "too_many_attempts" && e.After > 0 {
			slowed++
		} else if e.Code != "user_code_wrong" {
			t.Fatalf("a guess: %v", err)
		}
	}
	if slowed < 10 {
		t.Errorf("only %d of 20 guesses were slowed down", slowed)
	}
	_, user := h.begin("flags.read flags.write")
	if _, err := h.Authority.Enter(t.Context(), h.person, user); problem.CodeOf(err) != "too_many_attempts" {
		t.Errorf("a right guess in between tells: %v", err)
	}
	colleague := h.member("bob@harbour.example")
	if _, err := h.Authority.Enter(t.Context(), colleague, user); err != nil {
		t.Errorf("a colleague: %v", err)
	}
	if _, err := h.Authority.Enter(t.Context(), access.Principal{}, user); problem.CodeOf(err) != "not_a_person" {
		t.Errorf("nobody: %v", err)
	}
	h.clock.Advance(2 * time.Hour)
	_, user = h.begin("flags.read flags.write")
	if _, err := h.Authority.Enter(t.Context(), h.person, user); err != nil {
		t.Errorf("later: %v", err)
	}
}

// Of twenty polls at once after the approval one gets tokens.
func TestParallelPolls(t *testing.T) {
	t.Parallel()
	each(t, nil, func(t *testing.T, h *house) {
		device, user := h.begin("flags.read flags.write")
		h.enter(user, authorization.Decision{Approve: true, Scopes: []string{"flags.read", "flags.write"}})
		won := 0
		for _, out := range h.together(url.Values{"grant_type": {deviceGrant}, "device_code": {device}}) {
			if text(out, "access_token") != "" {
				won++
			} else if got := text(out, "error"); got != "invalid_grant" && got != "authorization_pending" {
				t.Errorf("a loser hears %v", out)
			}
		}
		if won != 1 {
			t.Errorf("%d of %d succeeded", won, parallel)
		}
	})
}

// A device that has proven a key gets tokens for that key only.
func TestDeviceIsBoundToItsKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	me, thief := newHolder(t), newHolder(t)
	_, out := h.prove("/oauth/device", url.Values{}, me.proof("POST", h.URL+"/oauth/device", "", h.DB.Now()), h.own()...)
	h.enter(text(out, "user_code"), authorization.Decision{Approve: true, Scopes: []string{"flags.read", "flags.write"}})
	form := url.Values{"grant_type": {deviceGrant}, "device_code": {text(out, "device_code")}}
	if status, got := h.prove("/oauth/token", form, thief.proof("POST", h.URL+"/oauth/token", "", h.DB.Now()), h.own()...); status != http.StatusBadRequest || text(got, "error") != "invalid_grant" {
		t.Errorf("another key: %d %v", status, got)
	}
	if status, got := h.prove("/oauth/token", form, me.proof("POST", h.URL+"/oauth/token", "", h.DB.Now()), h.own()...); status != http.StatusOK || text(got, "token_type") != "DPoP" {
		t.Errorf("its key: %d %v", status, got)
	}
	if secret.AccessToken.Is(text(out, "device_code")) {
		t.Error("a device code looks like a token")
	}
}

func fastDevices(c *server.Config) { c.Tokens.DevicePoll = server.Duration(time.Second) }

package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/dpop"
	"github.com/guestright/guestright/server"
)

// proofWith makes a proof with a nonce.
func (p *holder) proofWith(nonce, method, address, token string, at time.Time) string {
	p.n++
	claims := map[string]any{"jti": nonce + "/" + strings.Repeat("i", p.n), "htm": method, "htu": address, "iat": at.Unix(), "nonce": nonce}
	if token != "" {
		claims["ath"] = dpop.Hash(token)
	}
	body, _ := json.Marshal(claims)
	signed, err := p.signer.Sign(body)
	if err != nil {
		panic(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return raw
}

// RFC 9449 sections 8 and 9: where the operator wants nonces, a proof without one,
// with an old or with a made-up one is answered with the nonce to use, at the token
// endpoint, at userinfo and at the gateway.
func TestDPoPNonces(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{change: func(c *server.Config) { c.Tokens.Nonce = true }})
	me, address := newHolder(t), h.URL+"/oauth/token"
	ask := func(proof string) (int, string, map[string]any) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(url.Values{"grant_type": {"client_credentials"}, "account_id": {"harbour"}}.Encode()))
		h.ok(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(h.key.ClientID, h.key.Secret.Reveal())
		if proof != "" {
			r.Header.Set("DPoP", proof)
		}
		status, head, body := h.send(r)
		out := map[string]any{}
		h.ok(json.Unmarshal([]byte(body), &out))
		return status, head.Get("DPoP-Nonce"), out
	}
	status, nonce, out := ask(me.proof("POST", address, "", h.DB.Now()))
	if status != http.StatusBadRequest || text(out, "error") != "use_dpop_nonce" || nonce == "" {
		t.Fatalf("without a nonce: %d %v, given %q", status, out, nonce)
	}
	if status, _, out := ask(me.proofWith("made-up", "POST", address, "", h.DB.Now())); status != http.StatusBadRequest || text(out, "error") != "use_dpop_nonce" {
		t.Errorf("a nonce that is not ours: %d %v", status, out)
	}
	status, again, out := ask(me.proofWith(nonce, "POST", address, "", h.DB.Now()))
	raw := text(out, "access_token")
	if status != http.StatusOK || raw == "" || again != nonce {
		t.Fatalf("with the nonce: %d %v", status, out)
	}
	if status, nonce, out := ask(""); status != http.StatusOK || nonce != "" {
		t.Errorf("a client that proves nothing: %d %v %q", status, out, nonce)
	}
	call := func(proof string) (int, string, http.Header) {
		a := h.Call("", http.MethodGet, flagsOf, func(r *http.Request) {
			r.Header.Set("Authorization", "DPoP "+raw)
			r.Header.Set("DPoP", proof)
		})
		return a.Status, a.Code(), a.Header
	}
	here := h.Gateway + flagsOf
	_, code, head := call(me.proof("GET", here, raw, h.DB.Now()))
	if code != "use_dpop_nonce" || head.Get("DPoP-Nonce") != nonce || !strings.Contains(head.Get("WWW-Authenticate"), `error="use_dpop_nonce"`) {
		t.Errorf("the gateway without a nonce: %s %v", code, head)
	}
	if _, code, _ := call(me.proofWith(nonce, "GET", here, raw, h.DB.Now())); code != "identity_invalid" { // it reached the product
		t.Errorf("the gateway with the nonce: %s", code)
	}
	h.clock.Advance(2 * time.Minute)
	if _, code, _ := call(me.proofWith(nonce, "GET", here, raw, h.DB.Now())); code != "identity_invalid" {
		t.Errorf("the nonce before the present one: %s", code)
	}
	h.clock.Advance(2 * time.Minute)
	if _, code, head := call(me.proofWith(nonce, "GET", here, raw, h.DB.Now())); code != "use_dpop_nonce" || head.Get("DPoP-Nonce") == nonce {
		t.Errorf("an old nonce: %s %v", code, head)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/oauth/installation", nil)
	h.ok(err)
	r.Header.Set("Authorization", "DPoP "+raw)
	r.Header.Set("DPoP", me.proof("GET", h.URL+"/oauth/installation", raw, h.DB.Now()))
	status, got, _ := h.send(r)
	if status != http.StatusUnauthorized || got.Get("DPoP-Nonce") == "" || !strings.Contains(got.Get("WWW-Authenticate"), `error="use_dpop_nonce"`) {
		t.Errorf("our own endpoint: %d %v", status, got)
	}
	r.Header.Set("DPoP", me.proofWith(got.Get("DPoP-Nonce"), "GET", h.URL+"/oauth/installation", raw, h.DB.Now()))
	if status, _, body := h.send(r); status != http.StatusOK {
		t.Errorf("our own endpoint with the nonce: %d %s", status, body)
	}
}

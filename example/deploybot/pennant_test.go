package deploybot_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/guestright/guestright/client/identity"
	"github.com/guestright/guestright/client/identity/identitytest"
	"github.com/guestright/guestright/example/deploybot"
	"github.com/guestright/guestright/example/pennant"
)

// TestAgainstPennant runs the bot against the real Pennant. In between stands the little of Guestright that is needed:
// a token endpoint, and a proxy that puts a signed identity in place of the token.
func TestAgainstPennant(t *testing.T) {
	t.Parallel()
	signer := identitytest.New(t)
	product, err := pennant.New(pennant.Config{
		Dir: t.TempDir(), Issuer: signer.Issuer, Audience: signer.Audience, JWKSURL: signer.JWKSURL(), HookSecret: "a-secret-of-the-hooks",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := product.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(product.Handler())
	t.Cleanup(func() {
		upstream.Close()
		_ = product.Close()
	})
	address, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(address)
		r.Out.Header.Del("Authorization")
		r.Out.Header.Set(identity.Header, signer.Sign(identity.Identity{
			Account: pennant.HarbourBooks, Subject: "usr-idris", Actor: "integration", Application: "app_1", Scopes: []string{"flags.write"},
		}))
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/oauth/token":
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "t", "token_type": "Bearer", "expires_in": 60})
		case r.Header.Get("Authorization") != "Bearer t":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)

	var out strings.Builder
	c := deploybot.Config{
		TokenURL: front.URL + "/oauth/token", ClientID: "key-1", ClientSecret: secret, APIURL: front.URL,
		AccountKey: pennant.HarbourBooks, Project: "web-shop", Flag: "one-page-checkout", Out: &out,
	}
	if err := deploybot.Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "Turned one-page-checkout on in production, version 2.") {
		t.Errorf("said\n%s", out.String())
	}
	c.AccountKey = pennant.AlderClinic
	if err := deploybot.Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "not_found") {
		t.Errorf("in another account: %v", err)
	}
}

package oauth_test

import (
	"slices"
	"testing"

	"github.com/guestright/guestright/application"
)

// The developer's page about signing people in: findings beside the fields, and
// each kind of client as it is registered.
func TestSignInSettingsByThePage(t *testing.T) {
	b := newBoard(t)
	b.colleague("dana@deploybot.test")
	v := b.visitor()
	path := "/applications/" + b.board.ID.String() + "/sign-in"
	page := v.signIn(v.open("/sign-in?next="+path), "dana@deploybot.test").says(t, "Redirect URIs", b.URL+"/oauth/authorize", "Issuer")
	v.send(page, path, "redirect_uris", "http://board.example/callback", "kind", "confidential", "auth_method", "private_key_jwt", "token_format", "jwt").
		says(t, "Plain http is for 127.0.0.1", "Give the public keys")
	save := func(fields ...string) application.Client {
		t.Helper()
		done := v.send(v.open(path), path, fields...)
		v.open(done.Header.Get("Location")).says(t, "Saved.")
		c, err := b.Applications.GetClient(t.Context(), b.dev, b.board.ID)
		b.ok(err)
		return c
	}
	c := save("redirect_uris", "com.example.board:/callback\r\nhttp://127.0.0.1/callback\r\n", "kind", "device", "auth_method", "client_secret_basic", "token_format", "jwt", "dpop", "on")
	if !c.Public || !c.Native || c.AuthMethod != application.AuthNone || !c.DPoPBound || c.TokenFormat != application.FormatJWT || !slices.Equal(c.RedirectURIs, []string{"com.example.board:/callback", "http://127.0.0.1/callback"}) {
		t.Errorf("on devices: %+v", c)
	}
	c = save("redirect_uris", "https://deploybot.example/callback", "kind", "confidential", "auth_method", "client_secret_post", "token_format", "opaque")
	if c.Public || c.Native || c.AuthMethod != application.AuthPost || c.DPoPBound || c.TokenFormat != application.FormatOpaque || len(c.RedirectURIs) != 1 {
		t.Errorf("on a server: %+v", c)
	}
}

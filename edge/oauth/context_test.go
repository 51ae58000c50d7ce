package oauth_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/server"
	"github.com/guestright/guestright/server/servertest"
)

// H48: who looks at an application's page is told by a JWT that an ordinary
// library checks with the published keys; expired, for another audience or changed
// it is refused, and it is no id token and opens nothing.
func TestH48_SignedUserContext(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	ctx := oidc.ClientContext(t.Context(), h.Client)
	got, err := h.Authority.UserContext(t.Context(), h.person, h.ins.ID, authorization.Looking{Nonce: "n-0123456789"})
	h.ok(err)
	provider, err := oidc.NewProvider(ctx, h.URL)
	h.ok(err)
	verify := func(audience, raw string) (map[string]any, error) {
		id, err := provider.Verifier(&oidc.Config{ClientID: audience, Now: h.clock.Now}).Verify(ctx, raw)
		if err != nil {
			return nil, err
		}
		claims := map[string]any{}
		return claims, id.Claims(&claims)
	}
	c, err := verify("user-context:"+h.app.PublicID, got.Token)
	h.ok(err)
	if c["sub"] != h.person.User || c["nonce"] != "n-0123456789" || c["account"] != "harbour" || c["account_id"] != h.account.ID.String() || c["role"] != "member" ||
		c["installation"] != h.ins.ID.String() || c["application"] != h.app.PublicID || c["email"] != nil || c["name"] != nil {
		t.Errorf("%v", c)
	}
	if got.Audience != "user-context:"+h.app.PublicID {
		t.Errorf("%+v", got)
	}
	for name, audience := range map[string]string{"another application": "user-context:other", "an id token's": h.app.PublicID, "a key's": h.key.ClientID} {
		if _, err := verify(audience, got.Token); err == nil {
			t.Errorf("it passes for %s", name)
		}
	}
	if _, err := verify(got.Audience, got.Token[:len(got.Token)-4]+"AAAA"); err == nil {
		t.Error("it passes with another signature")
	}
	if h.works(got.Token) {
		t.Error("it opens the gateway")
	}
	h.clock.Advance(61 * time.Second)
	if _, err := verify(got.Audience, got.Token); err == nil {
		t.Error("it passes after a minute")
	}
}

// H48: a context is given to members about themselves, to the product about
// members, and to nobody else; not where the installation is stopped.
func TestH48_WhoGetsAUserContext(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	product := access.Principal{Kind: access.KindProduct, Token: "pk"}
	strangerAdmin, _ := h.Customer("elsewhere", account.Production)
	nonce := "n-0123456789"
	for name, tc := range map[string]struct {
		by   access.Principal
		in   authorization.Looking
		want string
	}{
		"a member":                        {h.person, authorization.Looking{Nonce: nonce}, ""},
		"an administrator":                {h.admin, authorization.Looking{Nonce: nonce}, ""},
		"a member naming another":         {h.person, authorization.Looking{Nonce: nonce, User: h.admin.User}, ""}, // about themselves
		"the product":                     {product, authorization.Looking{Nonce: nonce, User: h.person.User}, ""},
		"the product, nobody":             {product, authorization.Looking{Nonce: nonce}, "user_required"},
		"the product, a stranger":         {product, authorization.Looking{Nonce: nonce, User: strangerAdmin.User}, "not_found"},
		"the product, somebody not there": {product, authorization.Looking{Nonce: nonce, User: "u-404"}, "not_found"},
		"an administrator of elsewhere":   {strangerAdmin, authorization.Looking{Nonce: nonce}, "not_found"},
		"the developer":                   {h.dev, authorization.Looking{Nonce: nonce}, "not_found"},
		"nobody":                          {access.Principal{}, authorization.Looking{Nonce: nonce}, "not_found"},
		"a short nonce":                   {h.person, authorization.Looking{Nonce: "1"}, "nonce_invalid"},
		"a nonce with a line break":       {h.person, authorization.Looking{Nonce: "0123456789\n"}, "nonce_invalid"},
	} {
		got, err := h.Authority.UserContext(t.Context(), tc.by, h.ins.ID, tc.in)
		if problem.CodeOf(err) != tc.want || (tc.want == "") != (got.Token != "") {
			t.Errorf("%s: %v %+v", name, err, got)
		}
		if name == "a member naming another" {
			if _, c := h.readContext(got.Token); c["sub"] != h.person.User {
				t.Errorf("%s: %v", name, c)
			}
		}
	}
	if _, err := h.Authority.UserContext(t.Context(), h.person, ident.New[integration.Installation](h.DB.Now()), authorization.Looking{Nonce: nonce}); problem.CodeOf(err) != "not_found" {
		t.Errorf("an installation that is not there: %v", err)
	}
	_, err := h.Integrations.Remove(t.Context(), h.admin, h.ins.ID, "No longer needed.")
	h.ok(err)
	if _, err := h.Authority.UserContext(t.Context(), h.person, h.ins.ID, authorization.Looking{Nonce: nonce}); err == nil {
		t.Error("a context for an installation that was removed")
	}
}

// readContext reads a user context with the published keys.
func (h *house) readContext(raw string) (string, map[string]any) {
	h.T.Helper()
	head, claims := h.readToken(raw)
	typ, _ := head.ExtraHeaders["typ"].(string)
	return typ, claims
}

// H22: what an application learns about who installed it depends on the level of
// the account and on what the token's scopes reveal.
func TestH22_InstallerDetails(t *testing.T) {
	t.Parallel()
	cat := servertest.PennantCatalog(t, "http://127.0.0.1:9", func(f *catalog.File) {
		sc := f.Scopes["flags.write"]
		sc.Reveals = []string{"name", "email"}
		f.Scopes["flags.write"] = sc
	})
	h := newHouse(t, options{Options: servertest.Options{Catalog: cat}})
	_, err := h.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "pier", Name: "Pier", Parent: "harbour"})
	h.ok(err)
	child, err := h.Accounts.Put(t.Context(), access.System("test"), account.Draft{Key: "pier", Name: "Pier", Parent: "harbour"})
	h.ok(err)
	admin := access.UserPrincipal(h.admin.User, nil, map[string]string{child.ID.String(): access.AccountAdmin})
	_, err = h.Integrations.Install(t.Context(), admin, child.ID, integration.Order{ApplicationID: h.app.PublicID})
	h.ok(err)
	details := func(raw string) (int, map[string]any) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/oauth/installation", nil)
		h.ok(err)
		r.Header.Set("Authorization", "Bearer "+raw)
		status, _, body := h.send(r)
		out := map[string]any{}
		h.ok(json.Unmarshal([]byte(body), &out))
		return status, out
	}
	whole := h.Token(h.key, "harbour")
	_, narrow := h.exchange(whole, "scope", "flags.read")
	for name, tc := range map[string]struct {
		raw, level string
		email      any
	}{
		"account level, a scope that reveals":    {whole, "account", "admin@harbour.example"},
		"account level, a scope that does not":   {text(narrow, "access_token"), "account", nil},
		"child level, though the scope reveals":  {h.Token(h.key, "pier"), "child", nil},
		"a person's token, a scope that reveals": {h.token(h.config("flags.read", "flags.write")).AccessToken, "account", "admin@harbour.example"},
	} {
		status, got := details(tc.raw)
		owner, _ := got["owner"].(map[string]any)
		email, told := owner["email"]
		if status != http.StatusOK || got["level"] != tc.level || got["application_id"] != h.app.PublicID || got["installation_id"] == "" || !told || email != tc.email || (owner["name"] == nil) != (tc.email == nil) {
			t.Errorf("%s: %d %v", name, status, got)
		}
	}
	if status, got := details("grat_x"); status != http.StatusUnauthorized {
		t.Errorf("garbage: %d %v", status, got)
	}
}

// H18: lifetimes go down to one second, and a change of them is seen in the next
// token only.
func TestH18_LifetimesShowInTheNextToken(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	db, keys := storetest.Open(t, clock), servertest.Keys(t)
	first := newHouse(t, options{Options: servertest.Options{DB: db, Keys: keys}})
	first.clock = clock
	before := first.token(first.config("flags.read", "flags.write"))
	cfg := func(c *server.Config) {
		c.Tokens.Access, c.Tokens.Refresh, c.Tokens.Code = server.Duration(time.Second), server.Duration(2*time.Second), server.Duration(time.Second)
	}
	// The same platform started again with other lifetimes.
	second := *first
	second.House = servertest.Start(t, servertest.Options{DB: db, Keys: keys, Clock: clock, Change: cfg})
	after := second.token(second.config("flags.read", "flags.write"))
	if got := after.Extra("expires_in"); got != 1.0 {
		t.Errorf("the next token lives for %v s", got)
	}
	if !second.works(after.AccessToken) || !second.works(before.AccessToken) {
		t.Error("they do not work at once")
	}
	clock.Advance(time.Second)
	if second.works(after.AccessToken) || !second.works(before.AccessToken) {
		t.Error("after a second: the new one works, or the one from before the change does not")
	}
	clock.Advance(time.Second)
	if status, out := second.refresh(after.RefreshToken); status != http.StatusBadRequest || text(out, "error") != "invalid_grant" {
		t.Errorf("the new refresh token after two seconds: %d %v", status, out)
	}
	if status, out := second.refresh(before.RefreshToken); status != http.StatusOK || out["expires_in"] != 1.0 {
		t.Errorf("the old refresh token: %d %v", status, out)
	}
}

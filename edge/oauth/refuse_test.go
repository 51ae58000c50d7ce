package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
)

// authorizeURL is a good request with changes; "" takes a parameter away.
func (h *house) authorizeURL(change ...string) string {
	q := url.Values{"client_id": {h.key.ClientID}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"flags.read flags.write"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier())}, "code_challenge_method": {"S256"}, "state": {"xyz"}}
	for i := 0; i+1 < len(change); i += 2 {
		q.Set(change[i], change[i+1])
		if change[i+1] == "" {
			q.Del(change[i])
		}
	}
	return h.URL + "/oauth/authorize?" + q.Encode()
}

// O-01 to O-10: a wrong client or redirect stays on an error page.
func TestO01_WrongRedirectsStayOnAPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{client: application.ClientPatch{RedirectURIs: &[]string{callback, "https://deploybot.example/other?x=1", "http://127.0.0.1/cb"}}})
	for name, address := range map[string]string{
		"O-01 trailing slash":     h.authorizeURL("redirect_uri", callback+"/"),
		"O-03 added query":        h.authorizeURL("redirect_uri", callback+"?x=1"),
		"O-05 userinfo":           h.authorizeURL("redirect_uri", "https://deploybot.example@evil.example/callback"),
		"O-07 query of another":   h.authorizeURL("redirect_uri", "https://deploybot.example/other?x=1&y=2"),
		"other case":              h.authorizeURL("redirect_uri", "https://Deploybot.example/callback"),
		"other scheme":            h.authorizeURL("redirect_uri", "http://deploybot.example/callback"),
		"a fragment":              h.authorizeURL("redirect_uri", callback+"#x"),
		"encoded":                 h.authorizeURL("redirect_uri", "https://deploybot.example/%63allback"),
		"none of several":         h.authorizeURL("redirect_uri", ""),
		"loopback, other path":    h.authorizeURL("redirect_uri", "http://127.0.0.1:4000/cb2"),
		"loopback, another name":  h.authorizeURL("redirect_uri", "http://localhost:4000/cb"),
		"O-09 a script":           h.authorizeURL("redirect_uri", "javascript:alert(1)"),
		"unknown client":          h.authorizeURL("client_id", "00000000-0000-4000-8000-000000000000"),
		"no client":               h.authorizeURL("client_id", ""),
		"two clients (O-33)":      h.authorizeURL() + "&client_id=other",
		"two redirects (O-33)":    h.authorizeURL() + "&redirect_uri=https%3A%2F%2Fevil.example",
		"two states (O-33)":       h.authorizeURL() + "&state=b",
		"long state (O-35)":       h.authorizeURL("state", strings.Repeat("s", 12<<10)),
		"no query at all":         h.URL + "/oauth/authorize",
		"a request_uri elsewhere": h.authorizeURL("request_uri", "https://evil.example/request.jwt"),
	} {
		status, head, body := h.get(address)
		if status != http.StatusBadRequest || head.Get("Location") != "" || !strings.Contains(head.Get("Content-Type"), "text/html") ||
			!strings.Contains(head.Get("Content-Security-Policy"), "frame-ancestors 'none'") || strings.Contains(body, "evil.example") {
			t.Errorf("%s: %d %s %.200s", name, status, head.Get("Location"), body)
		}
	}
	for _, port := range []string{"", ":4000", ":65535"} { // RFC 8252 section 7.3
		h.request(h.authorizeURL("redirect_uri", "http://127.0.0.1"+port+"/cb"))
	}
	// O-09: such an address cannot even be registered.
	for _, uri := range []string{"javascript:alert(1)", "data:text/html,x", "https://a.example/cb#f", "http://a.example/cb", "https://*.example/cb"} {
		_, err := h.Applications.SetClient(t.Context(), h.dev, h.app.ID, application.ClientPatch{RedirectURIs: &[]string{uri}})
		if problem.CodeOf(err) != "client_invalid" {
			t.Errorf("registering %s: %v", uri, err)
		}
	}
}

// Errors of which the client may hear go to its redirect, with state and iss
// (RFC 6749 section 4.1.2.1, RFC 9207).
func TestErrorsByRedirect(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	for name, tc := range map[string]struct{ address, want string }{
		"O-19, A27: no challenge":        {h.authorizeURL("code_challenge", "", "code_challenge_method", ""), "invalid_request"},
		"A27: plain":                     {h.authorizeURL("code_challenge_method", "plain"), "invalid_request"},
		"O-31: token":                    {h.authorizeURL("response_type", "token"), "unsupported_response_type"},
		"O-31: id_token":                 {h.authorizeURL("response_type", "id_token"), "unsupported_response_type"},
		"O-31: code id_token":            {h.authorizeURL("response_type", "code id_token"), "unsupported_response_type"},
		"O-33: two scopes parameters":    {h.authorizeURL() + "&scope=flags.read", "invalid_request"},
		"O-33: a stranger twice":         {h.authorizeURL() + "&a=1&a=1", "invalid_request"},
		"A28: fewer than required":       {h.authorizeURL("scope", "flags.read"), "invalid_scope"},
		"a scope of nobody":              {h.authorizeURL("scope", "flags.read flags.write moon.walk"), "invalid_scope"},
		"another resource (RFC 8707)":    {h.authorizeURL("resource", "https://other.example"), "invalid_target"},
		"a request object":               {h.authorizeURL("request", "e30.e30."), "request_not_supported"},
		"nobody signed in, prompt=none":  {h.authorizeURL("prompt", "none"), "login_required"},
		"prompt=none beside another":     {h.authorizeURL("prompt", "none login"), "invalid_request"},
		"response_mode that has no page": {h.authorizeURL("response_mode", "fragment"), "invalid_request"},
	} {
		status, head, body := h.get(tc.address)
		to, err := url.Parse(head.Get("Location"))
		if err != nil || status != http.StatusSeeOther || !strings.HasPrefix(head.Get("Location"), callback+"?") {
			t.Errorf("%s: %d %s %.200s", name, status, head.Get("Location"), body)
			continue
		}
		q := to.Query()
		if q.Get("error") != tc.want || q.Get("state") != "xyz" || q.Get("iss") != h.URL || q.Has("code") {
			t.Errorf("%s: %s", name, to)
		}
		if strings.HasPrefix(name, "A28") && !strings.Contains(q.Get("error_description"), "flags.write") {
			t.Errorf("%s does not name what is missing: %s", name, to)
		}
	}
}

// O-35: 4 kB of state come back intact; the request may also be posted.
func TestO35_StateComesBackIntact(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	state := strings.Repeat("ä&=?#%+ ", 455) + "s" // 4,096 bytes
	u := h.approve(h.request(h.authorizeURL("state", state)))
	if got := u.Query().Get("state"); got != state {
		t.Errorf("state of %d bytes came back with %d", len(state), len(got))
	}
	whole, err := url.Parse(h.authorizeURL("state", state))
	h.ok(err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/oauth/authorize", strings.NewReader(whole.RawQuery))
	h.ok(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, head, body := h.send(r); status != http.StatusSeeOther || !strings.HasPrefix(head.Get("Location"), "/consent?request=") {
		t.Errorf("POST: %d %s %s", status, head.Get("Location"), body)
	}
	r, err = http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/oauth/authorize", strings.NewReader(whole.RawQuery+"&state2="+strings.Repeat("s", 64<<10)))
	h.ok(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, head, _ := h.send(r); status != http.StatusBadRequest || head.Get("Location") != "" {
		t.Errorf("64 kB: %d %s", status, head.Get("Location"))
	}
}

// What the token endpoint refuses, and how it says so.
func TestTokenRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	c, verifier := h.config("flags.read", "flags.write"), oauth2.GenerateVerifier()
	code := h.code(c, verifier)
	redeem := func(change ...string) url.Values {
		form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
		for i := 0; i+1 < len(change); i += 2 {
			form.Set(change[i], change[i+1])
			if change[i+1] == "" {
				form.Del(change[i])
			}
		}
		return form
	}
	twice := redeem()
	twice.Add("code", code)
	_, other := h.Release(h.dev, h.team, "flags.read")
	stranger := []string{other.ClientID, other.Secret.Reveal()}
	for name, tc := range map[string]struct {
		form   url.Values
		who    []string
		status int
		want   string
	}{
		"O-15 another redirect":        {redeem("redirect_uri", callback+"/"), h.own(), 400, "invalid_grant"},
		"O-15 no redirect":             {redeem("redirect_uri", ""), h.own(), 400, "invalid_grant"},
		"wrong verifier":               {redeem("code_verifier", oauth2.GenerateVerifier()), h.own(), 400, "invalid_grant"},
		"no verifier":                  {redeem("code_verifier", ""), h.own(), 400, "invalid_grant"},
		"another client's code":        {redeem(), stranger, 400, "invalid_grant"},
		"no code":                      {redeem("code", ""), h.own(), 400, "invalid_grant"},
		"a made-up code":               {redeem("code", "x"), h.own(), 400, "invalid_grant"},
		"O-33 code twice":              {twice, h.own(), 400, "invalid_request"},
		"O-29 Basic and form":          {redeem("client_secret", h.key.Secret.Reveal()), h.own(), 400, "invalid_request"},
		"O-29 Basic and another name":  {redeem("client_id", other.ClientID), h.own(), 400, "invalid_request"},
		"A30 wrong secret":             {redeem(), []string{h.key.ClientID, other.Secret.Reveal()}, 401, "invalid_client"},
		"no secret for a confidential": {redeem("client_id", h.key.ClientID), nil, 401, "invalid_client"},
		"nobody":                       {redeem(), nil, 401, "invalid_client"},
		"password grant":               {url.Values{"grant_type": {"password"}, "username": {"a"}, "password": {"b"}}, h.own(), 400, "unsupported_grant_type"},
		"implicit grant":               {url.Values{"grant_type": {"implicit"}}, h.own(), 400, "unsupported_grant_type"},
		"no grant":                     {url.Values{}, h.own(), 400, "invalid_request"},
		"an access token as a refresh": {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"grat_x"}}, h.own(), 400, "invalid_grant"},
		"refresh of nothing":           {url.Values{"grant_type": {"refresh_token"}}, h.own(), 400, "invalid_grant"},
	} {
		status, head, out := h.post("/oauth/token", tc.form, tc.who...)
		if status != tc.status || text(out, "error") != tc.want || text(out, "error_description") == "" || text(out, "code") == "" {
			t.Errorf("%s: %d %v", name, status, out)
		}
		if head.Get("Cache-Control") != "no-store" || head.Get("Content-Type") != "application/json" || (status == 401 && len(tc.who) == 2) != (head.Get("WWW-Authenticate") != "") {
			t.Errorf("%s: headers %v", name, head)
		}
	}
	// None of that has burnt the code.
	status, head, out := h.post("/oauth/token", redeem(), h.own()...)
	if status != http.StatusOK || head.Get("Cache-Control") != "no-store" { // O-41
		t.Errorf("after all that: %d %v", status, out)
	}
	// T-05: a refresh token opens nothing at the gateway.
	if h.works(text(out, "refresh_token")) {
		t.Error("the gateway takes a refresh token")
	}
}

// A client names itself in the form beside Basic, as pushed requests make it, and
// encodes each part of Basic more thoroughly than it had to (RFC 6749 section 2.3.1).
func TestBasicAndTheSameNameInTheForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	encoded := strings.ReplaceAll(h.key.ClientID, "-", "%2D")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/oauth/token",
		strings.NewReader(url.Values{"grant_type": {"client_credentials"}, "client_id": {h.key.ClientID}, "account_id": {"harbour"}}.Encode()))
	h.ok(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(encoded, strings.ReplaceAll(h.key.Secret.Reveal(), "_", "%5F"))
	if status, _, body := h.send(r); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
}

package demo_test

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/server/demo"
)

const callbackPort = "http://127.0.0.1:9000/callback" // nobody listens there: the person stops before it

// Must show 1 of the OAuth server: npm oauth4webapi, as it is published, through
// everything that it and we can do.
func TestOAuth4WebAPIRunsUnmodified(t *testing.T) {
	t.Parallel()
	node, npm := testenv.Tool(t, "node", "nodejs"), testenv.Tool(t, "npm")
	g := start(t)
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "flow.mjs", "person.mjs"} {
		raw, err := os.ReadFile(filepath.Join("../../example/oauth4webapi", name))
		ok(t, err)
		ok(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	run := func(tool string, args ...string) []byte {
		cmd := exec.CommandContext(t.Context(), tool, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "ISSUER="+g.Console, "GATEWAY="+g.Gateway, "CLIENT_ID="+g.Client.ID, "CLIENT_SECRET="+g.Client.Secret,
			"REDIRECT_URI="+callbackPort, "ACCOUNT="+g.Client.Account)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", tool, args, err, out)
		}
		return out
	}
	run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error") // checks the package against the lock's hash
	if out := run(node, "flow.mjs"); !bytes.Contains(out, []byte("Everything works.")) {
		t.Errorf("%s", out)
	}
}

// Must show 1: golang.org/x/oauth2 with coreos/go-oidc, unmodified, against the demo.
func TestXOAuth2AndGoOIDCRunUnmodified(t *testing.T) {
	t.Parallel()
	g := start(t)
	p := newPerson(t, g)
	ctx := t.Context()
	provider, err := oidc.NewProvider(ctx, g.Console)
	ok(t, err)
	c := &oauth2.Config{ClientID: g.Client.ID, ClientSecret: g.Client.Secret, Endpoint: provider.Endpoint(), RedirectURL: callbackPort,
		Scopes: []string{oidc.ScopeOpenID, "email", "flags.read", "projects.read", "flags.write"}}

	verifier := oauth2.GenerateVerifier()
	back := p.authorize(c.AuthCodeURL("a state", oauth2.S256ChallengeOption(verifier), oidc.Nonce("n-1")))
	if back.Get("state") != "a state" || back.Get("iss") != g.Console {
		t.Fatalf("back with %v", back)
	}
	got, err := c.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier))
	ok(t, err)
	raw, _ := got.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: c.ClientID}).Verify(ctx, raw)
	ok(t, err)
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(got))
	ok(t, err)
	if id.Nonce != "n-1" || info.Subject != id.Subject || info.Email != p.email {
		t.Errorf("%+v, %+v", id, info)
	}
	flags := g.Gateway + "/api/v1/accounts/" + g.Client.Account + "/projects/web-shop/flags"
	if status := called(t, c.Client(ctx, got), flags); status != http.StatusOK {
		t.Errorf("a call with the token: %d", status)
	}
	stale := *got
	stale.Expiry = time.Now().Add(-time.Minute) // so that the library refreshes
	fresh, err := c.TokenSource(ctx, &stale).Token()
	ok(t, err)
	if fresh.AccessToken == got.AccessToken || fresh.RefreshToken == got.RefreshToken {
		t.Error("nothing was refreshed")
	}
	// The person's role lets them look only, whatever was agreed to.
	r, err := http.NewRequestWithContext(ctx, http.MethodDelete, flags+"/one-page-checkout", nil)
	ok(t, err)
	res, err := c.Client(ctx, fresh).Do(r)
	ok(t, err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a viewer's token deletes a flag: %d", res.StatusCode)
	}

	own := clientcredentials.Config{ClientID: c.ClientID, ClientSecret: c.ClientSecret, TokenURL: c.Endpoint.TokenURL, EndpointParams: url.Values{"account_id": {g.Client.Account}}}
	if status := called(t, own.Client(ctx), flags); status != http.StatusOK {
		t.Errorf("with client credentials: %d", status)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func called(t *testing.T, c *http.Client, address string) int {
	t.Helper()
	res, err := c.Get(address)
	ok(t, err)
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// person is the demo's end user with a browser without script.
type person struct {
	t               *testing.T
	home            string
	email, password string
	http            *http.Client
}

func newPerson(t *testing.T, g demo.Guide) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	ok(t, err)
	p := &person{t: t, home: g.Console, http: &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), g.Console) {
			return http.ErrUseLastResponse
		}
		return nil
	}}}
	at := slices.IndexFunc(g.People, func(s demo.SignIn) bool { return s.Who == "end user" })
	p.email, p.password = g.People[at].Email, g.People[at].Password
	return p
}

// authorize follows an application's link, signs in and approves.
func (p *person) authorize(link string) url.Values {
	p.t.Helper()
	page := p.send(p.get(link), "/sign-in", "email", p.email, "password", p.password)
	for strings.Contains(page.body, "still setting the application up") { // the page says when to look again
		select {
		case <-time.After(time.Second):
		case <-p.t.Context().Done():
			p.t.Fatal("the installation is never ready")
		}
		page = p.get(page.at)
	}
	account := regexp.MustCompile(`name="account" value="([^"]*)"`).FindStringSubmatch(page.body)
	if account == nil {
		p.t.Fatalf("no account to choose at %s:\n%s", page.at, page.body)
	}
	done := p.send(page, "/consent", "account", account[1], "scope", "flags.write", "answer", "approve")
	to, err := url.Parse(done.to)
	ok(p.t, err)
	return to.Query()
}

// sheet is a page as it came.
type sheet struct{ at, body, to string }

func (p *person) get(address string) sheet {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, address, nil)
	ok(p.t, err)
	return p.do(r)
}

func (p *person) do(r *http.Request) sheet {
	p.t.Helper()
	res, err := p.http.Do(r)
	ok(p.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ok(p.t, err)
	return sheet{at: res.Request.URL.String(), body: string(body), to: res.Header.Get("Location")}
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// send fills in the form of a page that posts to action.
func (p *person) send(page sheet, action string, fields ...string) sheet {
	p.t.Helper()
	_, form, found := strings.Cut(page.body, `action="`+action+`"`)
	if !found {
		p.t.Fatalf("no form to %s at %s", action, page.at)
	}
	form, _, _ = strings.Cut(form, "</form>")
	values := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(form, -1) {
		values.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.home+action, strings.NewReader(values.Encode()))
	ok(p.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.do(r)
}

package oauth_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/release"
)

const password = "violet otter 7 teacups"

// board is a platform with an application whose people sign in through the pages:
// Flag Board, which needs flags.read, would like more, and receives the answer at a
// listener of its own.
type board struct {
	*house
	back    *httptest.Server // where people are sent back to
	board   application.Application
	boardID string // of its client
	secret  string
	in      integration.Installation
}

func newBoard(t *testing.T) *board {
	t.Helper()
	b := &board{house: newHouse(t, options{})}
	b.back = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>Flag Board</title><h1>Back at Flag Board</h1>")
	}))
	t.Cleanup(b.back.Close)
	ctx := t.Context()
	var err error
	b.board, err = b.Applications.Register(ctx, b.dev, b.team.ID.String(), application.Draft{Name: "Flag Board <i>&amp;", Description: "Shows flags on a board.",
		Domains: []string{"deploybot.example"}, Homepage: "https://deploybot.example/board", Support: "help@deploybot.example"})
	b.ok(err)
	_, err = b.Applications.SetClient(ctx, b.dev, b.board.ID, application.ClientPatch{RedirectURIs: &[]string{"http://127.0.0.1/callback"}})
	b.ok(err)
	b.publish("1.0.0", []release.Request{{Scope: "flags.read", Purpose: "Shows your flags <script>alert(1)</script> on the board."}},
		[]release.Request{{Scope: "flags.write", Purpose: "Switches a flag from the board."}, {Scope: "projects.write", Purpose: "Makes a project for a new board."}})
	key, err := b.Applications.CreateKey(ctx, b.dev, b.board.ID, application.KeyDraft{Label: "board"})
	b.ok(err)
	b.boardID, b.secret = key.ClientID, key.Secret.Reveal()
	b.review()
	b.in, err = b.Integrations.Install(ctx, b.admin, b.account.ID, integration.Order{ApplicationID: b.board.PublicID, Delegation: "consent",
		Scopes: []string{"flags.read", "flags.write", "projects.write"}})
	b.ok(err)
	return b
}

func (b *board) publish(number string, required, optional []release.Request) release.Version {
	b.T.Helper()
	v, err := b.Releases.Draft(b.T.Context(), b.dev, b.board.ID, release.Content{Number: number, Delegation: "consent", Notes: "New in " + number + ".", Required: required, Optional: optional})
	b.ok(err)
	v, err = b.Releases.Publish(b.T.Context(), b.dev, v.ID)
	b.ok(err)
	return v
}

func (b *board) review() {
	b.T.Helper()
	got, err := b.Releases.Submit(b.T.Context(), b.dev, b.board.ID, release.Statement{Privacy: "https://deploybot.example/privacy", Security: "security@deploybot.example", Data: "Nothing is kept."})
	b.ok(err)
	_, err = b.Releases.Decide(b.T.Context(), access.Operator("usr_reviewer"), b.board.ID, release.Decision{Verify: true, Revision: got.Revision})
	b.ok(err)
}

// enrol makes somebody who can sign in by the form.
func (b *board) enrol(email, name string) string {
	b.T.Helper()
	u, err := b.Identity.Enrol(b.T.Context(), access.System("test"), identity.Newcomer{Email: email, Name: name, Password: secret.New(password)})
	b.ok(err)
	return u.ID.String()
}

func (b *board) join(a account.Account, user, role string) {
	b.T.Helper()
	b.ok(b.DB.Write(b.T.Context(), func(tx *store.Tx) error {
		return b.Accounts.SetMember(tx, access.System("test"), account.Member{Account: a.ID.String(), User: user, Role: role})
	}))
}

// config is an unmodified client of golang.org/x/oauth2.
func (b *board) config(scopes ...string) *oauth2.Config {
	return &oauth2.Config{ClientID: b.boardID, ClientSecret: b.secret, RedirectURL: b.back.URL + "/callback", Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: b.URL + "/oauth/authorize", TokenURL: b.URL + "/oauth/token"}}
}

// link is where the application sends people.
func (b *board) link(verifier string, scopes ...string) string {
	return b.config(scopes...).AuthCodeURL("a state", oauth2.S256ChallengeOption(verifier))
}

// visitor is a browser without script.
type visitor struct {
	b    *board
	http *http.Client
}

func (b *board) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	b.ok(err)
	return &visitor{b: b, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// shown is a page that a visitor got.
type shown struct {
	*http.Response
	body string
}

func (v *visitor) do(r *http.Request) shown {
	v.b.T.Helper()
	res, err := v.http.Do(r)
	v.b.ok(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	v.b.ok(err)
	return shown{res, string(body)}
}

// open loads an address and follows redirects within the house.
func (v *visitor) open(address string) shown {
	v.b.T.Helper()
	for range 10 {
		if strings.HasPrefix(address, "/") {
			address = v.b.URL + address
		}
		r, err := http.NewRequestWithContext(v.b.T.Context(), http.MethodGet, address, nil)
		v.b.ok(err)
		got := v.do(r)
		to := got.Header.Get("Location")
		if to == "" || strings.HasPrefix(to, "http") && !strings.HasPrefix(to, v.b.URL) {
			return got
		}
		address = to
	}
	v.b.T.Fatalf("%s leads round and round", address)
	return shown{}
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// send fills in the form of a page that posts to action, hidden fields as they are,
// and sends it.
func (v *visitor) send(page shown, action string, fields ...string) shown {
	v.b.T.Helper()
	_, form, found := strings.Cut(page.body, `action="`+action+`"`)
	if !found {
		v.b.T.Fatalf("no form to %s on\n%s", action, page.text())
	}
	form, _, _ = strings.Cut(form, "</form>")
	values := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(form, -1) {
		values.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(v.b.T.Context(), http.MethodPost, v.b.URL+action, strings.NewReader(values.Encode()))
	v.b.ok(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(r)
}

// signIn fills in the sign-in form and goes where it leads.
func (v *visitor) signIn(page shown, email string) shown {
	v.b.T.Helper()
	got := v.send(page, "/sign-in", "email", email, "password", password)
	if got.Header.Get("Location") == "" {
		v.b.T.Fatalf("sign-in: %d %s", got.StatusCode, got.text())
	}
	return v.open(got.Header.Get("Location"))
}

var markup = regexp.MustCompile(`(?s)<(script|style|svg)\b.*?</(script|style|svg)>|<[^>]*>`)

// text is what a reader sees, roughly.
func (s shown) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(markup.ReplaceAllString(s.body, " "))), " ")
}

func (s shown) says(t testing.TB, words ...string) shown {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(s.text(), w) {
			t.Errorf("%s (%d) does not say %q:\n%s", s.Request.URL.Path, s.StatusCode, w, s.text())
		}
	}
	return s
}

// answer reads what the person takes back to the application.
func (s shown) answer(b *board) url.Values {
	b.T.Helper()
	to, err := url.Parse(s.Header.Get("Location"))
	if err != nil || s.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to.String(), b.back.URL+"/callback?") {
		b.T.Fatalf("the page answers %d to %q, not back to the application:\n%s", s.StatusCode, s.Header.Get("Location"), s.text())
	}
	q := to.Query()
	if q.Get("state") != "a state" || q.Get("iss") != b.URL {
		b.T.Errorf("the answer: %s", to)
	}
	return q
}

// scopes are those that a code is exchanged for.
func (b *board) scopes(code, verifier string) []string {
	b.T.Helper()
	t, err := b.config().Exchange(b.http(), code, oauth2.VerifierOption(verifier))
	b.ok(err)
	got := strings.Fields(t.Extra("scope").(string)) //nolint:errcheck,forcetypeassert // a test
	slices.Sort(got)
	return got
}

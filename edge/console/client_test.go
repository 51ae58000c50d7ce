package console_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/secret"
)

// client is somebody's browser without a script, as far as HTTP goes.
type client struct {
	t     *testing.T
	house *house
	http  *http.Client
	user  string
	email string
	token string
}

// guest is a browser in which nobody is signed in.
func (h *house) guest() *client {
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	return &client{t: h.t, house: h, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (h *house) client(st identity.Started) *client {
	c := h.guest()
	c.user, c.email = st.User.ID.String(), st.User.Email
	c.take(st)
	return c
}

func (c *client) take(st identity.Started) {
	c.token = st.Token.Reveal()
	at, err := url.Parse(c.house.URL)
	must(c.t, err)
	c.http.Jar.SetCookies(at, []*http.Cookie{c.house.Identity.Cookie(st.Token)})
}

// again signs the person in anew, as after a change of roles that ends sessions.
func (c *client) again() {
	c.t.Helper()
	st, err := c.house.Identity.SignIn(c.t.Context(), identity.SignIn{Email: c.email, Password: secret.New(pass)}, identity.Visit{})
	must(c.t, err)
	c.take(st)
}

// answer is what came back.
type answer struct {
	*http.Response
	body string
	path string // that was asked
}

func (c *client) do(r *http.Request) answer {
	c.t.Helper()
	res, err := c.http.Do(r)
	must(c.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(c.t, err)
	return answer{Response: res, body: string(b), path: r.URL.Path}
}

func (c *client) get(path string) answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.house.URL+path, nil)
	must(c.t, err)
	return c.do(r)
}

var tokenForm = regexp.MustCompile(`name="form_token" value="([^"]*)"`)

// formToken takes the token out of the form that posts to action.
func (a answer) formToken(action string) (string, error) {
	_, rest, found := strings.Cut(a.body, `action="`+html.EscapeString(action)+`"`)
	if !found {
		return "", errNoForm
	}
	m := tokenForm.FindStringSubmatch(rest)
	if m == nil {
		return "", errNoForm
	}
	return html.UnescapeString(m[1]), nil
}

// submit loads a page, fills in the form that posts to action and sends it as a browser would.
func (c *client) submit(on, action string, fields ...string) answer {
	c.t.Helper()
	page := c.get(on)
	token, err := page.formToken(action)
	if err != nil {
		c.t.Fatalf("%s on %s (%d): %v\n%s", action, on, page.StatusCode, err, page.text())
	}
	return c.post(action, append(fields, "form_token", token)...)
}

// post sends a form from a page of the console's own.
func (c *client) post(path string, fields ...string) answer {
	c.t.Helper()
	r := c.request(path, fields...)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", c.house.URL)
	return c.do(r)
}

func (c *client) request(path string, fields ...string) *http.Request {
	c.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.house.URL+path, strings.NewReader(form.Encode()))
	must(c.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// to is where a redirect leads.
func (a answer) to() string { return a.Header.Get("Location") }

var tags = regexp.MustCompile(`(?s)<(script|style|svg)\b.*?</(script|style|svg)>|<[^>]*>`)

// text is what a reader sees, roughly.
func (a answer) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(a.body, " "))), " ")
}

// has fails unless the page says all of the words.
func (a answer) has(t *testing.T, words ...string) answer {
	t.Helper()
	text := a.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s (%d) does not say %q:\n%s", a.path, a.StatusCode, w, text)
		}
	}
	return a
}

// led fails unless the answer redirects to a path that begins so, and returns where.
func (a answer) led(t *testing.T, prefix string) string {
	t.Helper()
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.to(), prefix) {
		t.Fatalf("%s answers %d to %q, want 303 to %s\n%s", a.path, a.StatusCode, a.to(), prefix, a.text())
	}
	return a.to()
}

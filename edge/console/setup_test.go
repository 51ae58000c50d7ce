package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/guestright/guestright/edge/page/pagetest"
)

// The first page of a new platform, as its operator meets it: what went wrong stands at its field, and the
// right secret leads to the overview.
func TestSetUpInTheBrowser(t *testing.T) {
	h := newHouse(t)
	raw, _, err := h.Identity.SetupSecret(t.Context())
	must(t, err)
	b := h.browser(nil)
	b.Goto(h.URL + "/setup")
	b.Look("setup")
	b.Fill("#f-secret", "not the secret")
	b.Fill("#f-name", "Olive Operator")
	b.Fill("#f-email", "olive@pennant.example")
	b.Fill("#f-password", pass)
	b.Follow("main form [type=submit]")
	if got := b.Text("#f-secret-error"); !strings.Contains(got, "does not open the set-up") {
		t.Errorf("the secret's field says %q", got)
	}
	if kept := pagetest.Eval[string](b, "['secret', 'name', 'email', 'password'].map((n) => document.getElementById('f-' + n).value).join('|')"); kept != "|Olive Operator|olive@pennant.example|" {
		t.Errorf("kept %q", kept)
	}
	b.Look("setup-refused")
	b.Fill("#f-secret", raw.Reveal())
	b.Fill("#f-password", pass)
	b.Press(kb.Enter)
	b.Wait("#content .stats")
	if b.URL() != h.URL+"/operator" || !strings.Contains(b.Text("#content"), "set up the platform and became its first operator") {
		t.Errorf("led to %s: %s", b.URL(), b.Text("#content"))
	}
	b.Sound()
	b.Goto(h.URL + "/setup")
	if b.URL() != h.URL+"/operator" {
		t.Errorf("who is signed in meets %s", b.URL())
	}
}

// The first operator is made with the secret that the server printed, once.
func TestTheFirstOperatorIsMadeWithTheSecret(t *testing.T) {
	h := newHouse(t)
	raw, _, err := h.Identity.SetupSecret(t.Context())
	must(t, err)
	c := h.guest()
	fields := func(secret, password string) []string {
		return []string{"secret", secret, "name", "Olive Operator", "email", "olive@pennant.example", "password", password}
	}
	wrong := c.submit("/setup", "/setup", fields("not the secret", pass)...)
	wrong.has(t, "Nothing was set up", "does not open the set-up")
	if strings.Contains(wrong.body, "not the secret") || wrong.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a wrong secret: %d, or it is shown again", wrong.StatusCode)
	}
	short := c.submit("/setup", "/setup", fields(raw.Reveal(), "short")...)
	if short.has(t, "Password"); strings.Contains(short.body, raw.Reveal()) || short.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d, or the secret is shown again", short.StatusCode)
	}
	c.submit("/setup", "/setup", fields(raw.Reveal(), pass)...).led(t, "/operator")
	c.get("/operator").has(t, "Olive Operator", "Overview")
	late := h.guest()
	late.submit("/setup", "/setup", fields(raw.Reveal(), pass)...).has(t, "Nothing was set up")
}

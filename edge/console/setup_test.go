package console_test

import (
	"net/http"
	"strings"
	"testing"
)

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

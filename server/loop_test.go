package server_test

import (
	"net/http"
	"testing"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/server/servertest"
)

// The loop that the product exists for, over HTTP: register, install, obtain a
// token, call, be limited to what was granted, be stopped.
func TestTheWholeLoop(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	dev, team := h.Developer("dev@example.com")
	admin, harbour := h.Customer("harbour-books", account.Production)
	_, alder := h.Customer("alder-clinic", account.Production)
	app, key := h.Release(dev, team, "flags.read")

	if a := h.AskToken(key, harbour.ID.String()); a.Status != http.StatusBadRequest || a.Code() != "app_not_installed" {
		t.Errorf("before installing: %d %s", a.Status, a.Body)
	}
	ins := h.Install(admin, harbour, app)
	token := h.Token(key, "")
	const flags = "/api/v1/accounts/harbour-books/projects/web-shop/flags"

	a := h.Call(token, http.MethodGet, flags, nil)
	if a.Status != http.StatusOK || a.Header.Get("RateLimit") == "" || a.Header.Get("Guestright-Decision") == "" {
		t.Errorf("allowed call: %d %v %s", a.Status, a.Header, a.Body)
	}
	a = h.Call(token, http.MethodPost, flags, nil)
	if a.Status != http.StatusForbidden || a.Code() != "scope_missing" {
		t.Errorf("call beyond the scopes: %d %s", a.Status, a.Body)
	}
	foreign := h.Call(token, http.MethodGet, "/api/v1/accounts/alder-clinic/projects/web-shop/flags", nil)
	absent := h.Call(token, http.MethodGet, "/api/v1/accounts/no-such-account/projects/web-shop/flags", nil)
	if foreign.Status != http.StatusNotFound || foreign.Status != absent.Status || foreign.Code() != absent.Code() {
		t.Errorf("another account: %d %s; absent: %d %s", foreign.Status, foreign.Body, absent.Status, absent.Body)
	}
	if a := h.AskToken(key, alder.Key); a.Code() != "app_not_installed" {
		t.Errorf("token for another account: %s", a.Body)
	}
	if _, err := h.Integrations.Withhold(t.Context(), dev, ins.ID, "maintenance"); err != nil {
		t.Fatal(err)
	}
	if a := h.Call(token, http.MethodGet, flags, nil); a.Status != http.StatusForbidden || a.Code() != "installation_blocked" {
		t.Errorf("blocked: %d %s", a.Status, a.Body)
	}
	if a := h.AskToken(key, ""); a.Status != http.StatusForbidden || a.Code() != "installation_blocked" {
		t.Errorf("token while blocked: %d %s", a.Status, a.Body)
	}
	if _, err := h.Integrations.Release(t.Context(), dev, ins.ID); err != nil {
		t.Fatal(err)
	}
	if a := h.Call(token, http.MethodGet, flags, nil); a.Status != http.StatusOK {
		t.Errorf("unblocked: %d %s", a.Status, a.Body)
	}
	if _, err := h.Integrations.Remove(t.Context(), admin, ins.ID, ""); err != nil {
		t.Fatal(err)
	}
	if a := h.Call(token, http.MethodGet, flags, nil); a.Status != http.StatusUnauthorized {
		t.Errorf("removed: %d %s", a.Status, a.Body)
	}
}

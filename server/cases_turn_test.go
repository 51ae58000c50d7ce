package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/legacy"
)

// A33: a legacy key becomes a private integration that may do exactly what the key
// was seen to do, and the key goes on working until somebody ends it.
func TestA33_ALegacyKeyBecomesAPrivateIntegration(t *testing.T) {
	t.Parallel()
	h := newLeaky(t)
	ctx := t.Context()
	keys, err := h.Legacy.List(ctx, h.admin, legacy.Query{Account: h.acc.ID.String()})
	h.must(err)
	id := keys[0].ID
	code := func(what string, err error, want string) {
		t.Helper()
		if got := problem.CodeOf(err); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	_, err = h.Legacy.Turn(ctx, h.admin, id, "")
	code("never used", err, "legacy_key_unused")
	_, err = h.Legacy.Turn(ctx, h.dev, id, "")
	code("a stranger", err, "not_found")
	const base = "/api/v1/accounts/" + pennant.HarbourBooks
	with := func(r *http.Request) { r.Header.Set("X-Pennant-Key", legacyRaw) }
	if a := h.Call("", "GET", base+"/projects", with); a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	made, err := h.Legacy.Turn(ctx, h.admin, id, "")
	h.must(err)
	raw := made.Token.Secret.Reveal()
	if strings.Join(made.Scopes, " ") != "projects.read" || made.Name != "ERP" {
		t.Errorf("%+v", made.Integration)
	}
	if a := h.Call(raw, "GET", base+"/projects", nil); a.Status != http.StatusOK {
		t.Errorf("what the key did: %d %s", a.Status, a.Body)
	}
	if a := h.Call(raw, "GET", base+"/projects/web-shop/flags", nil); a.Code() != "scope_missing" {
		t.Errorf("what the key did not do: %d %s", a.Status, a.Body)
	}
	if a := h.Call("", "GET", base+"/projects", with); a.Status != http.StatusOK {
		t.Errorf("the key meanwhile: %d %s", a.Status, a.Body)
	}
	_, err = h.Legacy.Turn(ctx, h.admin, id, "")
	code("twice", err, "legacy_key_turned")
	got, err := h.Legacy.Revoke(ctx, h.admin, id, "Moved.")
	h.must(err)
	if got.Successor != made.ID.String() {
		t.Errorf("%+v", got)
	}
	if a := h.Call("", "GET", base+"/projects", with); a.Status != http.StatusUnauthorized {
		t.Errorf("the key afterwards: %d %s", a.Status, a.Body)
	}
	_, err = h.Legacy.Turn(ctx, h.admin, id, "")
	code("ended", err, "legacy_key_ended")
}

package application_test

import (
	"testing"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// A client that is remembered is refused as soon as anything that it stands on
// has changed, and known again when that is undone.
func TestRememberedClients(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		who := application.NewAuthenticator(h.Service)
		app, err := h.Register(ctx, h.ada, h.team, draft)
		if err != nil {
			t.Fatal(err)
		}
		key, err := h.CreateKey(ctx, h.ada, app.ID, application.KeyDraft{Label: "one"})
		if err != nil {
			t.Fatal(err)
		}
		expect := func(what string, id string, given secret.Text, want string) {
			t.Helper()
			for range 2 { // the second time from memory, if it is remembered
				known, err := who.Authenticate(ctx, id, given)
				if got := problem.CodeOf(err); got != want {
					t.Errorf("%s: %q, want %q", what, got, want)
				}
				if err == nil && (known.Application.ID != app.ID || known.Key.ClientID != id) {
					t.Errorf("%s: %+v", what, known)
				}
			}
		}
		expect("the pair", key.ClientID, key.Secret, "")
		expect("another secret", key.ClientID, secret.Generate(secret.ClientSecret), "invalid_client")
		expect("another client", "other", key.Secret, "invalid_client")
		expect("the secret cut into the id", key.ClientID+"\x00", key.Secret, "invalid_client")
		expect("no secret", key.ClientID, secret.Text{}, "invalid_client")

		if _, err := h.suspend(ctx, operator, app.ID, "abuse"); err != nil {
			t.Fatal(err)
		}
		expect("a suspended application", key.ClientID, key.Secret, "application_suspended")
		if _, err := h.lift(ctx, operator, app.ID); err != nil {
			t.Fatal(err)
		}
		expect("a lifted one", key.ClientID, key.Secret, "")
		if c, err := h.SetClient(ctx, h.ada, app.ID, application.ClientPatch{RedirectURIs: &[]string{"https://app.example/cb"}}); err != nil || len(c.RedirectURIs) != 1 {
			t.Fatalf("%+v %v", c, err)
		}
		if known, err := who.Authenticate(ctx, key.ClientID, key.Secret); err != nil || len(known.Client.RedirectURIs) != 1 {
			t.Errorf("the settings are those of before: %+v %v", known.Client, err)
		}

		next, err := h.RotateKey(ctx, h.ada, key.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		expect("the old key in its overlap", key.ClientID, key.Secret, "")
		expect("the new key", next.ClientID, next.Secret, "")
		h.clock.Advance(time.Hour)
		expect("the old key after it", key.ClientID, key.Secret, "invalid_client")
		expect("the new key after it", next.ClientID, next.Secret, "")
		if _, err := h.RevokeKey(ctx, h.ada, next.ID); err != nil {
			t.Fatal(err)
		}
		expect("a revoked key", next.ClientID, next.Secret, "invalid_client")
	})
}

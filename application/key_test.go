package application_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/usage"
)

// opens reports with which code a key is refused; "" when it opens.
func (h *house) opens(k application.IssuedKey, want string) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		_, _, err := h.Authenticate(tx, k.ClientID, k.Secret)
		h.code("authenticate", err, want)
		return nil
	})
}

func (h *house) key(a application.Application, d application.KeyDraft) application.IssuedKey {
	h.t.Helper()
	k, err := h.CreateKey(ctx, h.ada, a.ID, d)
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}

func TestA8_KeysOverlap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		old := h.key(h.register(), application.KeyDraft{Label: "production"})
		h.opens(old, "")
		next, err := h.RotateKey(ctx, h.ada, old.ID, 7*24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if next.Label != "production" || next.Replaces != old.ID.String() || next.ClientID == old.ClientID || next.Secret.Equal(old.Secret) {
			t.Errorf("successor: %+v", next.Key)
		}
		_, err = h.RotateKey(ctx, h.ada, old.ID, 0)
		h.code("rotate twice", err, "key_already_retiring")
		h.clock.Advance(6*24*time.Hour + 23*time.Hour)
		h.opens(old, "")
		h.opens(next, "")
		h.clock.Advance(time.Hour + time.Minute)
		h.opens(old, "invalid_client")
		h.opens(next, "")
		keys, err := h.ListKeys(ctx, h.ada, old.Application)
		if err != nil || len(keys) != 2 {
			t.Fatalf("%v %v", keys, err)
		}
		for _, k := range keys {
			if want := map[application.KeyID]application.KeyState{old.ID: application.KeyExpired, next.ID: application.KeyActive}[k.ID]; k.State != want {
				t.Errorf("%s is shown as %s, want %s", k.ID, k.State, want)
			}
		}
		if len(h.revoked) != 0 {
			t.Errorf("an overlap ended tokens: %v", h.revoked)
		}
	})
}

func TestRotateWithoutOverlapEndsAtOnce(t *testing.T) {
	t.Parallel()
	h := one(t)
	old := h.key(h.register(), application.KeyDraft{Label: "leaked"})
	if _, err := h.RotateKey(ctx, h.ada, old.ID, 0); err != nil {
		t.Fatal(err)
	}
	h.opens(old, "invalid_client")
	if !slices.Equal(h.revoked, []string{old.ID.String()}) {
		t.Errorf("its tokens live on: %v", h.revoked)
	}
}

func TestRevokedAndExpiredKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		a := h.register()
		k := h.key(a, application.KeyDraft{Label: "one"})
		brief := h.key(a, application.KeyDraft{Label: "brief", Expires: h.clock.Now().Add(time.Hour)})
		wrong := k
		wrong.Secret = secret.Generate(secret.ClientSecret)
		h.opens(wrong, "invalid_client")
		wrong.Secret = secret.New("password")
		h.opens(wrong, "invalid_client")
		wrong = k
		wrong.ClientID = brief.ClientID
		h.opens(wrong, "invalid_client")
		if _, err := h.RevokeKey(ctx, h.ada, k.ID); err != nil {
			t.Fatal(err)
		}
		h.opens(k, "invalid_client")
		if !slices.Equal(h.revoked, []string{k.ID.String()}) {
			t.Errorf("its tokens live on: %v", h.revoked)
		}
		_, err := h.RevokeKey(ctx, h.ada, k.ID)
		h.code("revoke twice", err, "key_not_active")
		h.opens(brief, "")
		h.clock.Advance(time.Hour)
		h.opens(brief, "invalid_client")
		_, err = h.RotateKey(ctx, h.ada, brief.ID, time.Hour)
		h.code("rotate an expired key", err, "key_not_active")
	})
}

func TestA_KeyOpensOnlyWhileItsApplicationIs(t *testing.T) {
	t.Parallel()
	h := one(t)
	a := h.register()
	k := h.key(a, application.KeyDraft{Label: "one"})
	if _, err := h.suspend(ctx, operator, a.ID, "abuse"); err != nil {
		t.Fatal(err)
	}
	h.opens(k, "application_suspended")
	if _, err := h.lift(ctx, operator, a.ID); err != nil {
		t.Fatal(err)
	}
	h.opens(k, "")
	if _, err := h.Delete(ctx, h.ada, a.ID, a.Name); err != nil {
		t.Fatal(err)
	}
	h.opens(k, "application_deleted")
}

func TestH46_KeysSayWhenTheyWereUsed(t *testing.T) {
	t.Parallel()
	h := one(t)
	h.Usage = &usage.Service{DB: h.DB, Recorder: usage.NewRecorder(0)}
	a := h.register()
	used, idle := h.key(a, application.KeyDraft{Label: "used"}), h.key(a, application.KeyDraft{Label: "idle"})
	h.Usage.Recorder.Touch(usage.Subject{Kind: "key", ID: used.ID.String()}, h.clock.Now(), usage.Call{Operation: "oauth.token", Account: "acc_1", From: netip.MustParseAddr("203.0.113.9")})
	keys, err := h.ListKeys(ctx, h.ada, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		switch k.ID {
		case used.ID:
			if !k.LastUsed.Equal(h.clock.Now()) || k.LastFrom != "203.0.113.0/24" || k.LastAccount != "acc_1" {
				t.Errorf("used: %+v", k)
			}
		case idle.ID:
			if !k.LastUsed.IsZero() || k.LastFrom != "" || k.LastAccount != "" {
				t.Errorf("idle: %+v", k)
			}
		}
	}
}

func TestKeyRules(t *testing.T) {
	t.Parallel()
	h := one(t)
	a := h.register()
	for name, d := range map[string]application.KeyDraft{"no label": {}, "a long label": {Label: string(make([]byte, 81))},
		"an end in the past": {Label: "x", Expires: h.clock.Now()}} {
		_, err := h.CreateKey(ctx, h.ada, a.ID, d)
		h.code(name, err, "key_invalid")
	}
	k := h.key(a, application.KeyDraft{Label: "x"})
	for name, overlap := range map[string]time.Duration{"negative": -1, "91 days": application.OverlapMost + 1} {
		_, err := h.RotateKey(ctx, h.ada, k.ID, overlap)
		h.code(name, err, "overlap_invalid")
	}
}

package hook_test

import (
	"net/http"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/guestright/guestright/kit/hook"
	"github.com/guestright/guestright/kit/secret"
)

// What is signed here verifies with the library of Standard Webhooks.
func TestSignaturesAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	s := hook.NewSecret()
	key, err := hook.Key(s)
	if err != nil || len(key) < 24 || len(key) > 64 {
		t.Fatalf("%d bytes, %v", len(key), err)
	}
	body, stamp := []byte(`{"data":"é"}`), hook.Stamp(time.Now())
	h := http.Header{"Webhook-Id": {"tsk_1"}, "Webhook-Timestamp": {stamp}}
	h.Set("Webhook-Signature", string(hook.AppendV1([]byte("v1,AAAA "), key, hook.Content("tsk_1", stamp, body))))
	w, err := standard.NewWebhook(s.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Verify(body, h); err != nil {
		t.Error(err)
	}
	if w.Verify(append(body, ' '), h) == nil {
		t.Error("another body verifies")
	}
	if _, err := hook.Key(secret.New("whsec_not base64")); err == nil {
		t.Error("that is no secret")
	}
}

// Retry-After in every form.
func TestWaitReadsEveryForm(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "Mon, 02 Mar 2026 10:10:00 GMT": 10 * time.Minute, "Monday, 02-Mar-26 10:10:00 GMT": 10 * time.Minute, "1e9": 0, "1000000000": 24 * time.Hour,
		"99999999999999999999999": 24 * time.Hour, "-5": 0, "junk": 0, "": 0, "Mon, 02 Mar 2026 09:00:00 GMT": 0, "Tue, 02 Mar 2027 10:00:00 GMT": 24 * time.Hour,
	} {
		if got := hook.Wait(text, monday); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

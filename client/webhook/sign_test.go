package webhook_test

import (
	"maps"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/guestright/guestright/client/webhook"
)

// Sign gives the headers that the public vector has, and what it gives passes our
// verifier and that of Standard Webhooks.
func TestSignIsAsDeliveriesAreSigned(t *testing.T) {
	t.Parallel()
	h, err := webhook.Sign(secret, webhook.Message{ID: message, Time: moment, Body: []byte(payload)})
	if err != nil || !maps.EqualFunc(h, headers(symmetric), func(a, b []string) bool { return len(a) == 1 && a[0] == b[0] }) {
		t.Errorf("%v %v", h, err)
	}
	fresh := webhook.NewSecret()
	if fresh == webhook.NewSecret() {
		t.Error("the same secret twice")
	}
	h, err = webhook.Sign(fresh, webhook.Message{ID: "evt_1", Time: time.Now(), Body: []byte(payload)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&webhook.Verifier{Secrets: []string{fresh}}).Verify(t.Context(), h, []byte(payload)); err != nil {
		t.Error(err)
	}
	w, err := standardwebhooks.NewWebhook(fresh)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Verify([]byte(payload), h); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "whsec_", "whsec_c2hvcnQ=", "whsec_!"} {
		if _, err := webhook.Sign(wrong, webhook.Message{}); err == nil {
			t.Errorf("%q is a secret", wrong)
		}
	}
}

package webhook_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	client "github.com/guestright/guestright/client/webhook"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/testenv"
	"github.com/guestright/guestright/webhook"
)

// H33: an endpoint may ask for signatures of the platform's key, which a receiver
// verifies by the published set. While one key takes over from another, both
// verify, and the receiver may choose by the key's id.
func TestH33_ReceiversVerifyByThePublishedKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		keys := func() []string {
			a := h.ask("", http.MethodGet, "/v1/webhooks/jwks.json", "")
			var set struct{ Keys []map[string]string }
			if err := json.Unmarshal(a.Body, &set); err != nil || a.Status != http.StatusOK {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			var ids []string
			for _, k := range set.Keys {
				if k["kty"] != "OKP" || k["crv"] != "Ed25519" || k["use"] != "sig" || len(k) != 6 {
					t.Errorf("%v", k)
				}
				ids = append(ids, k["kid"])
			}
			return ids
		}
		both := h.endpoint(webhook.Draft{Types: []string{"flag.*"}, Signature: webhook.SignBoth})
		public := &client.Verifier{JWKSURL: h.URL + "/v1/webhooks/jwks.json", HTTP: h.Client, Now: clock.Now}
		own := &client.Verifier{Secrets: []string{both.Secret.Reveal()}, Now: clock.Now}
		strict := func(r received, kinds string) {
			t.Helper()
			var got []string
			for _, s := range strings.Fields(r.header.Get("Webhook-Signature")) {
				kind, _, _ := strings.Cut(s, ",")
				got = append(got, kind)
			}
			if strings.Join(got, " ") != kinds {
				t.Errorf("signatures %v, want %s", got, kinds)
			}
			if m, err := public.Verify(t.Context(), r.header, r.body); err != nil || m.ID != r.id() {
				t.Errorf("by the published keys: %v", err)
			}
			if _, err := public.Verify(t.Context(), r.header, append(r.body, ' ')); err == nil {
				t.Error("another body verifies")
			}
		}
		h.say(flag("x"))
		r := h.next()
		strict(r, "v1 v1a")
		verifies(t, both.Secret.Reveal(), r)
		if _, err := own.Verify(t.Context(), r.header, r.body); err != nil {
			t.Error(err)
		}
		first := keys()
		if len(first) != 1 || r.header.Get("Webhook-Key-Id") != first[0] {
			t.Fatalf("%v %v", first, r.header)
		}

		if _, err := h.Webhooks.Update(t.Context(), h.dev, both.ID, webhook.Draft{URL: both.URL, Signature: webhook.SignEd25519}); err != nil {
			t.Fatal(err)
		}
		h.until("only the platform signs", func() bool {
			h.say(flag("y"))
			r = h.next()
			return len(strings.Fields(r.header.Get("Webhook-Signature"))) == 1
		})
		strict(r, "v1a")

		// The next key is published a day before it signs, then both sign for a day.
		clock.Advance(91 * 24 * time.Hour)
		if err := h.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if ids := keys(); len(ids) != 2 {
			t.Fatalf("announced: %v", ids)
		}
		h.say(flag("z"))
		strict(h.next(), "v1a")
		clock.Advance(25 * time.Hour)
		h.say(flag("z"))
		r = h.next()
		strict(r, "v1a v1a")
		if ids := keys(); r.header.Get("Webhook-Key-Id") != strings.Join(ids, " ") || ids[0] != first[0] {
			t.Errorf("%v %v", ids, r.header)
		}
		clock.Advance(25 * time.Hour)
		h.say(flag("z"))
		r = h.next()
		strict(r, "v1a")
		if r.header.Get("Webhook-Key-Id") == first[0] {
			t.Error("the old key still signs")
		}
		clock.Advance(25 * time.Hour)
		if ids := keys(); len(ids) != 1 || ids[0] == first[0] {
			t.Errorf("the old key is still published: %v", ids)
		}
	})
}

// Our deliveries are what the library of Standard Webhooks for JavaScript, as it is
// published, and the program in our own guide verify.
func TestDeliveriesVerifyInJavaScript(t *testing.T) {
	t.Parallel()
	node, npm := testenv.Tool(t, "node", "nodejs"), testenv.Tool(t, "npm")
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "verify.mjs"} {
		raw, err := os.ReadFile(filepath.Join("testdata/standardwebhooks", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h := start(t, nil, nil)
	e := h.endpoint(webhook.Draft{Types: []string{"flag.*"}, Signature: webhook.SignBoth})
	fresh, err := h.Webhooks.Rotate(t.Context(), h.dev, e.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	d := flag("é")
	d.Data = []byte(`{"b":12345678901234567890,"a":"é\u2028<🙂"}`)
	h.say(d)
	r := h.next()
	headers := map[string]string{}
	for name := range r.header {
		headers[name] = r.header.Get(name)
	}
	request, err := json.Marshal(map[string]any{"headers": headers, "body": string(r.body)})
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]string{"the new secret": fresh.Secret.Reveal(), "the old one": e.Secret.Reveal(), "another": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		want := name != "another"
		published := exec.CommandContext(t.Context(), node, "verify.mjs", secret)
		published.Dir, published.Stdin = dir, bytes.NewReader(request)
		if out, err := published.CombinedOutput(); err != nil || (strings.TrimSpace(string(out)) == "valid") != want {
			t.Errorf("their library, %s: %s %v", name, out, err)
		}
		ours := exec.CommandContext(t.Context(), node, filepath.Join("../docs/examples/webhook", "verify.mjs"), secret, r.id(), r.header.Get("Webhook-Timestamp"), r.header.Get("Webhook-Signature"))
		ours.Stdin = bytes.NewReader(r.body)
		out, err := ours.CombinedOutput()
		if good := err == nil && strings.TrimSpace(string(out)) == "valid"; good != want {
			t.Errorf("our program, %s: %s %v", name, out, err)
		}
	}
}

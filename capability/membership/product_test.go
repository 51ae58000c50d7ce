package membership_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/server/servertest"
)

const environment = "/api/v1/accounts/" + pennant.HarbourBooks + "/projects/web-shop/environments/production"

// shop is a house in whose account the example product works for a partner.
func shop(t *testing.T, key string) *house {
	t.Helper()
	h := &house{House: capabilitytest.Start(t, nil, nil), path: "/hooks/membership/" + key}
	h.Admin, h.Account = h.Customer(pennant.HarbourBooks, account.Production)
	product, err := h.Products.Create(t.Context(), access.Operator(h.Person("olga@example.com")), "Pennant")
	if err != nil {
		t.Fatal(err)
	}
	h.from = h.target(h.Configure(h.Published(key), nil))
	h.token = h.private("segments.write", "segments.read", "flags.write", "flags.read")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		_ = h.Product.Work(ctx, pennant.Feed{URL: h.URL, Key: product.Secret.Reveal()})
		close(done)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return h
}

// at calls the product's API through the gateway.
func (h *house) at(method, path, body string) servertest.Answer {
	h.T.Helper()
	return h.Call(h.token, method, environment+path, func(r *http.Request) {
		if body != "" {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("If-Match", "*")
		}
	})
}

// gently asks a few times a second only, since asking is a call that is limited.
func (h *house) gently(ask func() bool) func() bool {
	tick := time.NewTicker(200 * time.Millisecond)
	h.T.Cleanup(tick.Stop)
	return func() bool {
		select {
		case <-tick.C:
			return ask()
		default:
			return false
		}
	}
}

// flagFor is why somebody gets what they get of the flag.
func (h *house) flagFor(who string) string {
	h.T.Helper()
	a := h.at("POST", "/evaluate", `{"context":{"key":"`+who+`"}}`)
	flags, _ := a.JSON()["flags"].(map[string]any)
	one, _ := flags["one-page-checkout"].(map[string]any)
	reason, _ := one["reason"].(string)
	if reason == "" {
		h.T.Fatalf("%d %s", a.Status, a.Body)
	}
	return reason
}

// From a partner's call to what a flag is for somebody: a segment fills, and the flag
// that goes to it follows; what is too long for a task is read page by page.
func TestTheExampleProductFillsItsSegment(t *testing.T) {
	t.Parallel()
	h := shop(t, "rudderstack")
	const segment = "/segments/rudderstack-vip"
	var many []string
	for i := range 6000 {
		many = append(many, fmt.Sprintf(`{"id":"user-%d"}`, i))
	}
	batch := func(add, remove string) string {
		return `{"environmentId":"e","cohortId":"vip","cohortName":"Very important","cohortUrl":"https://rudder.example/vip","listData":{"add":[` + add + `],"remove":[` + remove + `]}}`
	}
	synced := func() map[string]any {
		out, _ := h.at("GET", segment, "").JSON()["synced"].(map[string]any)
		return out
	}
	h.ok(batch(strings.Join(many, ","), ""))
	h.Until("the segment is there", h.gently(func() bool { return synced()["version"] == 1.0 }))
	rule := `{"on":true,"rules":[{"variation":0,"clauses":[{"op":"in_segment","values":["rudderstack-vip"]}]}]}`
	if a := h.at("PATCH", "/flags/one-page-checkout", rule); a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	h.ok(batch(`{"id":"nora"}`, `{"id":"user-7"}`))
	h.Until("the second call is there", h.gently(func() bool { return synced()["version"] == 2.0 }))
	if got := synced(); got["members"] != 6000.0 || got["integration"] != "rudderstack" || got["url"] != "https://rudder.example/vip" {
		t.Errorf("%v", got)
	}
	for who, want := range map[string]string{"user-0": "rule", "user-5999": "rule", "nora": "rule", "user-7": "fallthrough", "somebody": "fallthrough"} {
		if got := h.flagFor(who); got != want {
			t.Errorf("%s: %s", who, got)
		}
	}
	if err := h.Configurations.Delete(t.Context(), h.Admin, h.from.ID); err != nil {
		t.Fatal(err)
	}
	h.Until("the segment knows that nobody fills it", func() bool { return synced()["ended"] == true })
	if got := h.flagFor("nora"); got != "rule" {
		t.Errorf("the flag has changed for somebody since the integration was taken away: %s", got)
	}
	if a := h.post(batch(`{"id":"nora"}`, "")); a.Status != http.StatusNotFound {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	h.target(h.Configure(h.Published("rudderstack"), nil))
	h.ok(batch(`{"id":"only"}`, ""))
	h.Until("the segment is filled anew", func() bool { return synced()["ended"] == nil && synced()["members"] == 1.0 })
	if nora, only := h.flagFor("nora"), h.flagFor("only"); nora != "fallthrough" || only != "rule" {
		t.Errorf("nora: %s, only: %s", nora, only)
	}
}

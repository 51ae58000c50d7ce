package sandbox_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/sandbox"
	"github.com/guestright/guestright/server/servertest"
)

// H44 in the whole house: a developer makes a sandbox, the product fills it, an
// application of hers works there, and a reset brings the data back while the token
// stays. What opens it opens nothing of a customer, and the reverse.
func TestH44_TheProductFillsAndResetsASandbox(t *testing.T) {
	t.Parallel()
	h := servertest.Start(t, servertest.Options{})
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := h.Products.Create(ctx, access.Operator(h.Person("olga@example.com")), "Pennant")
	ok(err)
	working, stop := context.WithCancel(ctx)
	done := make(chan struct{}, 2)
	feed := pennant.Feed{URL: h.URL, Key: key.Secret.Reveal()}
	go func() { _ = h.Product.Work(working, feed); done <- struct{}{} }()
	go func() { h.Product.Publish(working, feed); done <- struct{}{} }()
	t.Cleanup(func() { stop(); <-done; <-done })

	dan, team := h.Developer("dan@acme.example")
	app, secret := h.Release(dan, team, "flags.read", "flags.write", "segments.read", "segments.write")
	admin, harbour := h.Customer(pennant.HarbourBooks, account.Production)
	h.Install(admin, harbour, app)
	b, err := h.Sandboxes.Open(ctx, dan, team.ID, sandbox.Opening{Name: "Trying out"})
	ok(err)
	until := func(what string, f func(sandbox.Sandbox) bool) {
		t.Helper()
		tick, end := time.NewTicker(20*time.Millisecond), time.After(30*time.Second)
		defer tick.Stop()
		for {
			now, err := h.Sandboxes.Get(ctx, dan, b.ID)
			if ok(err); f(now) {
				return
			}
			select {
			case <-tick.C:
			case <-end:
				t.Fatalf("%s: %+v", what, now.Asked)
			}
		}
	}
	until("it is opened", func(b sandbox.Sandbox) bool { return b.Asked.State == sandbox.Done })
	mine, err := h.Accounts.Get(ctx, product, b.ID)
	ok(err)
	h.Install(access.UserPrincipal(dan.User, nil, map[string]string{b.ID.String(): access.AccountAdmin}), mine, app)
	own, theirs := h.Token(secret, b.Key), h.Token(secret, pennant.HarbourBooks)
	call := func(raw, method, account, path, body string, want int) servertest.Answer {
		t.Helper()
		a := h.Call(raw, method, "/api/v1/accounts/"+account+"/projects/web-shop"+path, func(r *http.Request) {
			if method != http.MethodGet {
				r.Header.Set("If-Match", "*")
			}
			if body != "" {
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
				r.Header.Set("Content-Type", "application/json")
			}
		})
		if a.Status != want {
			t.Fatalf("%s %s%s: %d %s, not %d", method, account, path, a.Status, a.Body, want)
		}
		return a
	}
	keys := func(raw, account, path string) string {
		t.Helper()
		var out []string
		for _, i := range call(raw, "GET", account, path, "", 200).JSON()["items"].([]any) {
			out = append(out, i.(map[string]any)["key"].(string))
		}
		return strings.Join(out, " ")
	}
	const flags, segments = "gift-wrapping night-page one-page-checkout search-ranking store-pickup", "staff test-readers"
	if f, s := keys(own, b.Key, "/flags"), keys(own, b.Key, "/environments/production/segments"); f != flags || s != segments {
		t.Fatalf("a new sandbox has %s and %s", f, s)
	}
	call(own, "GET", pennant.HarbourBooks, "/flags", "", 404)
	call(theirs, "GET", b.Key, "/flags", "", 404)

	before := keys(theirs, pennant.HarbourBooks, "/flags")
	call(own, "DELETE", b.Key, "/flags/night-page", "", 204)
	call(own, "POST", b.Key, "/environments/production/segments", `{"key":"mine","name":"Mine"}`, 201)
	if f, s := keys(own, b.Key, "/flags"), keys(own, b.Key, "/environments/production/segments"); f == flags || s == segments {
		t.Fatalf("nothing has changed: %s and %s", f, s)
	}
	_, err = h.Sandboxes.Reset(ctx, dan, b.ID)
	ok(err)
	until("it is reset", func(b sandbox.Sandbox) bool { return b.Asked.What == sandbox.Reset && b.Asked.State == sandbox.Done })
	if f, s := keys(own, b.Key, "/flags"), keys(own, b.Key, "/environments/production/segments"); f != flags || s != segments {
		t.Errorf("after the reset it has %s and %s", f, s)
	}
	if after := keys(theirs, pennant.HarbourBooks, "/flags"); after != before {
		t.Errorf("a customer had %s and has %s", before, after)
	}
	until("the events are there", func(sandbox.Sandbox) bool {
		got, err := h.Events.Read(ctx, product, event.Query{Account: b.Key, Types: []string{"project.deleted"}, Limit: 10})
		ok(err)
		return len(got.Items) == 1
	})
	ok(h.Sandboxes.Close(ctx, dan, b.ID))
	if a := h.Call(own, "GET", "/api/v1/accounts/"+b.Key+"/projects/web-shop/flags", nil); a.Status == 200 {
		t.Errorf("a closed sandbox answers: %s", a.Body)
	}
}

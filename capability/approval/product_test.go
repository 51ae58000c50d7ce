package approval_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/capability/approval"
	"github.com/guestright/guestright/client/identity"
	"github.com/guestright/guestright/client/identity/identitytest"
	"github.com/guestright/guestright/example/pennant"
)

// pen is the example product, beside the platform.
type pen struct {
	house
	signer *identitytest.Signer
	web    *httptest.Server
}

func startPen(t *testing.T) pen {
	t.Helper()
	h := start(t, nil)
	h.Admin, h.Account = h.Customer(pennant.HarbourBooks, account.Production)
	key, err := h.Products.Create(t.Context(), access.Operator(h.Person("pia@example.com")), "Pennant too")
	if err != nil {
		t.Fatal(err)
	}
	signer := identitytest.New(t)
	p, err := pennant.New(pennant.Config{Dir: t.TempDir(), Issuer: signer.Issuer, Audience: signer.Audience, JWKSURL: signer.JWKSURL(), HookSecret: "0123456789abcdef0123"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	web, done := httptest.NewServer(p.Handler()), make(chan struct{})
	go func() {
		_ = p.Work(t.Context(), pennant.Feed{URL: h.URL, Key: key.Secret.Reveal()})
		close(done)
	}()
	t.Cleanup(func() {
		<-done
		p.EndStreams()
		web.Close()
		_ = p.Close()
	})
	return pen{h, signer, web}
}

const production = "/projects/web-shop/environments/production"

// call is a request of the member Idris.
func (p pen) call(method, path, body string, want int) map[string]any {
	p.T.Helper()
	r, err := http.NewRequestWithContext(p.T.Context(), method, p.web.URL+"/api/v1/accounts/"+pennant.HarbourBooks+path, strings.NewReader(body))
	if err != nil {
		p.T.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/merge-patch+json")
	r.Header.Set(identity.Header, p.signer.Sign(identity.Identity{Account: pennant.HarbourBooks, AccountID: p.Account.ID.String(), Grant: "gra_1", Subject: "usr-nora", Actor: "user", Scopes: []string{"flags.write"}, Decision: "dec_1"}))
	a := p.Do(r)
	if a.Status != want {
		p.T.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
	}
	return a.JSON()
}

// waiting is what the flag says about a change that waits.
func (p pen) waiting() map[string]any {
	p.T.Helper()
	out, _ := p.call("GET", production+"/flags/one-page-checkout", "", 200)["waiting"].(map[string]any)
	return out
}

// From the change of a flag to its release: the environment asks for an approval, the
// flag stays as it is until the partner has said yes, and the partner hears that it
// was done.
func TestTheExampleProductWaitsForApproval(t *testing.T) {
	t.Parallel()
	p := startPen(t)
	set := p.custom()
	p.call("PATCH", production, `{"approval_required":true}`, 200)
	was := p.call("GET", production+"/flags/one-page-checkout", "", 200)["on"] == true
	want := `{"on":true}`
	if was {
		want = `{"on":false}`
	}
	if got := p.call("PATCH", production+"/flags/one-page-checkout", want, 202); got["on"] != was || got["waiting"] == nil {
		t.Errorf("%v", got)
	}
	p.call("PATCH", production+"/flags/one-page-checkout", `{"fallthrough":1}`, 409)
	r := p.next(opens)
	if body := string(r.Body); !strings.Contains(body, "wants to turn on the flag") || !strings.Contains(body, `"environment": {"name":"Production"`) {
		t.Errorf("%s", body)
	}
	p.Until("the flag says who decides", func() bool { return p.waiting()["approval"] != nil })
	if got := p.waiting(); got["state"] != "asked" {
		t.Errorf("%v", got)
	}
	all, err := p.Approvals.List(t.Context(), p.Admin, p.Account.ID.String(), approval.Filter{Limit: 10})
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v %v", all, err)
	}
	p.until(all[0], approval.Pending)
	if got := p.call("GET", production+"/flags/one-page-checkout", "", 200); got["on"] != was {
		t.Error("the flag has not waited")
	}
	p.says(stands, 200, `{"status":{"value":"approved","display":"Ada says yes"}}`)
	p.Clock.Advance(5 * time.Minute)
	p.until(all[0], approval.Applied)
	if got := p.call("GET", production+"/flags/one-page-checkout", "", 200); (got["on"] == true) == was || got["waiting"] != nil {
		t.Errorf("%v", got)
	}
	p.next(applied)
	// The next is declined: the flag stays, and says why.
	p.says(opens, 201, `{"_id":"ext-1","status":{"value":"declined","display":"Ada says no"}}`)
	p.call("PATCH", production+"/flags/one-page-checkout", `{"fallthrough":1}`, 202)
	p.Until("the flag says no", func() bool { return p.waiting()["state"] == "declined" })
	if got := p.waiting(); got["detail"] != "Ada says no" {
		t.Errorf("%v", got)
	}
	// And without an integration that decides, the change is refused, not made.
	if err := p.Configurations.Delete(t.Context(), p.Admin, set.ID); err != nil {
		t.Fatal(err)
	}
	p.call("PATCH", production+"/flags/one-page-checkout", `{"fallthrough":1}`, 202)
	p.Until("the flag says that nobody decides", func() bool { return p.waiting()["state"] == "refused" })
}

package driveraction_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/capability/capabilitytest"
	"github.com/guestright/guestright/capability/driveraction"
	"github.com/guestright/guestright/configuration"
	"github.com/guestright/guestright/example/pennant"
	"github.com/guestright/guestright/host"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/private"
)

const flag = "proj/web-shop:flag/banner"

var filled = map[string]any{"gitarToken": "gt-key-4711", "githubOrgName": "harbour"}

func start(h *capabilitytest.House, c configuration.Configuration) driveraction.DriverRun {
	h.T.Helper()
	r, err := h.Drivers.Start(h.T.Context(), h.Admin, c.ID, flag)
	if err != nil || r.State != driveraction.Running || r.Driver != "gitar" {
		h.T.Fatalf("%+v %v", r, err)
	}
	return r
}

func newest(h *capabilitytest.House, c configuration.Configuration) driveraction.DriverRun {
	h.T.Helper()
	all, err := h.Drivers.List(h.T.Context(), h.Admin, c.ID)
	if err != nil || len(all) == 0 {
		h.T.Fatalf("%v %v", all, err)
	}
	return all[0]
}

func take(h *capabilitytest.House) []host.Task {
	h.T.Helper()
	got, err := h.Host.Take(h.T.Context(), access.System("test"), host.Query{Kinds: []string{"driver.run"}, Limit: 9, Lease: time.Minute})
	if err != nil {
		h.T.Fatal(err)
	}
	return got
}

// What was filled in is in the task while the product has it, and nowhere else.
func TestValuesAreInTheLeasedTaskOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := capabilitytest.Start(t, open(clock), clock)
		c := h.Configure(h.Published("gitar"), filled)
		r := start(h, c)
		got := take(h)
		if len(got) != 1 || got[0].Subject != flag {
			t.Fatalf("%+v", got)
		}
		var data struct {
			Run, Driver string
			Values      map[string]string
		}
		if err := json.Unmarshal(got[0].Data, &data); err != nil || data.Run != r.ID.String() || data.Driver != "gitar" || data.Values["gitarToken"] != "gt-key-4711" || data.Values["githubOrgName"] != "harbour" {
			t.Errorf("%s %v", got[0].Data, err)
		}
		system := access.System("test")
		kept, err := h.Host.Get(t.Context(), system, got[0].ID)
		if err != nil || strings.Contains(string(kept.Data), "values") {
			t.Errorf("%s %v", kept.Data, err)
		}
		if len(take(h)) != 0 {
			t.Error("given out twice")
		}
		if _, err := h.Host.Finish(t.Context(), system, got[0].ID, json.RawMessage(`{"pull_request":"https://github.example/1"}`)); err != nil {
			t.Fatal(err)
		}
		if now := newest(h, c); now.ID != r.ID || now.State != driveraction.Done || string(now.Result) != `{"pull_request":"https://github.example/1"}` || now.Ended.IsZero() {
			t.Errorf("%+v", now)
		}
		clock.Advance(time.Second)
		start(h, c)
		got = take(h)
		if _, err := h.Host.Fail(t.Context(), system, got[0].ID, host.Failure{Detail: "Gitar refuses."}); err != nil {
			t.Fatal(err)
		}
		if now := newest(h, c); now.State != driveraction.Failed || now.Fault != "Gitar refuses." {
			t.Errorf("%+v", now)
		}
		page, err := h.Audit.List(t.Context(), h.Admin, audit.Filter{Account: h.Account.ID.String(), Action: "driveraction.start"}, 0)
		if err != nil || len(page.Entries) != 2 || strings.Contains(string(page.Entries[0].After), "4711") {
			t.Errorf("%+v %v", page, err)
		}
	})
}

// Switched off meanwhile, the product gets nothing, and the run says why.
func TestWhatIsOffIsNotGivenOut(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	c := h.Configure(h.Published("gitar"), filled)
	start(h, c)
	no := false
	if _, err := h.Configurations.Update(t.Context(), h.Admin, c.ID, configuration.Draft{Enabled: &no}); err != nil {
		t.Fatal(err)
	}
	if got := take(h); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if now := newest(h, c); now.State != driveraction.Failed || now.Fault == "" {
		t.Errorf("%+v", now)
	}
	if _, err := h.Drivers.Start(t.Context(), h.Admin, c.ID, flag); problem.CodeOf(err) != "capability_off" {
		t.Error(err)
	}
}

// The product and those who manage the configuration start runs, nobody else, and at
// the right resources only.
func TestWhoStartsRuns(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, storetest.NewClock())
	i := h.Published("gitar")
	c := h.Configure(i, filled)
	for _, bad := range []string{"", "a b", "proj/web-shop", "proj/web-shop:flag/x;tag", "proj/web-shop:env/test"} {
		if _, err := h.Drivers.Start(t.Context(), h.Admin, c.ID, bad); problem.CodeOf(err) != "run_invalid" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	other, _ := h.Customer("other", account.Production)
	own := access.Principal{Kind: access.KindIntegration, Account: h.Account.ID.String(), Installation: i.ID.String(), Grant: i.Grant}
	for who, by := range map[string]access.Principal{"another account": other, "the integration": own, "nobody": {}} {
		if _, err := h.Drivers.Start(t.Context(), by, c.ID, flag); problem.CodeOf(err) != "not_found" {
			t.Errorf("%s: %v", who, err)
		}
		if _, err := h.Drivers.List(t.Context(), by, c.ID); problem.CodeOf(err) != "not_found" {
			t.Errorf("%s: %v", who, err)
		}
	}
	key, err := h.Products.Create(t.Context(), access.Operator(h.Person("olga@example.com")), "pages")
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/v1/configurations/"+c.ID.String()+"/runs", strings.NewReader(`{"resource":"`+flag+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key.Secret.Reveal())
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "run-1")
	if a := h.Do(r); a.Status != http.StatusCreated || !strings.Contains(string(a.Body), `"state":"running"`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// body is what a call of the product's API sends.
func body(text string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("If-Match", "*")
	}
}

// The example product carries a run out: a flag loses the variations that nobody
// gets.
func TestPennantCleansUp(t *testing.T) {
	t.Parallel()
	h := capabilitytest.Start(t, nil, nil)
	h.Admin, h.Account = h.Customer(pennant.HarbourBooks, account.Production)
	key, err := h.Products.Create(t.Context(), access.Operator(h.Person("olga@example.com")), "Pennant")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		_ = h.Product.Work(ctx, pennant.Feed{URL: h.URL, Key: key.Secret.Reveal()})
		close(done)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	made, err := h.Private.Create(t.Context(), h.Admin, h.Account.ID, private.Draft{Name: "Flags", Scopes: []string{"flags.read", "flags.write"}})
	if err != nil {
		t.Fatal(err)
	}
	flags := "/api/v1/accounts/" + pennant.HarbourBooks + "/projects/web-shop/flags"
	a := h.Call(made.Token.Secret.Reveal(), http.MethodPost, flags, body(`{"key":"banner","name":"Banner","kind":"text","variations":[{"value":"a"},{"value":"b"},{"value":"c"},{"value":"d"}]}`))
	if a.Status != http.StatusCreated {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	c := h.Configure(h.Published("gitar"), filled)
	for n, want := range []string{`{"removed":0}`, `{"removed":2}`, `{"removed":0}`} {
		start(h, c)
		h.Until("the run has ended", func() bool { return newest(h, c).State != driveraction.Running })
		if r := newest(h, c); string(r.Result) != want {
			t.Errorf("%+v, want %s", r, want)
		}
		if n == 0 { // from now on, everybody gets the first two
			for _, env := range []string{"test", "staging", "production"} {
				a := h.Call(made.Token.Secret.Reveal(), http.MethodPatch, "/api/v1/accounts/"+pennant.HarbourBooks+"/projects/web-shop/environments/"+env+"/flags/banner", body(`{"off_variation":1}`))
				if a.Status != http.StatusOK {
					t.Fatalf("%s: %d %s", env, a.Status, a.Body)
				}
			}
		}
	}
	a = h.Call(made.Token.Secret.Reveal(), http.MethodGet, flags+"/banner", nil)
	if list, _ := a.JSON()["variations"].([]any); len(list) != 2 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if _, err := h.Drivers.Start(t.Context(), h.Admin, c.ID, "proj/web-shop:flag/nowhere"); err != nil {
		t.Fatal(err)
	}
	h.Until("it is refused", func() bool { return newest(h, c).Fault == "There is no such flag any more." })
}

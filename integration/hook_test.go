package integration_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/job"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
)

// product is the operator's own provisioning hook.
type product struct {
	mu     sync.Mutex
	answer func(w http.ResponseWriter)
	got    []integration.HookRequest
	bearer string
}

// ServeHTTP implements http.Handler.
func (p *product) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var req integration.HookRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	p.got, p.bearer = append(p.got, req), r.Header.Get("Authorization")
	p.answer(w)
}

func TestProvisioning(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		p := &product{answer: func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }}
		server := httptest.NewServer(p)
		t.Cleanup(server.Close)
		h.Hook = &integration.Hook{URL: server.URL, Secret: secret.New("shared"), Client: server.Client()}
		i := h.install()
		if i.State != integration.Pending {
			t.Errorf("before the product knows: %s", i.State)
		}
		_, err := h.obtain("")
		h.code("a token request meanwhile", err, "installation_pending")
		h.ok(h.jobs.Drain(ctx))
		answers := []func(http.ResponseWriter){
			func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{}`)) },
			func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"user_key":"u-81","role_key":"r-9"}`)) },
		}
		for _, a := range answers {
			p.mu.Lock()
			p.answer = a
			p.mu.Unlock()
			h.clock.Advance(time.Hour)
			h.ok(h.jobs.Drain(ctx))
		}
		got, err := h.Get(ctx, h.ben, i.ID)
		h.ok(err)
		if got.State != integration.Active || got.Provisioned != integration.ProvisionDone {
			t.Errorf("afterwards: %+v", got.Installation)
		}
		if len(p.got) != 3 || p.bearer != "Bearer shared" {
			t.Fatalf("%d requests, %s", len(p.got), p.bearer)
		}
		first := p.got[0]
		if first.Account != "harbour" || first.Username != "Deploybot" || first.RoleName != "Deploybot role" || !slices.Equal(first.Privileges, []string{"flag:view"}) ||
			first.RequestID != i.ID.String() || first.RequestID != p.got[2].RequestID {
			t.Errorf("%+v", first)
		}
		raw, err := h.obtain("")
		h.ok(err)
		b, err := h.bearers.Authenticate(ctx, raw)
		h.ok(err)
		if b.Holding.SubjectKey != "u-81" {
			t.Errorf("the grant acts as %q", b.Holding.SubjectKey)
		}
		if n := len(h.entries(h.ada, "installation.provision")); n != 1 {
			t.Errorf("%d entries", n)
		}
	})
}

// says changes what the product answers.
func (p *product) says(status int, body string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// spend lets every attempt that is left be made.
func (h *house) spend() {
	h.t.Helper()
	for range 20 {
		h.clock.Advance(time.Hour)
		h.ok(h.jobs.Drain(ctx))
	}
}

// When the product never creates the user, the installation says that it failed
// and why; both sides are told once, and the administrator or the operator has it
// tried again.
func TestProvisioningFails(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		h := newHouse(t, open)
		p := &product{}
		p.says(http.StatusConflict, `{"type":"about:blank","detail":"The plan of this workspace\n allows no more \u0007robots."}`)
		server := httptest.NewServer(p)
		t.Cleanup(server.Close)
		h.Hook = &integration.Hook{URL: server.URL, Secret: secret.New("shared"), Client: server.Client()}
		i := h.install()
		_, err := h.Retry(ctx, h.ben, i.ID)
		h.code("again while it is under way", err, "installation_not_failed")
		h.spend()
		asked := len(p.got)
		got, err := h.Get(ctx, h.ben, i.ID)
		h.ok(err)
		const fault = "The product refused to create the integration user (status 409). It says: The plan of this workspace allows no more robots."
		if got.State != integration.Failed || got.Provisioned != integration.ProvisionFailed || got.Fault != fault || asked != 12 {
			t.Errorf("after %d attempts: %+v", asked, got.Installation)
		}
		_, err = h.obtain("")
		h.code("a token", err, "installation_failed")
		told := func(want int) {
			t.Helper()
			for name, n := range map[string]int{"administrator": h.notices(h.ben, "installation.provision_fail"), "developer": h.notices(h.ada, "installation.provision_fail")} {
				if n != want {
					t.Errorf("the %s got %d notices, not %d", name, n, want)
				}
			}
		}
		told(1)
		if n := len(h.entries(h.ada, "installation.provision_fail")); n != 1 {
			t.Errorf("%d entries", n)
		}

		// Whoever may not, or not see it, does not.
		_, err = h.Retry(ctx, h.ada, i.ID)
		h.code("the developer", err, "not_found")
		other := h.administrator(h.account("other"), "carl")
		_, err = h.Retry(ctx, other, i.ID)
		h.code("another account", err, "not_found")

		again, err := h.Retry(ctx, h.ben, i.ID)
		h.ok(err)
		if again.State != integration.Pending || again.Fault != "" {
			t.Errorf("asked again: %+v", again)
		}
		_, err = h.obtain("")
		h.code("a token meanwhile", err, "installation_pending")
		p.says(http.StatusOK, `not JSON`)
		h.spend()
		if got, err = h.Get(ctx, h.ben, i.ID); err != nil || got.State != integration.Failed || len(p.got) != 24 || got.Fault != "The product's provisioning hook gave no user_key." {
			t.Errorf("failed again after %d requests: %+v %v", len(p.got), got.Installation, err)
		}
		told(2)

		// Switched off it stays failed underneath; restored it is tried by itself.
		_, err = h.SetAvailable(ctx, h.ben, i.ID, integration.Availability{Reason: "audit"})
		h.ok(err)
		back, err := h.SetAvailable(ctx, h.ben, i.ID, integration.Availability{Available: true})
		h.ok(err)
		if back.State != integration.Failed {
			t.Errorf("on again: %s", back.State)
		}
		_, err = h.Retry(ctx, operator, i.ID)
		h.ok(err)
		p.says(http.StatusOK, `{"user_key":"u-81"}`)
		h.ok(h.jobs.Drain(ctx))
		if got, err = h.Get(ctx, h.ben, i.ID); err != nil || got.State != integration.Active || got.Fault != "" {
			t.Errorf("by the operator: %+v %v", got.Installation, err)
		}
		_, err = h.obtain("")
		h.ok(err)
		var left []job.Job
		h.ok(h.DB.Read(ctx, func(tx *store.Tx) error {
			var err error
			left, err = job.List(tx, job.Filter{State: job.Exhausted})
			return err
		}))
		if len(left) != 0 {
			t.Errorf("exhausted jobs of what works by now: %+v", left)
		}
	})
}

func TestAFailedInstallationIsRemovedAndRestored(t *testing.T) {
	t.Parallel()
	h := one(t)
	p := &product{}
	p.says(http.StatusBadGateway, "")
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	h.Hook = &integration.Hook{URL: server.URL, Secret: secret.New("shared"), Client: server.Client()}
	i := h.install()
	h.spend()
	_, err := h.Remove(ctx, h.ben, i.ID, "")
	h.ok(err)
	_, err = h.Retry(ctx, h.ben, i.ID)
	h.code("removed", err, "installation_removed")
	p.says(http.StatusOK, `{"user_key":"u-81"}`)
	back, err := h.Restore(ctx, h.ben, i.ID)
	h.ok(err)
	if back.State != integration.Pending || back.Fault != "" {
		t.Errorf("restored: %+v", back)
	}
	h.ok(h.jobs.Drain(ctx))
	if got, err := h.Get(ctx, h.ben, i.ID); err != nil || got.State != integration.Active {
		t.Errorf("after the restoration: %s %v", got.State, err)
	}
}

// A product without a hook any more has nobody to wait for.
func TestRetryWithoutAHook(t *testing.T) {
	t.Parallel()
	h := one(t)
	p := &product{}
	p.says(http.StatusBadGateway, "")
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	h.Hook = &integration.Hook{URL: server.URL, Secret: secret.New("shared"), Client: server.Client()}
	i := h.install()
	h.spend()
	h.Hook = nil
	back, err := h.Retry(ctx, h.ben, i.ID)
	h.ok(err)
	if back.State != integration.Active {
		t.Errorf("%+v", back)
	}
}

func TestARemovedInstallationIsNotProvisioned(t *testing.T) {
	t.Parallel()
	h := one(t)
	p := &product{answer: func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"user_key":"u-81"}`)) }}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	h.Hook = &integration.Hook{URL: server.URL, Secret: secret.New("shared"), Client: server.Client()}
	i := h.install()
	_, err := h.Remove(ctx, h.ben, i.ID, "")
	h.ok(err)
	h.ok(h.jobs.Drain(ctx))
	if len(p.got) != 0 {
		t.Errorf("the product was asked for %v", p.got)
	}
	back, err := h.Restore(ctx, h.ben, i.ID)
	h.ok(err)
	if back.State != integration.Pending {
		t.Errorf("restored: %s", back.State)
	}
	h.ok(h.jobs.Drain(ctx))
	if got, err := h.Get(ctx, h.ben, i.ID); err != nil || got.State != integration.Active {
		t.Errorf("after the restoration: %s %v", got.State, err)
	}
}

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

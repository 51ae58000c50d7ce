package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/sandbox"
)

// H44: a sandbox simulates failures for the next calls or for some time; nobody
// else's account ever does.
func TestH44_ASandboxSimulatesFailures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(*storetest.Clock) *store.DB) {
		clock := storetest.NewClock()
		h := start(t, open(clock), clock)
		ctx := t.Context()
		lab, harbour := h.Token(h.key, "lab"), h.Token(h.key, "harbour")
		calls := func(what, raw, key string, want ...int) {
			t.Helper()
			for i, status := range want {
				if a := h.Call(raw, "GET", "/api/v1/accounts/"+key+"/projects/web/flags", nil); a.Status != status {
					t.Fatalf("%s, call %d: %d %s, not %d", what, i, a.Status, a.Body, status)
				} else if status == http.StatusTooManyRequests && a.Header.Get("Retry-After") == "" {
					t.Errorf("%s: no Retry-After", what)
				}
			}
		}
		order := func(o sandbox.Order) {
			t.Helper()
			_, err := h.Sandboxes.Simulate(ctx, h.dan, h.lab.ID, o)
			h.ok(err)
		}
		calls("before", lab, "lab", 200)
		order(sandbox.Order{Outcome: "rate_limited", Calls: 2})
		calls("a customer meanwhile", harbour, "harbour", 200)
		calls("two calls", lab, "lab", 429, 429, 200, 200)
		order(sandbox.Order{Outcome: "revoked_key", Minutes: 5})
		calls("a revoked key", lab, "lab", 401, 401, 401)
		clock.Advance(5 * time.Minute)
		calls("afterwards", lab, "lab", 200)
		_, err := h.Sandboxes.Simulation(ctx, h.dan, h.lab.ID)
		h.code("it is over", err, "not_found")
		order(sandbox.Order{Outcome: "server_error", Calls: 1000, Minutes: 60})
		calls("the product fails", lab, "lab", 500)
		if got, err := h.Sandboxes.Simulation(ctx, h.dan, h.lab.ID); err != nil || got.Calls != 999 || got.Outcome != "server_error" {
			t.Errorf("%+v %v", got, err)
		}
		order(sandbox.Order{Delay: 1, Calls: 1})
		calls("late, but real", lab, "lab", 200)
		order(sandbox.Order{Outcome: "unavailable", Calls: 5})
		h.ok(h.Sandboxes.EndSimulation(ctx, h.dan, h.lab.ID))
		calls("ended", lab, "lab", 200)
		h.code("ended twice", h.Sandboxes.EndSimulation(ctx, h.dan, h.lab.ID), "not_found")

		for what, o := range map[string]sandbox.Order{"nothing": {}, "for how long": {Outcome: "rate_limited"}, "no such outcome": {Outcome: "fire", Calls: 1}, "too late": {Delay: 30_001, Calls: 1},
			"too many": {Outcome: "rate_limited", Calls: 10_001}, "too long": {Outcome: "rate_limited", Minutes: 1441}} {
			_, err := h.Sandboxes.Simulate(ctx, h.dan, h.lab.ID, o)
			h.code(what, err, "simulation_invalid")
		}
		leo := access.UserPrincipal(h.Person("leo@acme.example"), map[string]string{h.team.ID.String(): access.GroupMember}, nil)
		_, err = h.Sandboxes.Simulate(ctx, leo, h.lab.ID, sandbox.Order{Outcome: "rate_limited", Calls: 1})
		h.code("a plain member", err, "forbidden")
		_, err = h.Sandboxes.Simulate(ctx, h.dan, h.harbour.ID, sandbox.Order{Outcome: "rate_limited", Calls: 1})
		h.code("in a customer's account", err, "not_found")
		if n := h.audited(); n["sandbox.simulate"] != 5 || n["sandbox.end_simulation"] != 1 {
			t.Errorf("audited: %v", n)
		}
	})
}

// H44: what opens a customer's account opens no sandbox, and the reverse.
func TestH44_CredentialsOfOneAccountOpenNoOther(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	h := start(t, storetest.Open(t, clock), clock)
	lab, harbour := h.Token(h.key, "lab"), h.Token(h.key, "harbour")
	for _, c := range []struct {
		raw, key string
		status   int
	}{{lab, "lab", 200}, {harbour, "harbour", 200}, {lab, "harbour", 404}, {harbour, "lab", 404}} {
		if a := h.Call(c.raw, "GET", "/api/v1/accounts/"+c.key+"/projects/web/flags", nil); a.Status != c.status {
			t.Errorf("%s: %d %s, not %d", c.key, a.Status, a.Body, c.status)
		}
	}
}

package quota

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/kit/store/storetest"
	"github.com/guestright/guestright/kit/web"
)

func TestLimitsOverHTTP(t *testing.T) {
	t.Parallel()
	s := node(t, storetest.Open(t, storetest.NewClock()), "")
	member := access.UserPrincipal("usr_m", map[string]string{"grp_a": access.GroupMember}, nil)
	by := member
	api := web.New(web.Config{Title: "t", Version: "1", Gate: func(r *http.Request, _ web.Operation) (context.Context, error) {
		return access.With(r.Context(), by), nil
	}})
	s.Mount(api)
	if _, err := api.OpenAPI(); err != nil {
		t.Fatal(err)
	}
	call := func(status int, method, path, body string) string {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
		}
		return w.Body.String()
	}
	has := func(text, want string) {
		t.Helper()
		if !strings.Contains(text, want) {
			t.Errorf("%s\nlacks %s", text, want)
		}
	}
	grant := `{"value": 20000, "reason": "launch"}`
	has(call(200, "GET", "/v1/groups/grp_a/limits", ""),
		`{"name":"day","unit":"calls","scope":"group","value":10000,"used":0,"remaining":10000,"source":"default","plan":"development","window":"24h0m0s","window_seconds":86400,"mode":"reject","shape":"fixed"}`)
	call(404, "GET", "/v1/groups/grp_b/limits", "")
	call(403, "PUT", "/v1/groups/grp_a/limits/day", grant)
	call(404, "PUT", "/v1/groups/grp_b/limits/day", grant)
	call(403, "PUT", "/v1/groups/grp_a/plan", `{"plan": "development", "reason": "x"}`)
	by = access.Operator("usr_op")
	has(call(200, "PUT", "/v1/groups/grp_a/limits/day", grant),
		`"value":20000,"used":0,"remaining":20000,"source":"grant","plan":"development","window":"24h0m0s","window_seconds":86400,"mode":"reject","shape":"fixed","reason":"launch","effective_from":"2026-03-02T10:00:00Z"}`)
	call(422, "PUT", "/v1/groups/grp_a/limits/day", `{"value": 5, "reason": ""}`)
	call(422, "PUT", "/v1/groups/grp_a/limits/day", `{"value": 5, "reason": "x", "ends": "2020-01-01T00:00:00Z"}`)
	call(404, "PUT", "/v1/groups/grp_a/limits/week", grant)
	call(422, "PUT", "/v1/groups/grp_a/plan", `{"plan": "gold", "reason": "x"}`)
	has(call(200, "PUT", "/v1/groups/grp_a/plan", `{"plan": "development", "reason": "x"}`), `"source":"plan"`)
	call(204, "DELETE", "/v1/groups/grp_a/limits/day", "")
	call(404, "DELETE", "/v1/groups/grp_a/limits/day", "")
}

// A13: the refusal is a 429 that names the bucket, with fields that agree.
func TestA13RefusalNamesTheBucket(t *testing.T) {
	t.Parallel()
	m := alone(t, Limit{Name: "day", Calls: 10, Per: 24 * time.Hour})
	for range 10 {
		m.Take(start, 1)
	}
	d := m.Take(start.Add(time.Hour), 1)
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/x", nil)
	w := httptest.NewRecorder()
	d.WriteHeader(w.Header(), StyleXRate)
	web.WriteProblem(w, r, d.Problem())
	for name, want := range map[string]string{"RateLimit-Policy": `"day";q=10;w=86400`, "RateLimit": `"day";r=0;t=82800`, "Retry-After": "82800",
		"X-Rate-Limit-Limit": "10", "X-Rate-Limit-Remaining": "0"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if w.Code != 429 || !strings.Contains(w.Body.String(), `"bucket":"day"`) || !strings.Contains(w.Body.String(), "10 calls in 24 hours") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A15: a sandbox header forces an outcome with the shape of the real one.
func TestA15Simulation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header  string
		sandbox bool
		status  int
	}{{"rate_limited", true, 429}, {" Invalid_Token ", true, 401}, {"forbidden", true, 403}, {"server_error", true, 500}, {"unavailable", true, 503},
		{"timeout", true, 504}, {"rate_limited", false, 0}, {"", true, 0}, {"nonsense", true, 0}} {
		s, ok := Simulate(c.header, c.sandbox)
		if s.Status != c.status || ok != (c.status != 0) {
			t.Errorf("%q sandbox %v: %+v", c.header, c.sandbox, s)
		}
	}
	m := alone(t, Development().Limits...)
	for word, bucket := range map[string]string{"rate_limited": "burst", "quota_exceeded": "day"} {
		s, _ := Simulate(word, true)
		d := m.Simulated(s)
		p := d.Problem()
		if d.Allowed || p.Code != word || p.Extra["bucket"] != bucket || d.RetryAfter() != 10 {
			t.Errorf("%s: %+v", word, p)
		}
		if got, want := string(d.AppendState(nil)), `"`+bucket+`";r=0;t=10`; got != want {
			t.Errorf("%s: RateLimit %s, want %s", word, got, want)
		}
	}
	if d := m.Take(start, 0); string(d.AppendState(nil)) != `"burst";r=100;t=0, "day";r=10000;t=0` {
		t.Errorf("a simulation took something: %s", d.AppendState(nil))
	}
	bare := alone(t)
	s, _ := Simulate("rate_limited", true)
	if d := bare.Simulated(s); d.Problem().Code != CodeRateLimited {
		t.Errorf("without limits: %+v", d.Problem())
	}
}

func TestHolderWithoutGroupPaysFromItsAccount(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	s := node(t, storetest.Open(t, clock), "")
	s.AccountPlan = "private"
	try(t, s.SetPlans([]Plan{{Name: "private", Limits: []Limit{{Name: "day", Calls: 3, Per: 24 * time.Hour}}}}))
	a, b := s.Meter(Holder{Account: "acc_a", Key: "key_1"}), s.Meter(Holder{Account: "acc_a", Key: "key_2"})
	if got := spend(a, clock.Now(), 2) + spend(b, clock.Now(), 2); got != 3 {
		t.Errorf("%d passed, want 3", got)
	}
	if got := spend(s.Meter(Holder{Account: "acc_b"}), clock.Now(), 2); got != 2 {
		t.Errorf("%d passed in another account", got)
	}
}

package server_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/catalog"
	"github.com/guestright/guestright/edge/gateway"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/quota"
	"github.com/guestright/guestright/server/fronttest"
	"github.com/guestright/guestright/usage"
)

// counted asks how calls ended, of an application or, when it is "", of all.
func (s *stand) counted(t *testing.T, application string) usage.Tally {
	t.Helper()
	series, err := s.House.Usage.Series(t.Context(), access.Operator("usr_test"), usage.Query{Filter: usage.Filter{Application: application}, Step: usage.StepHour})
	if err != nil {
		t.Fatal(err)
	}
	return series.Outcomes
}

// A17: each way in which a call can end is produced through each door, and
// counted under its name once.
func TestA17OutcomesAreCounted(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		t.Run(s.name, func(t *testing.T) { s.everyOutcome(t) })
	}
}

func (s *stand) everyOutcome(t *testing.T) {
	h := s.House
	bearer := func(raw string) string { return "Authorization: Bearer " + raw }
	step := func(want usage.Outcome, code, line string, fields ...string) {
		t.Helper()
		before := s.counted(t, "")
		a, _ := s.raw(t, fronttest.Get(line, fronttest.Host, fields...))
		after := s.counted(t, "")
		if code != "" && !strings.Contains(a.Body, `"code":"`+code+`"`) {
			t.Errorf("%s: %d %s, want %s", want, a.Status, a.Body, code)
		}
		for _, o := range usage.Outcomes() {
			grown := after[o] - before[o]
			if o == want && grown != 1 || o != want && grown != 0 {
				t.Errorf("%s: %s grew by %d", want, o, grown)
			}
		}
	}
	step(usage.OK, "", "GET /a/x HTTP/1.1", bearer(s.token))
	step(usage.MissingCredential, "missing_credential", "GET /a/x HTTP/1.1")
	step(usage.InvalidToken, "invalid_token", "GET /a/x HTTP/1.1", bearer("garbage"))
	step(usage.ScopeMissing, "scope_missing", "GET /admin HTTP/1.1", bearer(s.token))
	step(usage.OperationUnmapped, "operation_unmapped", "GET /unmapped HTTP/1.1", bearer(s.token))
	step(usage.NotFound, "not_found", "GET /nowhere HTTP/1.1", bearer(s.token))
	step(usage.NotFound, "not_found", "GET /a/x HTTP/1.1", bearer(s.token), "X-Tenant: south")
	step(usage.Malformed, "request.path_dot_segment", "GET /a/../x HTTP/1.1", bearer(s.token))
	if s.name == "proxy" { // who only asks does not say how the product answered
		step(usage.ProductError, "", "GET /fails HTTP/1.1", bearer(s.token))
	}
	admin, narrow := h.Customer("narrow", account.Production)
	if _, err := h.Integrations.Install(t.Context(), admin, narrow.ID, integration.Order{ApplicationID: s.app.PublicID, Without: []string{"thing:view"}}); err != nil {
		t.Fatal(err)
	}
	step(usage.PermissionDenied, "permission_denied", "GET /things/1 HTTP/1.1", bearer(h.Token(s.key, narrow.ID.String())))
	step(usage.OK, "", "GET /things/1 HTTP/1.1", bearer(s.token))

	for limit, o := range map[string]usage.Outcome{"burst": usage.RateLimited, "day": usage.QuotaExceeded} {
		key, app := s.another(t, limit)
		if err := h.Quota.Grant(t.Context(), access.Operator("usr_test"), quota.Override{Owner: app.Group, Limit: limit, Value: 1, Reason: "test"}); err != nil {
			t.Fatal(err)
		}
		token := h.Token(key, "")
		step(usage.OK, "", "GET /a/x HTTP/1.1", bearer(token))
		step(o, o.String(), "GET /a/x HTTP/1.1", bearer(token))
		if got := s.counted(t, app.ID.String()); got[usage.OK] != 1 || got[o] != 1 || got.Total() != 2 {
			t.Errorf("%s by application: %v", o, got)
		}
	}
	s.states(t, step)
}

// states walks an installation through what stops it.
func (s *stand) states(t *testing.T, step func(want usage.Outcome, code, line string, fields ...string)) {
	t.Helper()
	h, ctx := s.House, t.Context()
	call := func(o usage.Outcome, code string) {
		t.Helper()
		step(o, code, "GET /a/x HTTP/1.1", "Authorization: Bearer "+s.token)
	}
	do := func(_ integration.Installation, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(h.Integrations.SetAvailable(ctx, s.admin, s.ins.ID, integration.Availability{Reason: "audit"}))
	call(usage.InstallationDisabled, "installation_unavailable")
	do(h.Integrations.SetAvailable(ctx, s.admin, s.ins.ID, integration.Availability{Available: true}))
	call(usage.OK, "")
	do(h.Integrations.Withhold(ctx, s.dev, s.ins.ID, "not paid"))
	call(usage.Blocked, "installation_blocked")
	do(h.Integrations.Release(ctx, s.dev, s.ins.ID))
	call(usage.OK, "")
	if _, err := h.Applications.RevokeKey(ctx, s.dev, s.key.ID); err != nil {
		t.Fatal(err)
	}
	call(usage.RevokedKey, "key_revoked")
	key, err := h.Applications.CreateKey(ctx, s.dev, s.app.ID, application.KeyDraft{Label: "next"})
	if err != nil {
		t.Fatal(err)
	}
	s.key, s.token = key, h.Token(key, s.account.ID.String())
	call(usage.OK, "")
	do(h.Integrations.Remove(ctx, s.admin, s.ins.ID, ""))
	call(usage.NotInstalled, "")
	h.Catalog.Swap(nil)
	call(usage.Unavailable, "catalog_missing")
}

// another registers an application of a group of its own and installs it.
func (s *stand) another(t *testing.T, name string) (application.IssuedKey, application.Application) {
	t.Helper()
	dev, team := s.House.Developer(name + "@example.com")
	app, key := s.House.Release(dev, team, "a")
	s.House.Install(s.admin, s.account, app)
	return key, app
}

// A13: with a limit of 10 the eleventh call is refused, says when to come back
// and which bucket is empty, and does not reach the product.
func TestA13EleventhCall(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t, catalog.Limit{Calls: 10, Per: catalog.Period(24 * time.Hour)}) {
		t.Run(s.name, func(t *testing.T) {
			for i := range 10 {
				a, seen := s.send(t, "GET /a/x HTTP/1.1")
				s.served(t, "call "+strconv.Itoa(i+1), "/a/x", a, seen)
			}
			a, seen := s.send(t, "GET /a/x HTTP/1.1")
			s.refused(t, "call 11", a, seen, 429)
			s.limited(t, a, "day", 24*3600)
		})
	}
}

// H30: 100 calls in 10 s; the 101st is refused with the standard fields and the
// older ones, all of which agree. By the house's clock, which stands still here:
// one second before the period is over it still refuses, then all 100 are back.
func TestH30HundredAndFirstCall(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t, catalog.Limit{Calls: 100, Per: catalog.Period(10 * time.Second)}, catalog.Limit{Calls: 200_000, Per: catalog.Period(24 * time.Hour)}) {
		t.Run(s.name, func(t *testing.T) {
			for range 2 {
				for i := range 100 {
					a, _ := s.send(t, "GET /a/x HTTP/1.1")
					if a.Status != http.StatusOK || !strings.Contains(a.Header.Get("RateLimit"), `"burst";r=`+strconv.Itoa(99-i)+";") {
						t.Fatalf("call %d: %d %v", i+1, a.Status, a.Header)
					}
				}
				s.hundredAndFirst(t, "10")
				s.clock.Advance(9 * time.Second)
				s.hundredAndFirst(t, "1")
				s.clock.Advance(time.Second)
			}
		})
	}
}

// hundredAndFirst sends the call that is one too many.
func (s *stand) hundredAndFirst(t *testing.T, after string) {
	t.Helper()
	a, seen := s.send(t, "GET /a/x HTTP/1.1")
	s.refused(t, "call 101", a, seen, http.StatusTooManyRequests)
	s.limited(t, a, "burst", 10)
	if a.Header.Get("Retry-After") != after {
		t.Errorf("Retry-After %q, want %s", a.Header.Get("Retry-After"), after)
	}
	if s.name == "proxy" && (a.Header.Get("X-RateLimit-Limit") != "100" || a.Header.Get("X-RateLimit-Remaining") != "0" ||
		a.Header.Get("X-RateLimit-Reset") != after) {
		t.Errorf("compatible fields: %v", a.Header)
	}
}

// limited checks the shape of a 429.
func (s *stand) limited(t *testing.T, a fronttest.Answer, bucket string, most int) {
	t.Helper()
	after, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil || after < 1 || after > most {
		t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
	}
	if want := `"` + bucket + `";r=0;t=` + strconv.Itoa(after); a.Header.Get("RateLimit") != want {
		t.Errorf("RateLimit %q, want %q", a.Header.Get("RateLimit"), want)
	}
	if !strings.Contains(a.Header.Get("RateLimit-Policy"), `"`+bucket+`";q=`) {
		t.Errorf("RateLimit-Policy %q", a.Header.Get("RateLimit-Policy"))
	}
	var doc struct {
		Code, Bucket, Decision string
		After                  int `json:"retry_after"`
	}
	if err := json.Unmarshal([]byte(a.Body), &doc); err != nil || doc.Bucket != bucket || doc.After != after || doc.Decision == "" {
		t.Errorf("body %s", a.Body)
	}
}

// A15: a sandbox can rehearse any outcome, in its real shape; elsewhere the
// header means nothing, and the product never sees it.
func TestA15SimulatedOutcomes(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t, catalog.Limit{Calls: 1000, Per: catalog.Period(10 * time.Second)}, catalog.Limit{Calls: 5000, Per: catalog.Period(24 * time.Hour)}) {
		t.Run(s.name, func(t *testing.T) {
			admin, sandbox := s.House.Customer("sandbox", account.Sandbox)
			s.House.Install(admin, sandbox, s.app)
			token := s.House.Token(s.key, sandbox.ID.String())
			in := func(raw, want string) (fronttest.Answer, []fronttest.Seen) {
				return s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, "Authorization: Bearer "+raw, "X-Simulate: "+want))
			}
			a, seen := in(token, "rate_limited")
			s.refused(t, "rate_limited", a, seen, 429)
			s.limited(t, a, "burst", 10)
			a, seen = in(token, "quota_exceeded")
			s.refused(t, "quota_exceeded", a, seen, 429)
			s.limited(t, a, "day", 24*3600)
			for name, status := range map[string]int{"invalid_token": 401, "permission_denied": 403, "scope_missing": 403, "not_found": 404,
				"server_error": 500, "bad_gateway": 502, "unavailable": 503, "gateway_timeout": 504} {
				a, seen := in(token, name)
				var doc struct {
					Code      string
					Status    int
					Simulated bool
				}
				if err := json.Unmarshal([]byte(a.Body), &doc); err != nil || a.Status != status || len(seen) > 0 || doc.Code == "internal" || doc.Status != status || !doc.Simulated {
					t.Errorf("%s: %d %s, %d calls at the product", name, a.Status, a.Body, len(seen))
				}
			}
			a, seen = in(token, "nonsense")
			s.served(t, "a word that means nothing", "/a/x", a, seen)
			a, seen = in(s.token, "rate_limited")
			got := s.served(t, "outside a sandbox", "/a/x", a, seen)
			if len(got.All("X-Simulate")) > 0 {
				t.Errorf("the product saw %v", got.Fields)
			}
		})
	}
}

// A16: five calls show as five, at once and after they were written, by
// application, account, operation and key.
func TestA16FiveCallsShow(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		t.Run(s.name, func(t *testing.T) {
			for range 5 {
				a, seen := s.send(t, "GET /a/x HTTP/1.1")
				s.served(t, "call", "/a/x", a, seen)
			}
			check := func(when string) {
				t.Helper()
				for name, f := range map[string]usage.Filter{"application": {Application: s.app.ID.String()}, "account": {Account: s.account.ID.String()},
					"operation": {Application: s.app.ID.String(), Operation: "read"}, "key": {Application: s.app.ID.String(), Key: s.key.ID.String()}} {
					series, err := s.House.Usage.Series(t.Context(), s.principal(name), usage.Query{Filter: f, Step: usage.StepHour})
					if err != nil || series.Total != 5 || series.Outcomes[usage.OK] != 5 {
						t.Errorf("%s, by %s: %v %v", when, name, series.Outcomes, err)
					}
				}
			}
			check("at once")
			if err := s.House.Usage.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			check("written")
		})
	}
}

// principal is who may see the usage of something.
func (s *stand) principal(name string) access.Principal {
	if name == "account" {
		return s.admin
	}
	return s.dev
}

// A30 and A11 at the token endpoint: a wrong secret and a missing installation
// are told apart, but only to who has the right secret; a block says so.
func TestA30A11TokenEndpoint(t *testing.T) {
	t.Parallel()
	s := newStand(t, "proxy", gateway.FamilyOriginal)
	h, ctx := s.House, t.Context()
	ask := func(key application.IssuedKey, account string, status int, code, name string) {
		t.Helper()
		a := h.AskToken(key, account)
		if a.Status != status || a.Code() != code || a.JSON()["error"] != name {
			t.Errorf("%d %s, want %d %s %s", a.Status, a.Body, status, code, name)
		}
	}
	wrong, unknown := s.key, s.key
	wrong.Secret = secret.Generate(secret.ClientSecret)
	unknown.ClientID = "nobody"
	ask(wrong, s.account.ID.String(), 401, "invalid_client", "invalid_client")
	ask(wrong, "no-such-account", 401, "invalid_client", "invalid_client")
	ask(unknown, s.account.ID.String(), 401, "invalid_client", "invalid_client")
	ask(s.key, "south", 400, "app_not_installed", "invalid_grant")
	ask(s.key, "no-such-account", 400, "app_not_installed", "invalid_grant")
	for name, block := range map[string][2]func() (integration.Installation, error){
		"developer": {func() (integration.Installation, error) { return h.Integrations.Withhold(ctx, s.dev, s.ins.ID, "x") },
			func() (integration.Installation, error) { return h.Integrations.Release(ctx, s.dev, s.ins.ID) }},
		"operator": {func() (integration.Installation, error) {
			return h.Integrations.Block(ctx, access.Operator("usr_test"), s.ins.ID, "x")
		}, func() (integration.Installation, error) {
			return h.Integrations.Unblock(ctx, access.Operator("usr_test"), s.ins.ID)
		}},
	} {
		if _, err := block[0](); err != nil {
			t.Fatal(name, err)
		}
		ask(s.key, "", 403, "installation_blocked", "access_denied")
		a, seen := s.send(t, "GET /a/x HTTP/1.1")
		s.refused(t, "A11 "+name, a, seen, 403)
		if _, err := block[1](); err != nil {
			t.Fatal(name, err)
		}
		if a := h.AskToken(s.key, ""); a.Status != http.StatusOK {
			t.Errorf("A11 unblocked by %s: %d %s", name, a.Status, a.Body)
		}
		a, seen = s.send(t, "GET /a/x HTTP/1.1")
		s.served(t, "A11 unblocked", "/a/x", a, seen)
	}
}

// A25: off is 403 with its own code, on works again with the same token.
func TestA25AvailabilitySwitch(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		t.Run(s.name, func(t *testing.T) {
			for range 2 {
				if _, err := s.House.Integrations.SetAvailable(t.Context(), s.admin, s.ins.ID, integration.Availability{Reason: "audit"}); err != nil {
					t.Fatal(err)
				}
				a, seen := s.send(t, "GET /a/x HTTP/1.1")
				s.refused(t, "off", a, seen, 403)
				if !strings.Contains(a.Body, `"code":"installation_unavailable"`) {
					t.Errorf("off: %s", a.Body)
				}
				if got := s.House.AskToken(s.key, ""); got.Status != http.StatusForbidden || got.Code() != "installation_unavailable" {
					t.Errorf("token while off: %d %s", got.Status, got.Body)
				}
				if _, err := s.House.Integrations.SetAvailable(t.Context(), s.admin, s.ins.ID, integration.Availability{Available: true}); err != nil {
					t.Fatal(err)
				}
				a, seen = s.send(t, "GET /a/x HTTP/1.1")
				s.served(t, "on again", "/a/x", a, seen)
			}
		})
	}
}

// M09 and M11: a cached decision neither outlives nor blurs authority.
func TestM09M11CachedDecisions(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		t.Run(s.name, func(t *testing.T) {
			h, ctx := s.House, t.Context()
			dev, team := h.Developer("wide@example.com")
			app, key := h.Release(dev, team, "a", "b")
			ins := h.Install(s.admin, s.account, app)
			bearer := func(raw string) string { return "Authorization: Bearer " + raw }
			del := func(raw string) (fronttest.Answer, []fronttest.Seen) {
				return s.raw(t, fronttest.Get("DELETE /a/x HTTP/1.1", fronttest.Host, bearer(raw)))
			}
			wide, narrow := h.Token(key, ""), s.narrow(t, key, "a")
			a, seen := del(wide)
			got := s.served(t, "M09 wide token", "/a/x", a, seen)
			wideID := got.All(gateway.IdentityHeader)[0]
			a, seen = del(narrow)
			s.refused(t, "M09 narrow token after the wide one", a, seen, 403)
			if !strings.Contains(a.Body, `"granted":["a"]`) || !strings.Contains(a.Body, `"missing":["b"]`) {
				t.Errorf("M09: %s", a.Body)
			}
			a, seen = s.raw(t, fronttest.Get("GET /a/x HTTP/1.1", fronttest.Host, bearer(narrow)))
			if got := s.served(t, "M09 what the narrow token may", "/a/x", a, seen); got.All(gateway.IdentityHeader)[0] == wideID {
				t.Error("M09: the narrow token travels with the wide token's identity")
			}
			a, seen = del(wide)
			s.served(t, "M09 wide token again", "/a/x", a, seen)

			if _, err := h.Applications.RevokeKey(ctx, dev, key.ID); err != nil {
				t.Fatal(err)
			}
			for name, raw := range map[string]string{"wide": wide, "narrow": narrow} {
				a, seen = del(raw)
				s.refused(t, "M11 after revoking the key: "+name, a, seen, 401)
			}
			next, err := h.Applications.CreateKey(ctx, dev, app.ID, application.KeyDraft{Label: "next"})
			if err != nil {
				t.Fatal(err)
			}
			fresh := h.Token(next, "")
			a, seen = del(fresh)
			s.served(t, "M11 new key", "/a/x", a, seen)
			if _, err := h.Integrations.Remove(ctx, s.admin, ins.ID, ""); err != nil {
				t.Fatal(err)
			}
			a, seen = del(fresh)
			s.refused(t, "M11 after removing the installation", a, seen, 401)
		})
	}
}

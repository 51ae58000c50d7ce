package deploybot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/example/deploybot"
)

const secret = "grsk_this-must-never-be-printed"

var moment = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// world is the outside: a token endpoint and an API with one flag in two environments. Scripted answers come first.
type world struct {
	t      *testing.T
	web    *httptest.Server
	mu     sync.Mutex
	tokens []url.Values
	calls  []string
	on     map[string]bool
	script []func(http.ResponseWriter, *http.Request) bool
	token  func(http.ResponseWriter) bool
	valid  string
	out    strings.Builder
	waited []time.Duration
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, on: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth/token", w.serveToken)
	mux.HandleFunc("/api/v1/accounts/harbour-books/projects/web-shop/environments/{env}/flags/checkout", w.serveFlag)
	w.web = httptest.NewServer(mux)
	t.Cleanup(w.web.Close)
	return w
}

func (w *world) serveToken(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id, given, ok := r.BasicAuth()
	if err := r.ParseForm(); err != nil || !ok || id != "key-1" || given != secret {
		out.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.tokens = append(w.tokens, r.PostForm)
	out.Header().Set("Content-Type", "application/json")
	if w.token != nil && w.token(out) {
		return
	}
	w.valid = fmt.Sprintf("token-%d", len(w.tokens))
	_ = json.NewEncoder(out).Encode(map[string]any{"access_token": w.valid, "token_type": "Bearer", "expires_in": 3600})
}

func (w *world) serveFlag(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	env := r.PathValue("env")
	w.calls = append(w.calls, r.Method+" "+env)
	if len(w.script) > 0 {
		next := w.script[0]
		w.script = w.script[1:]
		if next(out, r) {
			return
		}
	}
	if r.Header.Get("Authorization") != "Bearer "+w.valid {
		out.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodPatch {
		if r.Header.Get("If-Match") != `"4"` || r.Header.Get("Content-Type") != "application/merge-patch+json" {
			w.t.Errorf("changed with If-Match %q as %q", r.Header.Get("If-Match"), r.Header.Get("Content-Type"))
		}
		w.on[env] = true
	}
	out.Header().Set("ETag", `"4"`)
	_ = json.NewEncoder(out).Encode(map[string]any{"on": w.on[env], "version": 5})
}

func (w *world) run(bend func(*deploybot.Config)) error {
	c := deploybot.Config{
		TokenURL: w.web.URL + "/oauth/token", ClientID: "key-1", ClientSecret: secret, AccountID: "acc_1", Scopes: []string{"flags.read", "flags.write"},
		APIURL: w.web.URL, AccountKey: "harbour-books", Project: "web-shop", Flag: "checkout", Out: &w.out, HTTP: w.web.Client(),
		Now: func() time.Time { return moment },
		Wait: func(ctx context.Context, d time.Duration) error {
			w.waited = append(w.waited, d)
			return ctx.Err()
		},
	}
	if bend != nil {
		bend(&c)
	}
	err := deploybot.Run(w.t.Context(), c)
	if strings.Contains(w.out.String(), secret) || err != nil && strings.Contains(err.Error(), secret) {
		w.t.Error("the secret was printed")
	}
	return err
}

// says makes a scripted answer.
func says(status int, body string, headers ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(out http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i < len(headers); i += 2 {
			out.Header().Add(headers[i], headers[i+1])
		}
		out.WriteHeader(status)
		_, _ = out.Write([]byte(body))
		return true
	}
}

func pass(http.ResponseWriter, *http.Request) bool { return false }

func TestTurnsTheFlagOnInStagingThenProduction(t *testing.T) {
	t.Parallel()
	w := start(t)
	var deployed []string
	err := w.run(func(c *deploybot.Config) {
		c.Deploy = func(_ context.Context, environment string) error {
			deployed = append(deployed, environment)
			return nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"GET staging", "PATCH staging", "GET production", "PATCH production"}; !slices.Equal(w.calls, want) {
		t.Errorf("called %v", w.calls)
	}
	if !slices.Equal(deployed, []string{"staging", "production"}) || !w.on["staging"] || !w.on["production"] {
		t.Errorf("deployed to %v, on in %v", deployed, w.on)
	}
	if len(w.tokens) != 1 {
		t.Fatalf("%d tokens for one run", len(w.tokens))
	}
	form := w.tokens[0]
	if form.Get("grant_type") != "client_credentials" || form.Get("account_id") != "acc_1" || form.Get("scope") != "flags.read flags.write" {
		t.Errorf("asked for %v", form)
	}
	for _, line := range []string{"Deploying to staging.", "Turned checkout on in production, version 5.", "Done: checkout is on in 2 environments."} {
		if !strings.Contains(w.out.String(), line) {
			t.Errorf("didn't say %q:\n%s", line, w.out.String())
		}
	}
	w.out.Reset()
	if err := w.run(nil); err != nil || !strings.Contains(w.out.String(), "on in staging already") {
		t.Errorf("second run: %v\n%s", err, w.out.String())
	}
}

func TestFailedDeploymentLeavesTheFlagAlone(t *testing.T) {
	t.Parallel()
	w := start(t)
	broken := errors.New("the build is red")
	err := w.run(func(c *deploybot.Config) {
		c.Deploy = func(_ context.Context, environment string) error {
			if environment == "production" {
				return broken
			}
			return nil
		}
	})
	if !errors.Is(err, broken) || w.on["production"] || !w.on["staging"] {
		t.Errorf("%v, on in %v", err, w.on)
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.script = append(w.script, pass, says(http.StatusUnauthorized, ""))
	if err := w.run(nil); err != nil {
		t.Fatal(err)
	}
	if len(w.tokens) != 2 || !w.on["production"] {
		t.Errorf("%d tokens, on in %v", len(w.tokens), w.on)
	}

	w = start(t)
	for range 10 {
		w.script = append(w.script, says(http.StatusUnauthorized, `{"code":"token_revoked","detail":"The token was revoked."}`))
	}
	err := w.run(nil)
	if err == nil || !strings.Contains(err.Error(), "token_revoked") || len(w.calls) != 2 {
		t.Errorf("%v after %v", err, w.calls)
	}
}

func TestWaitsAsAsked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer []string
		want   []time.Duration
	}{
		"seconds":           {[]string{"Retry-After", "7"}, []time.Duration{7 * time.Second}},
		"date":              {[]string{"Retry-After", moment.Add(30 * time.Second).Format(http.TimeFormat)}, []time.Duration{30 * time.Second}},
		"nothing said":      {nil, []time.Duration{time.Second}},
		"junk":              {[]string{"Retry-After", "soon"}, []time.Duration{time.Second}},
		"negative":          {[]string{"Retry-After", "-5"}, []time.Duration{time.Second}},
		"limit says longer": {[]string{"Retry-After", "2", "RateLimit", `"burst";r=0;t=9, "day";r=4000;t=40000`}, []time.Duration{9 * time.Second}},
		"a date gone by":    {[]string{"Retry-After", moment.Add(-time.Hour).Format(http.TimeFormat)}, []time.Duration{time.Second}},
	}
	for name, one := range tests {
		for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			w := start(t)
			w.script = append(w.script, says(status, "", one.answer...))
			if err := w.run(nil); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !slices.Equal(w.waited, one.want) {
				t.Errorf("%s: waited %v", name, w.waited)
			}
		}
	}
}

func TestSlowsDownBeforeItIsRefused(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.script = append(w.script, func(out http.ResponseWriter, _ *http.Request) bool {
		out.Header().Set("RateLimit", `"burst";r=0;t=3`)
		return false
	})
	if err := w.run(nil); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.waited, []time.Duration{3 * time.Second}) {
		t.Errorf("waited %v", w.waited)
	}
}

func TestGivesUpInsteadOfWaitingForever(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.script = append(w.script, says(http.StatusTooManyRequests, "", "Retry-After", "86400"))
	if err := w.run(nil); err == nil || !strings.Contains(err.Error(), "24h0m0s") || len(w.waited) != 0 {
		t.Errorf("%v, waited %v", err, w.waited)
	}
	w = start(t)
	for range 20 {
		w.script = append(w.script, says(http.StatusTooManyRequests, "", "Retry-After", "1"))
	}
	if err := w.run(nil); err == nil || len(w.calls) != 5 {
		t.Errorf("%v after %d calls", err, len(w.calls))
	}
}

func TestRefusalSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.script = append(w.script, pass, says(http.StatusForbidden, `{"code":"missing_permission","detail":"This call needs more than was granted.","status":403,
		"decision":"dec_7","alternatives":[["flags.write","flag:update"],["flags.admin"]]}`))
	err := w.run(nil)
	var refused *deploybot.Refusal
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden || refused.Code != "missing_permission" {
		t.Fatalf("answered %v", err)
	}
	for _, part := range []string{"flags.write and flag:update, or flags.admin", "dec_7", "turning checkout on in staging"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q isn't said in:\n%v", part, err)
		}
	}
	if w.on["staging"] || slices.Contains(w.calls, "GET production") {
		t.Error("went on after a refusal")
	}
	for _, body := range []string{"", "<html>", `{"alternatives":"everything"}`, `{"detail":"No."}`} {
		w := start(t)
		w.script = append(w.script, says(http.StatusForbidden, body))
		if err := w.run(nil); !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestReadsAgainWhenSomebodyElseWasFaster(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.script = append(w.script, pass, says(http.StatusPreconditionFailed, ""))
	if err := w.run(nil); err != nil || !w.on["staging"] {
		t.Errorf("%v, on in %v", err, w.on)
	}
	w = start(t)
	for range 3 {
		w.script = append(w.script, pass, says(http.StatusPreconditionFailed, ""))
	}
	if err := w.run(nil); err == nil || !strings.Contains(err.Error(), "keeps changing") {
		t.Errorf("answered %v", err)
	}
}

func TestTokenEndpointIsExplained(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.token = func(out http.ResponseWriter) bool {
		out.WriteHeader(http.StatusBadRequest)
		_, _ = out.Write([]byte(`{"error":"invalid_grant","error_description":"The application is not installed in this account."}`))
		return true
	}
	if err := w.run(nil); err == nil || !strings.Contains(err.Error(), "not installed in this account. (invalid_grant)") {
		t.Errorf("answered %v", err)
	}
	w = start(t)
	once := false
	w.token = func(out http.ResponseWriter) bool {
		if once {
			return false
		}
		once = true
		out.Header().Set("Retry-After", "4")
		out.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	if err := w.run(nil); err != nil || !slices.Equal(w.waited, []time.Duration{4 * time.Second}) {
		t.Errorf("%v, waited %v", err, w.waited)
	}
	w = start(t)
	if err := w.run(func(c *deploybot.Config) { c.ClientSecret = "wrong" }); err == nil || len(w.calls) > 0 {
		t.Errorf("wrong secret: %v", err)
	}
}

func TestStopsWhenCancelled(t *testing.T) {
	t.Parallel()
	w := start(t)
	stopped := errors.New("stopped")
	w.script = append(w.script, says(http.StatusTooManyRequests, "", "Retry-After", "1"))
	err := w.run(func(c *deploybot.Config) { c.Wait = func(context.Context, time.Duration) error { return stopped } })
	if !errors.Is(err, stopped) || len(w.calls) != 1 {
		t.Errorf("%v after %v", err, w.calls)
	}
	if err := deploybot.Run(t.Context(), deploybot.Config{}); err == nil {
		t.Error("an empty configuration was accepted")
	}
}

package pennant_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/client/identity"
	"github.com/guestright/guestright/client/identity/identitytest"
	"github.com/guestright/guestright/example/pennant"
)

const hookSecret = "a-secret-of-the-hooks"

var moment = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// house is a seeded Pennant with a stand-in for Guestright.
type house struct {
	t      *testing.T
	signer *identitytest.Signer
	server *pennant.Server
	web    *httptest.Server
	spec   *spec
}

func open(t *testing.T, dir string, signer *identitytest.Signer) *house {
	t.Helper()
	s, err := pennant.New(pennant.Config{
		Dir: dir, Issuer: signer.Issuer, Audience: signer.Audience, JWKSURL: signer.JWKSURL(), HookSecret: hookSecret,
		Now: func() time.Time { return moment },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, signer: signer, server: s, web: httptest.NewServer(s.Handler()), spec: loadSpec(t)}
	t.Cleanup(h.close)
	return h
}

func (h *house) close() {
	h.server.EndStreams()
	h.web.Close()
	_ = h.server.Close() // twice in tests that restart
}

func start(t *testing.T) *house {
	t.Helper()
	signer := identitytest.New(t)
	signer.Now = func() time.Time { return moment }
	return open(t, t.TempDir(), signer)
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    []byte
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.raw, v); err != nil {
		t.Fatalf("%v in %s", err, a.raw)
	}
}

func (a answer) code(t *testing.T) string {
	t.Helper()
	var p struct {
		Code string `json:"code"`
	}
	a.into(t, &p)
	return p.Code
}

func caller(account string) identity.Identity {
	return identity.Identity{
		Account: account, AccountID: "acc_1", Application: "app_1", Installation: "ins_1", Grant: "gra_1",
		Subject: "usr-idris", Actor: "integration", Scopes: []string{"flags.read"}, Decision: "dec_9",
	}
}

// call makes one request as an integration in Harbour Books. Headers are given as "Name: value".
func (h *house) call(method, path, body string, headers ...string) answer {
	h.t.Helper()
	return h.callAs(h.signer.Sign(caller(pennant.HarbourBooks)), method, "/api/v1/accounts/"+pennant.HarbourBooks+path, append(headers, "Body: "+body))
}

// callAs makes a request with any identity, at any path. The header Body is the body.
func (h *house) callAs(id, method, path string, headers []string) answer {
	h.t.Helper()
	var body string
	kept := http.Header{}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Body" {
			body = value
			continue
		}
		kept.Add(name, value)
	}
	var reader io.Reader
	if body != "" {
		reader = bytes.NewBufferString(body)
		if kept.Get("Content-Type") == "" {
			kept.Set("Content-Type", "application/json")
		}
	}
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.web.URL+path, reader)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header = kept
	if id != "" {
		req.Header.Set(identity.Header, id)
	}
	res, err := h.web.Client().Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, raw: raw}
	h.spec.check(h.t, req, a)
	return a
}

func (h *house) want(a answer, status int) answer {
	h.t.Helper()
	if a.status != status {
		h.t.Fatalf("answered %d, want %d: %s", a.status, status, a.raw)
	}
	return a
}

func TestOnlyIdentitiesOfGuestrightAreServed(t *testing.T) {
	t.Parallel()
	h := start(t)
	other := identitytest.New(t)
	other.Now = h.signer.Now
	stale := h.signer.Claims(caller(pennant.HarbourBooks))
	stale["iat"], stale["exp"] = moment.Unix()-120, moment.Unix()-60
	for name, id := range map[string]string{
		"none": "", "junk": "x.y.z", "another signer": other.Sign(caller(pennant.HarbourBooks)), "expired": h.signer.SignClaims(stale, identity.Type),
	} {
		for _, path := range []string{"", "/projects", "/stream", "/no-such-thing"} {
			a := h.callAs(id, http.MethodGet, "/api/v1/accounts/harbour-books"+path, []string{"Authorization: Bearer " + hookSecret})
			if a.status != http.StatusUnauthorized {
				t.Errorf("%s at %q: %d", name, path, a.status)
			}
		}
	}
}

func TestAnotherAccountAnswersLikeNone(t *testing.T) {
	t.Parallel()
	h := start(t)
	id := h.signer.Sign(caller(pennant.HarbourBooks))
	for _, path := range []string{"", "/projects", "/projects/patient-portal", "/events", "/stream", "/members/usr-odile"} {
		foreign := h.callAs(id, http.MethodGet, "/api/v1/accounts/alder-clinic"+path, nil)
		absent := h.callAs(id, http.MethodGet, "/api/v1/accounts/no-such-account"+path, nil)
		if foreign.status != http.StatusNotFound || absent.status != foreign.status || !bytes.Equal(foreign.raw, absent.raw) {
			t.Errorf("%q: %d %s and %d %s", path, foreign.status, foreign.raw, absent.status, absent.raw)
		}
	}
	unknown := h.callAs(h.signer.Sign(caller("closed-shop")), http.MethodGet, "/api/v1/accounts/closed-shop/projects", nil)
	h.want(unknown, http.StatusNotFound)
	clinic := h.callAs(h.signer.Sign(caller(pennant.AlderClinic)), http.MethodGet, "/api/v1/accounts/alder-clinic/projects", nil)
	if !strings.Contains(string(h.want(clinic, http.StatusOK).raw), "patient-portal") || strings.Contains(string(clinic.raw), "web-shop") {
		t.Errorf("the clinic sees %s", clinic.raw)
	}
}

func TestEverythingSurvivesARestart(t *testing.T) {
	t.Parallel()
	h := start(t)
	dir := t.TempDir()
	first := open(t, dir, h.signer)
	first.want(first.call("POST", "/projects", `{"key":"gift-cards","name":"Gift cards"}`), http.StatusCreated)
	events := first.want(first.call("GET", "/events?limit=100", ""), http.StatusOK)
	first.close()

	second := open(t, dir, h.signer)
	var p pennant.Project
	second.want(second.call("GET", "/projects/gift-cards", ""), http.StatusOK).into(t, &p)
	if p.Name != "Gift cards" || p.Version != 1 || !p.Created.Equal(moment) {
		t.Errorf("came back as %+v", p)
	}
	if again := second.call("GET", "/events?limit=100", ""); !bytes.Equal(events.raw, again.raw) {
		t.Error("the history changed; seeding twice must change nothing")
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	good := pennant.Config{Dir: t.TempDir(), Issuer: "i", Audience: "a", JWKSURL: "http://127.0.0.1:1", HookSecret: hookSecret}
	for name, bend := range map[string]func(*pennant.Config){
		"no directory":      func(c *pennant.Config) { c.Dir = "" },
		"no issuer":         func(c *pennant.Config) { c.Issuer = "" },
		"no audience":       func(c *pennant.Config) { c.Audience = "" },
		"no keys":           func(c *pennant.Config) { c.JWKSURL = "" },
		"short hook secret": func(c *pennant.Config) { c.HookSecret = "short" },
		"absent directory":  func(c *pennant.Config) { c.Dir += "/nowhere/at/all" },
	} {
		c := good
		bend(&c)
		if _, err := pennant.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

package identity_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/identity"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/kit/web"
)

// browser calls the API with the session cookie, as the console's pages do.
type browser struct {
	h   *house
	url string
	st  string
}

// serve mounts the slice behind a door that knows sessions, and one that lets a
// token of somebody in through X-Test-User.
func (h *house) serve() string {
	h.t.Helper()
	api := web.New(web.Config{Title: "t", Version: "1", Cookie: h.CookieName(), Keys: h.Keys, DB: h.DB,
		Gate: func(r *http.Request, op web.Operation) (context.Context, error) {
			if user := r.Header.Get("X-Test-User"); user != "" {
				return access.With(r.Context(), access.UserPrincipal(user, nil, nil)), nil
			}
			if op.Public {
				return r.Context(), nil
			}
			p, at, err := h.auth.Principal(r.Context(), h.FromRequest(r))
			if err != nil {
				return nil, err
			}
			return identity.With(access.With(r.Context(), p), at), nil
		}})
	h.Mount(api)
	if _, err := api.OpenAPI(); err != nil {
		h.t.Fatal(err)
	}
	srv := httptest.NewServer(web.NewDoor(web.DoorConfig{}, api))
	h.t.Cleanup(srv.Close)
	return srv.URL
}

func (h *house) browser(url string, st identity.Started) *browser {
	return &browser{h: h, url: url, st: st.Token.Reveal()}
}

// call returns the status, the body and its code if it is a problem. A new
// cookie is kept.
func (b *browser) call(method, path, body string) (int, string, string) {
	b.h.t.Helper()
	r, err := http.NewRequest(method, b.url+path, strings.NewReader(body))
	b.h.ok(err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.AddCookie(&http.Cookie{Name: b.h.CookieName(), Value: b.st})
	res, err := http.DefaultClient.Do(r)
	b.h.ok(err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	b.h.ok(err)
	for _, c := range res.Cookies() {
		if c.Name == b.h.CookieName() {
			if !c.HttpOnly || !c.Secure || c.Path != "/" || c.SameSite != http.SameSiteLaxMode {
				b.h.t.Errorf("cookie: %s", c)
			}
			b.st = c.Value
		}
	}
	if res.Header.Get("Cache-Control") != "no-store" {
		b.h.t.Errorf("%s %s: Cache-Control %q", method, path, res.Header.Get("Cache-Control"))
	}
	var p struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(raw, &p)
	return res.StatusCode, string(raw), p.Code
}

func (b *browser) expect(method, path, body string, status int, code string) string {
	b.h.t.Helper()
	got, text, is := b.call(method, path, body)
	if got != status || is != code {
		b.h.t.Fatalf("%s %s: %d %s, want %d %q", method, path, got, text, status, code)
	}
	return text
}

func TestTheAPIOfOnesOwnPerson(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		url := h.serve()
		b := h.browser(url, h.newcomer(ada))
		if text := b.expect("GET", "/v1/me", "", 200, ""); !strings.Contains(text, `"email":"ada@harbour.example"`) || strings.Contains(text, "argon2") {
			t.Errorf("me: %s", text)
		}
		if text := b.expect("PATCH", "/v1/me", `{"name":"Ada L. Ferro"}`, 200, ""); !strings.Contains(text, "Ada L. Ferro") || !strings.Contains(text, "Harbour Books") {
			t.Errorf("me: %s", text)
		}
		b.expect("PATCH", "/v1/me", `{"name":"  "}`, 422, "profile_invalid")
		b.expect("PATCH", "/v1/me", `{"operator":true}`, 422, "invalid")
		b.expect("POST", "/v1/me/terms", `{"version":"1"}`, 204, "")

		old := b.st
		b.expect("POST", "/v1/me/password", `{"current":"wrong wrong wrong","new":"`+better+`"}`, 401, "sign_in_failed")
		b.expect("POST", "/v1/me/password", `{"current":"`+good+`","new":"`+better+`"}`, 200, "")
		if b.st == old {
			t.Error("no new cookie")
		}
		(&browser{h: h, url: url, st: old}).expect("GET", "/v1/me", "", 401, "unauthenticated")

		h.clock.Advance(16 * time.Minute)
		b.expect("POST", "/v1/me/totp", "", 403, "fresh_sign_in_required")
		b.expect("POST", "/v1/me/sessions/confirm", `{"password":"`+better+`"}`, 200, "")
		var e struct {
			Secret string `json:"secret"`
			QR     string `json:"qr"`
		}
		h.ok(json.Unmarshal([]byte(b.expect("POST", "/v1/me/totp", "", 200, "")), &e))
		if !strings.HasPrefix(e.QR, "<svg") {
			t.Errorf("qr: %.20s", e.QR)
		}
		text := b.expect("POST", "/v1/me/totp/confirm", `{"code":"`+h.code(e.Secret)+`"}`, 200, "")
		if strings.Count(text, "-") != 30 {
			t.Errorf("recovery codes: %s", text)
		}
		b.expect("POST", "/v1/me/recovery-codes", "", 200, "")
		h.clock.Advance(time.Minute)
		b.expect("POST", "/v1/me/totp/remove", `{"code":"`+h.code(e.Secret)+`"}`, 204, "")

		b.expect("POST", "/v1/me/email", `{"email":"ada@new.example"}`, 202, "")
		b.expect("POST", "/v1/me/email/confirm", `{"link":"`+h.link()+`"}`, 204, "")
		h.obstacles = []string{"You own a group."}
		if text := b.expect("GET", "/v1/me/deletion", "", 200, ""); !strings.Contains(text, "You own a group.") || !strings.Contains(text, "20 days") {
			t.Errorf("obstacles: %s", text)
		}
		if text := b.expect("POST", "/v1/me/deletion", "", 409, "deletion_obstructed"); !strings.Contains(text, `"obstacles":["You own a group."]`) {
			t.Errorf("obstacles: %s", text)
		}
		h.obstacles = nil
		b.expect("POST", "/v1/me/deletion", "", 202, "")
		b.expect("POST", "/v1/me/deletion/confirm", `{"link":"`+h.link()+`"}`, 200, "")
		b.expect("GET", "/v1/me", "", 401, "unauthenticated")
	})
}

func TestTheAPIOfSessionsAndPasskeys(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		url := h.serve()
		b := h.browser(url, h.newcomer(ada))
		other, err := h.signIn(ada, good, "")
		h.ok(err)
		if text := b.expect("GET", "/v1/me/sessions", "", 200, ""); strings.Count(text, `"id":"ses_`) != 2 || strings.Contains(text, other.Token.Reveal()) {
			t.Errorf("sessions: %s", text)
		}
		b.expect("DELETE", "/v1/me/sessions/"+other.Session.ID.String(), "", 204, "")
		h.dead(other)
		b.expect("DELETE", "/v1/me/sessions/"+other.Session.ID.String(), "", 404, "not_found")
		b.expect("DELETE", "/v1/me/sessions/nonsense", "", 404, "not_found")
		b.expect("DELETE", "/v1/me/sessions", "", 204, "")

		var c identity.Challenge
		h.ok(json.Unmarshal([]byte(b.expect("POST", "/v1/me/passkeys/begin", "", 200, "")), &c))
		answer, err := json.Marshal(newAuthenticator(h).create(c))
		h.ok(err)
		var k identity.Passkey
		h.ok(json.Unmarshal([]byte(b.expect("POST", "/v1/me/passkeys", string(answer), 201, "")), &k))
		b.expect("POST", "/v1/me/passkeys", string(answer), 422, "exchange_expired")
		path := "/v1/me/passkeys/" + k.ID.String()
		if text := b.expect("PATCH", path, `{"name":"Tablet"}`, 200, ""); !strings.Contains(text, "Tablet") {
			t.Errorf("passkey: %s", text)
		}
		if text := b.expect("GET", "/v1/me/passkeys", "", 200, ""); !strings.Contains(text, k.ID.String()) || strings.Contains(text, "publicKey") {
			t.Errorf("passkeys: %s", text)
		}
		// The last way in cannot be removed.
		h.ok(h.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.ExecContext(tx.Ctx, "UPDATE identity_user SET password = '' WHERE email = ?", ada)
			return err
		}))
		b.expect("DELETE", path, "", 409, "last_credential")
		b.expect("POST", "/v1/me/password", `{"new":"`+better+`"}`, 200, "") // sets a first one
		b.expect("DELETE", path, "", 204, "")
		b.expect("DELETE", path, "", 404, "not_found")
	})
}

// A token that stands for a person sees them and changes nothing about them.
func TestATokenIsNotThePerson(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		url := h.serve()
		user := h.newcomer(ada).User.ID.String()
		for path, want := range map[string]int{
			"GET /v1/me": 200, "PATCH /v1/me": 403, "POST /v1/me/password": 403, "POST /v1/me/email": 403, "GET /v1/me/sessions": 403, "DELETE /v1/me/sessions": 403,
			"POST /v1/me/totp": 403, "POST /v1/me/totp/remove": 403, "POST /v1/me/passkeys/begin": 403, "GET /v1/me/passkeys": 403, "POST /v1/me/deletion": 403, "POST /v1/me/terms": 403,
		} {
			method, at, _ := strings.Cut(path, " ")
			body := map[string]string{"PATCH /v1/me": `{}`, "POST /v1/me/password": `{"new":"` + better + `"}`, "POST /v1/me/email": `{"email":"x@y.example"}`,
				"POST /v1/me/totp/remove": `{"code":"1"}`, "POST /v1/me/terms": `{"version":"1"}`}[path]
			r, err := http.NewRequest(method, url+at, strings.NewReader(body))
			h.ok(err)
			r.Header.Set("X-Test-User", user)
			if body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			res, err := http.DefaultClient.Do(r)
			h.ok(err)
			_ = res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
			}
		}
	})
}

// Every code that the slice answers with is declared, once.
func TestCodesAreDeclared(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range identity.Declared() {
		if seen[d.Code] || d.Cause == "" || d.Remedy == "" {
			t.Errorf("%s", d.Code)
		}
		seen[d.Code] = true
	}
	// The sources name them: problem.Invalid and its sisters.
	made := regexp.MustCompile(`problem\.(?:Invalid|Unauthenticated|Forbidden|Conflict|Limited|Unavailable)\("([a-z_.]+)"`)
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range append(files, "password/hash.go") {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made.FindAllStringSubmatch(string(b), -1) {
			if !seen[m[1]] && m[1] != "unauthenticated" { // kit/web declares that one
				t.Errorf("%s: %s is not declared", f, m[1])
			}
		}
	}
}

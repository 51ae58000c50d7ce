package page_test

import (
	"compress/gzip"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/edge/page/gallery"
)

func get(t *testing.T, h http.Handler, path string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	all, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func html(t *testing.T, c templ.Component) string {
	t.Helper()
	var s strings.Builder
	if err := c.Render(t.Context(), &s); err != nil {
		t.Fatal(err)
	}
	return s.String()
}

func TestAssetsAreServedForEver(t *testing.T) {
	kinds := map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "htmx.js": "text/javascript; charset=utf-8",
		"uplot.js": "text/javascript; charset=utf-8", "favicon.svg": "image/svg+xml", "inter.woff2": "font/woff2",
	}
	for name, kind := range kinds {
		r := get(t, page.Assets(), page.Asset(name))
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != kind {
			t.Errorf("%s: %d %q", name, r.StatusCode, r.Header.Get("Content-Type"))
		}
		if c := r.Header.Get("Cache-Control"); c != "public, max-age=31536000, immutable" {
			t.Errorf("%s: cached as %q", name, c)
		}
		if r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: the browser may guess its type", name)
		}
	}
	css := body(t, get(t, page.Assets(), page.Asset("app.css")))
	for _, m := range regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(css, -1) {
		if strings.HasPrefix(m[1], "/assets/") && get(t, page.Assets(), m[1]).StatusCode == http.StatusOK {
			continue
		}
		if !strings.Contains(m[1], "svg+xml") { // unused variables of Basecoat; the policy refuses them anyway
			t.Errorf("the stylesheet names %s, which is not served", m[1])
		}
	}
	for _, path := range []string{"/assets/app.css", "/assets/app.0000000000000000.css", "/assets/", "/assets/../doc.go"} {
		if r := get(t, page.Assets(), path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, r.StatusCode)
		}
	}
}

func TestAssetsCompress(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, page.Asset("app.css"), nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	w := httptest.NewRecorder()
	page.Assets().ServeHTTP(w, r)
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers %v", w.Header())
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if string(plain) != body(t, get(t, page.Assets(), page.Asset("app.css"))) {
		t.Error("compressed and plain answers differ")
	}
}

func TestAssetsOnlyAnswerReading(t *testing.T) {
	w := httptest.NewRecorder()
	page.Assets().ServeHTTP(w, httptest.NewRequest(http.MethodPost, page.Asset("app.css"), nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
	w = httptest.NewRecorder()
	page.Assets().ServeHTTP(w, httptest.NewRequest(http.MethodHead, page.Asset("app.css"), nil))
	if w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d with %d bytes", w.Code, w.Body.Len())
	}
}

// The manifest says what is vendored; a file that differs was changed by hand.
func TestManifestMatches(t *testing.T) {
	raw, err := os.ReadFile("assets/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Packages map[string]struct{ Version, Licence, Text string }
		Files    []struct {
			File   string
			From   []string
			SHA256 string
		}
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range m.Files {
		content, err := os.ReadFile(filepath.Join("assets", f.File))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if hex.EncodeToString(sum[:]) != f.SHA256 {
			t.Errorf("%s is not what the manifest says; run make assets", f.File)
		}
		known[f.File] = true
	}
	all, err := filepath.Glob("assets/served/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		if !known["served/"+filepath.Base(path)] {
			t.Errorf("%s is served but not in the manifest", path)
		}
	}
	for name, p := range m.Packages {
		if p.Version == "" || p.Licence == "" {
			t.Errorf("%s: version %q, licence %q", name, p.Version, p.Licence)
		}
		if _, err := os.Stat(filepath.Join("assets", p.Text)); p.Text == "" || err != nil {
			t.Errorf("%s has no licence text", name)
		}
	}
}

func TestRenderSendsStrictHeaders(t *testing.T) {
	r := get(t, gallery.Handler(), "/overview")
	csp := r.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "form-action 'self'", "style-src 'self'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("the policy lacks %s: %s", part, csp)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "data:") || strings.Contains(csp, "script-src 'self'") {
		t.Errorf("the policy is too wide: %s", csp)
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	nonce := regexp.MustCompile(`'nonce-([A-Z0-9]{26})'`).FindStringSubmatch(csp)
	if nonce == nil {
		t.Fatalf("no nonce in %s", csp)
	}
	if n := strings.Count(body(t, r), `nonce="`+nonce[1]+`"`); n != 3 {
		t.Errorf("%d scripts carry the nonce, want 3", n)
	}
	if again := get(t, gallery.Handler(), "/overview").Header.Get("Content-Security-Policy"); again == csp {
		t.Error("two answers share a nonce")
	}
}

func TestPolicyWidensOnlyWhatIsAsked(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.TLS = &tls.ConnectionState{}
	p := page.Policy{FormTargets: []string{"https://app.example"}, NoReferrer: true}
	p.Headers(w, r)
	if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://app.example;") {
		t.Error(csp)
	}
	if w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Strict-Transport-Security") != "max-age=31536000; includeSubDomains" {
		t.Error(w.Header())
	}
}

// A component that fails leaves no half page and no cause for the reader.
func TestRenderFailsWhole(t *testing.T) {
	w := httptest.NewRecorder()
	broken := templ.Join(page.Text("half"), page.Facts{{Name: "x", Value: failing{}}})
	err := page.Render(w, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, broken)
	if !errors.Is(err, errBroken) {
		t.Errorf("error %v", err)
	}
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "half") || strings.Contains(w.Body.String(), "secret cause") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestThemeIsKept(t *testing.T) {
	post := func(form url.Values) *http.Response {
		r := httptest.NewRequest(http.MethodPost, page.ThemePath, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		page.SetTheme().ServeHTTP(w, r)
		return w.Result()
	}
	r := post(url.Values{"theme": {"dark"}, "back": {"/overview?tab=1"}})
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/overview?tab=1" {
		t.Fatalf("%d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	next := httptest.NewRequest(http.MethodGet, "/overview", nil)
	for _, c := range r.Cookies() {
		next.AddCookie(c)
	}
	if got := page.ThemeOf(next); got != page.ThemeDark {
		t.Errorf("theme %q", got)
	}
	w := httptest.NewRecorder()
	gallery.Handler().ServeHTTP(w, next)
	if !strings.Contains(w.Body.String(), `data-theme="dark"`) {
		t.Error("the page does not carry the theme")
	}
	if c := post(url.Values{"theme": {"purple"}}).Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("an unknown theme was kept: %v", c)
	}
}

func TestLocalPath(t *testing.T) {
	for in, want := range map[string]string{
		"/a?b=c": "/a?b=c", "": "/", "a": "/", "//evil.example": "/", "/\\evil.example": "/", "https://evil.example": "/",
		"/a\r\nSet-Cookie: x": "/", "/\tx": "/", "javascript:alert(1)": "/",
	} {
		if got := page.LocalPath(in); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAgo(t *testing.T) {
	now := gallery.Now
	for d, want := range map[time.Duration]string{
		0: "just now", 44 * time.Second: "just now", time.Minute: "1 minute ago", 50 * time.Second: "1 minute ago", 89 * time.Minute: "89 minutes ago",
		2 * time.Hour: "2 hours ago", 35 * time.Hour: "35 hours ago", 48 * time.Hour: "2 days ago", 29 * 24 * time.Hour: "29 days ago",
		40 * 24 * time.Hour: "2 Apr 2026", -10 * time.Second: "in a moment", -5 * time.Minute: "in 5 minutes", -72 * time.Hour: "in 3 days",
	} {
		if got := page.Ago(now.Add(-d), now); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", -999: "-999", 10000: "10,000"} {
		if got := page.Count(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestMeterWarns(t *testing.T) {
	for _, c := range []struct {
		used, limit int64
		tone, text  string
	}{
		{used: 79, limit: 100, tone: "neutral"}, {used: 80, limit: 100, tone: "warn", text: "80 %"}, {used: 99, limit: 100, tone: "warn", text: "99 %"},
		{used: 100, limit: 100, tone: "bad", text: "100 %"}, {used: 999, limit: 1000, tone: "warn", text: "99 %"}, {used: 250, limit: 100, tone: "bad", text: "250 %"},
		{used: 5, limit: 0, tone: "neutral"},
	} {
		got := html(t, page.Meter{Label: "Sites", Used: c.used, Limit: c.limit})
		if !strings.Contains(got, `data-tone="`+c.tone+`"`) || !strings.Contains(got, c.text) {
			t.Errorf("%d of %d: %s", c.used, c.limit, got)
		}
		if c.limit == 0 && strings.Contains(got, "<svg") {
			t.Error("a bar without a limit")
		}
	}
}

// failing is a component that cannot be rendered.
type failing struct{}

var errBroken = errors.New("secret cause")

package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/guestright/guestright/server/fronttest"
)

// The odd P cases: paths through a front end. The token may call /a/… only, so
// whatever leads to /admin must not be served, and the product must never read
// another path than the one that was decided on.
func TestPathCases(t *testing.T) {
	t.Parallel()
	all := stands(t)
	for _, c := range []struct{ name, target string }{
		{"P01 dot segments", "/a/../admin"},
		{"P01 dot segments at the end", "/a/x/.."},
		{"P01 climbing out", "/../../admin"},
		{"P03 half encoded dots", "/a/.%2e/admin"},
		{"P03 encoded dots", "/a/%2E%2e/admin"},
		{"P05 empty first segment", "//admin"},
		{"P05 empty segment inside", "/a//x"},
		{"P05 authority look-alike", "//api.example.com/admin"},
		{"P07 path parameter", "/a/..;x=1/admin"},
		{"P07 path parameter on the goal", "/admin;x=1"},
		{"P07 encoded semicolon", "/a/..%3bx/admin"},
		{"P09 encoded backslashes", "/a%5c..%5cadmin"},
		{"P09 raw backslashes", `/a\..\admin`},
		{"P11 double encoding", "/a%252e%252e/admin"},
		{"P11 double encoding of dots", "/a/%252e%252e/admin"},
		{"P11 double encoded slash", "/a/..%252fadmin"},
		{"P11 encoded slash", "/a/..%2fadmin"},
		{"P13 fragment", "/admin#/a/x"},
		{"P13 fragment behind what is allowed", "/a/x#/../../admin"},
		{"P13 encoded fragment", "/admin%23/a/x"},
		{"P15 encoded letter", "/%61dmin"},
		{"P15 other case", "/Admin"},
		{"P17 overlong dots", "/a/%c0%ae%c0%ae/admin"},
		{"P17 overlong slash", "/a/..%c0%afadmin"},
		{"P17 cut UTF-8", "/a/%e2%82"},
		{"P23 trailing dot", "/admin."},
		{"P23 trailing slash", "/admin/"},
		{"P23 slash and dot", "/admin/."},
		{"P23 dot in front", "/./admin"},
		{"P23 space", "/admin%20"},
		{"NUL", "/admin%00/a/x"},
		{"NUL behind what is allowed", "/a/x%00"},
		{"line break", "/a/x%0d%0aX-Evil:%201"},
		{"tab", "/a/%09/admin"},
		{"broken percent", "/a/%zz"},
		{"percent at the end", "/a/x%"},
		{"unicode escape of others", "/a/%u002e%u002e/admin"},
		{"query as path", "/admin?/a/x"},
	} {
		for _, s := range all {
			t.Run(c.name+"/"+s.name, func(t *testing.T) {
				a, seen := s.send(t, "GET "+c.target+" HTTP/1.1")
				s.refused(t, c.target, a, seen)
			})
		}
	}
	for _, s := range all {
		t.Run("spellings of what is allowed/"+s.name, func(t *testing.T) {
			for target, path := range map[string]string{"/a/%78": "/a/x", "/%61/x": "/a/x", "/a/%c3%a9": "/a/%C3%A9", "/a/a%20b": "/a/a%20b",
				"/a/x.y": "/a/x.y", "/a/...": "/a/...", "/a/x?next=/../admin": "/a/x", "/a/x?u=http://e/%2e%2e/": "/a/x", "/a/~x": "/a/~x"} {
				a, seen := s.send(t, "GET "+target+" HTTP/1.1")
				s.served(t, target, path, a, seen)
			}
		})
	}
}

// P19 and P21: other forms of the request target.
func TestTargetFormCases(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		t.Run(s.name, func(t *testing.T) {
			for _, line := range []string{"GET http://other/admin HTTP/1.1", "GET http://other/a/x HTTP/1.1", "GET http://" + fronttest.Host + "/admin HTTP/1.1",
				"GET http://" + fronttest.Host + "@other/a/x HTTP/1.1", "GET ftp://" + fronttest.Host + "/admin HTTP/1.1", "GET admin HTTP/1.1", "OPTIONS * HTTP/1.1",
				"CONNECT " + fronttest.Host + ":443 HTTP/1.1", "CONNECT /admin HTTP/1.1", "GET /admin", "GET /admin HTTP/3.0", "GET  /admin HTTP/1.1", "GET /a/x /admin HTTP/1.1"} {
				a, seen := s.send(t, line)
				if len(seen) > 0 && seen[0].Target() != "/a/x" {
					t.Errorf("P19 P21 %q: reached the product as %q", line, seen[0].Line)
				}
				if a.Status == http.StatusOK && len(seen) > 0 {
					t.Errorf("P19 P21 %q: served", line)
				}
				if a.Status >= 500 && a.Status != http.StatusHTTPVersionNotSupported {
					t.Errorf("P19 P21 %q: %d", line, a.Status)
				}
			}
			a, seen := s.send(t, "GET http://"+fronttest.Host+"/a/x HTTP/1.1")
			s.served(t, "P19 our own host", "/a/x", a, seen)
		})
	}
}

// P25 and P27: methods.
func TestMethodCases(t *testing.T) {
	t.Parallel()
	for _, s := range stands(t) {
		t.Run(s.name, func(t *testing.T) {
			overrides := []string{"X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X-Method-Override: DELETE", "X_HTTP_Method_Override: DELETE"}
			a, seen := s.send(t, "GET /a/x HTTP/1.1", overrides...)
			got := s.served(t, "P25", "/a/x", a, seen)
			if !strings.HasPrefix(got.Line, "GET ") {
				t.Errorf("P25: the product saw %q", got.Line)
			}
			for _, n := range got.Names() {
				if strings.Contains(strings.ToLower(n), "override") || strings.Contains(strings.ToLower(n), "http-method") {
					t.Errorf("P25: the product saw %q", n)
				}
			}
			// The same the other way round: what may not be deleted is not deleted.
			a, seen = s.send(t, "DELETE /a/x HTTP/1.1", "X-HTTP-Method-Override: GET")
			s.refused(t, "P25 delete", a, seen, 403)
			for _, method := range []string{"TRACE", "TRACK", "trace"} {
				a, seen = s.send(t, method+" /a/x HTTP/1.1")
				s.refused(t, "P27 "+method, a, seen)
				if method == "TRACE" && a.Status != http.StatusMethodNotAllowed {
					t.Errorf("P27: %d", a.Status)
				}
				if strings.Contains(a.Body, s.token) {
					t.Errorf("P27: the answer repeats the credential")
				}
			}
			a, seen = s.send(t, "HEAD /a/x HTTP/1.1")
			if a.Status != http.StatusOK || len(seen) != 1 || !strings.HasPrefix(seen[0].Line, "HEAD ") || a.Body != "" {
				t.Errorf("HEAD: %d %q %v", a.Status, a.Body, seen)
			}
			a, seen = s.send(t, "HEAD /admin HTTP/1.1")
			s.refused(t, "HEAD of what is not allowed", a, seen, 403)
			a, seen = s.send(t, "OPTIONS /a/x HTTP/1.1")
			s.refused(t, "OPTIONS that the product does not offer", a, seen, 405)
			if allow := a.Header.Get("Allow"); allow != "DELETE, GET, HEAD, POST" && s.name != "caddy" {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

package strict

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// door is a real server whose handler answers 200 with the path it decided
// on, or the refusal's status and code. ask sends raw bytes, so that nothing
// is cleaned on the way, and returns status and body.
func door(t *testing.T, rules *Rules) (ask func(raw string) (int, string, bool)) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, bad := rules.Judge(r)
		if bad != nil {
			w.WriteHeader(bad.Write(w.Header()))
			io.WriteString(w, bad.Code)
			return
		}
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, path.Escaped)
	}))
	s.Listener = Listener{Listener: s.Listener}
	s.Config.ConnContext = ConnContext
	s.Config.MaxHeaderBytes = 32 << 10
	s.Start()
	t.Cleanup(s.Close)
	return func(raw string) (int, string, bool) {
		t.Helper()
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		go io.WriteString(c, raw)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%.80q: %v", raw, err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body), res.Close
	}
}

// TestCases walks the published cases P and H that concern a request by
// itself, over raw connections.
func TestCases(t *testing.T) {
	t.Parallel()
	ask := door(t, &Rules{Hosts: []string{"api.example"}, Forwarded: true, Hygiene: &Hygiene{Also: []string{"x-integration-id"}}})
	get := func(target string, fields ...string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: api.example\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n"
	}
	many := strings.Repeat("X-A: b\r\n", 500)
	for _, c := range []struct {
		name, raw string
		status    int
		body      string
	}{
		{"P-01", get("/a/../admin"), 400, "request.path_dot_segment"},
		{"P-03", get("/a/.%2e/admin"), 400, "request.path_dot_segment"},
		{"P-05", get("//admin"), 400, "request.path_empty_segment"},
		{"P-07", get("/a/..;x=1/admin"), 400, "request.path_semicolon"},
		{"P-09", get("/a%5c..%5cadmin"), 400, "request.path_backslash"},
		{"P-11", get("/a/%252e%252e/admin"), 400, "request.path_double_encoding"},
		{"P-13", get("/admin#/a/x"), 400, "request.target_fragment"},
		{"P-15", get("/%61dmin"), 200, "/admin"},
		{"P-17", get("/a/%c0%ae%c0%ae/admin"), 400, "request.path_not_utf8"},
		{"P-19", "GET http://other/admin HTTP/1.1\r\nHost: api.example\r\n\r\n", 421, "request.wrong_host"},
		{"P-19 ours", "GET http://api.example/admin HTTP/1.1\r\nHost: api.example\r\n\r\n", 200, "/admin"},
		{"P-19 user", "GET http://x@api.example/admin HTTP/1.1\r\nHost: api.example\r\n\r\n", 400, "request.target_form"},
		{"P-21", "CONNECT api.example:443 HTTP/1.1\r\nHost: api.example\r\n\r\n", 405, "request.method_not_allowed"},
		{"P-23 dot", get("/admin."), 200, "/admin."},
		{"P-23 slash", get("/admin/"), 200, "/admin/"},
		{"P-23 slash dot", get("/admin/."), 400, "request.path_dot_segment"},
		{"P-25", get("/a", "X-HTTP-Method-Override: DELETE"), 200, "/a"},
		{"P-27", "TRACE /a HTTP/1.1\r\nHost: api.example\r\n\r\n", 405, "request.method_not_allowed"},
		{"H-05", get("/a", "Connection: close, X-Integration-Id"), 400, "request.connection_header"},
		{"H-05 alias", get("/a", "Connection: x_guestright.identity"), 400, "request.connection_header"},
		{"H-05 credentials", get("/a", "Connection: Authorization"), 400, "request.connection_header"},
		{"H-07", get("/a", "Forwarded: for=1.2.3.4", "X-Forwarded-For: 1.2.3.4"), 400, "request.forwarded_twice"},
		{"H-09", "POST /a HTTP/1.1\r\nHost: api.example\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "request.framing_ambiguous"},
		{"H-09 reversed", "POST /a HTTP/1.1\r\nHost: api.example\r\nTransfer-Encoding: chunked\r\ncontent-length:3\r\n\r\n0\r\n\r\n", 400, "request.framing_ambiguous"},
		{"chunked alone", "POST /a HTTP/1.1\r\nHost: api.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, "/a"},
		{"H-11", "POST /a HTTP/1.1\r\nHost: api.example\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400, ""},
		{"H-13 nul", get("/a", "X-A: b\x00c"), 400, ""},
		{"H-13 one", get("/a", "X-A: b\x01c"), 400, ""},
		{"H-13 cr", get("/a", "X-A: b\rc"), 400, ""},
		{"H-15 many", get("/a", many+"X-B: c"), 431, "request.too_many_headers"},
		{"H-15 long", get("/a", "X-A: "+strings.Repeat("a", 40<<10)), 431, ""},
		{"H-19", "GET /a HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, "request.wrong_host"},
		{"two hosts", "GET /a HTTP/1.1\r\nHost: api.example\r\nHost: evil.example\r\n\r\n", 400, ""},
		{"two credentials", get("/a", "Authorization: Bearer a", "Authorization: Bearer b"), 400, "request.authorization_malformed"},
		{"credential list", get("/a", "Authorization: Bearer a, Bearer b"), 400, "request.authorization_malformed"},
		{"bare credential", get("/a", "Authorization: a"), 400, "request.authorization_malformed"},
		{"two spaces", get("/a", "Authorization: Bearer  a"), 400, "request.authorization_malformed"},
		{"other scheme", get("/a", `Authorization: Digest username="x", uri="/"`), 200, "/a"},
		{"cookies", get("/a", "Cookie: "+strings.Repeat("a=b; ", 60)+"c=d"), 431, "request.too_many_cookies"},
		{"params", get("/a?" + strings.Repeat("a=b&", 300)), 400, "request.too_many_parameters"},
		{"query semicolon", get("/a?x=1;y=2"), 400, "request.query_ambiguous"},
		{"query nul", get("/a?x=%00"), 400, "request.target_control_byte"},
		{"query percent", get("/a?x=%zz"), 400, "request.target_percent_form"},
		{"query newline", get("/a?x=%0a"), 200, "/a"},
		{"long target", get("/" + strings.Repeat("a", 9000)), 414, "request.target_too_long"},
	} {
		status, body, closed := ask(c.raw)
		if status != c.status || c.body != "" && body != c.body {
			t.Errorf("%s: %d %s; want %d %s", c.name, status, body, c.status, c.body)
		}
		if c.body == "request.framing_ambiguous" && !closed {
			t.Errorf("%s: the connection stays open", c.name)
		}
	}
}

// A client may plant a harmless copy of its request line in an earlier body,
// to hide the head that matters.
func TestFramingNotHiddenByEarlierBody(t *testing.T) {
	t.Parallel()
	ask := door(t, &Rules{})
	planted := "POST /a HTTP/1.1\r\nHost: h\r\n\r\n"
	first := fmt.Sprintf("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", len(planted), planted)
	if status, body, _ := ask(first); status != 200 || body != "/b" {
		t.Fatal(status, body)
	}
	c := &recorded{seen: []byte(first + "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n")}
	r := httptest.NewRequest(http.MethodPost, "/a", nil)
	if !c.oddFraming(r) {
		t.Error("the planted copy hid the real head")
	}
	if c := (&recorded{seen: []byte("POST /other HTTP/1.1\r\n\r\n")}); !c.oddFraming(r) {
		t.Error("a head that is not found must count against the request")
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	rules := &Rules{Hosts: []string{"api.example", "fixed.example:8443", "*.tenant.example", "[::1]"}}
	for host, want := range map[string]bool{
		"api.example": true, "API.example": true, "api.example:9": true, "api.example.": false, "api.example:": false,
		"api.example:x": false, "fixed.example": false, "fixed.example:8443": true, "a.tenant.example": true,
		"a.b.tenant.example": false, "tenant.example": false, ".tenant.example": false, "a_b.tenant.example": false,
		"[::1]": true, "[::1]:80": true, "": false, "evil.example": false, "api.example@evil.example": false,
	} {
		if got := rules.serves(host); got != want {
			t.Errorf("serves(%q) = %v", host, got)
		}
	}
	if !(&Rules{}).serves("any.example") || (&Rules{}).serves("") {
		t.Error("without hosts every named host is served")
	}
}

func TestUnparsed(t *testing.T) {
	t.Parallel()
	rules := &Rules{Unparsed: true}
	for _, h := range []http.Header{{"X-A": {"b\r\nc"}}, {"X A": {"b"}}, {"": {"b"}}, {"X-A": {"\x00"}}} {
		r := httptest.NewRequest(http.MethodGet, "/a", nil)
		r.Header = h
		if _, bad := rules.Judge(r); bad != errHeader {
			t.Errorf("%v: %v", h, bad)
		}
	}
}

// The server in front answers OPTIONS * itself; other doors may not.
func TestAsterisk(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodOptions, "/", nil)
	r.RequestURI = "*"
	if _, bad := (&Rules{}).Judge(r); bad != errForm {
		t.Error(bad)
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range Codes() {
		if seen[d.Code] || d.Remedy == "" {
			t.Errorf("%s is declared twice or without words", d.Code)
		}
		seen[d.Code] = true
	}
	if len(seen) != 23 || errDots.Problem().Code != "request.path_dot_segment" {
		t.Errorf("%d codes", len(seen))
	}
}

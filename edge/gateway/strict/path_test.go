package strict

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, escaped, plain, code string }{
		{in: "/", escaped: "/", plain: "/"},
		{in: "/admin", escaped: "/admin", plain: "/admin"},
		{in: "/%61dmin", escaped: "/admin", plain: "/admin"},
		{in: "/a/", escaped: "/a/", plain: "/a/"},
		{in: "/a/{id}:act", escaped: "/a/%7Bid%7D:act", plain: "/a/{id}:act"},
		{in: "/caf%c3%a9", escaped: "/caf%C3%A9", plain: "/café"},
		{in: "/café", escaped: "/caf%C3%A9", plain: "/café"},
		{in: "/a%20b", escaped: "/a%20b", plain: "/a b"},
		{in: "/a%23b%3Fc", escaped: "/a%23b%3Fc", plain: "/a#b?c"},
		{in: "/100%25", escaped: "/100%25", plain: "/100%"},
		{in: "/100%25zz", escaped: "/100%25zz", plain: "/100%zz"},
		{in: "/...", escaped: "/...", plain: "/..."},
		{in: "/admin.", escaped: "/admin.", plain: "/admin."},
		{in: "/.well-known/x", escaped: "/.well-known/x", plain: "/.well-known/x"},
		{in: "", code: "request.target_form"},
		{in: "*", code: "request.target_form"},
		{in: "/a/../admin", code: "request.path_dot_segment"},
		{in: "/a/.%2e/admin", code: "request.path_dot_segment"},
		{in: "/a/%2E%2e/admin", code: "request.path_dot_segment"},
		{in: "/a/..", code: "request.path_dot_segment"},
		{in: "/.", code: "request.path_dot_segment"},
		{in: "/./", code: "request.path_dot_segment"},
		{in: "/a/..%20/admin", code: "request.path_dot_segment"},
		{in: "//admin", code: "request.path_empty_segment"},
		{in: "/a//b", code: "request.path_empty_segment"},
		{in: "/a%20//b", code: "request.path_empty_segment"},
		{in: "//", code: "request.path_empty_segment"},
		{in: "/a/..;x=1/admin", code: "request.path_semicolon"},
		{in: "/a/%3b", code: "request.path_semicolon"},
		{in: "/a%5c..%5cadmin", code: "request.path_backslash"},
		{in: `/a\b`, code: "request.path_backslash"},
		{in: "/a%2fb", code: "request.path_encoded_slash"},
		{in: "/a/%252e%252e/admin", code: "request.path_double_encoding"},
		{in: "/a/%25%34%31", code: "request.path_double_encoding"},
		{in: "/a#b", code: "request.target_fragment"},
		{in: "/a%00", code: "request.target_control_byte"},
		{in: "/a%0d%0ab", code: "request.target_control_byte"},
		{in: "/a\x7f", code: "request.target_control_byte"},
		{in: "/a%c2%85", code: "request.target_control_byte"},
		{in: "/a/%c0%ae%c0%ae/admin", code: "request.path_not_utf8"},
		{in: "/a%ff", code: "request.path_not_utf8"},
		{in: "/a%", code: "request.target_percent_form"},
		{in: "/a%2", code: "request.target_percent_form"},
		{in: "/a%zz", code: "request.target_percent_form"},
		{in: "/a%u002e", code: "request.target_percent_form"},
	} {
		got, bad := Canonical(c.in)
		if code := codeOf(bad); code != c.code || got != (Path{Escaped: c.escaped, Plain: c.plain}) {
			t.Errorf("Canonical(%q) = %+v, %s; want %q, %q, %s", c.in, got, code, c.escaped, c.plain, c.code)
		}
	}
}

func codeOf(f *Refusal) string {
	if f == nil {
		return ""
	}
	return f.Code
}

// FuzzJudge: whatever a real server parses and Judge accepts has no segment
// that anybody could resolve or collapse, and its forwarded form is parsed and
// judged to be itself.
func FuzzJudge(f *testing.F) {
	for _, s := range []string{"/", "/a/b?c=d", "/%61dmin", "/a/%2e%2e/b", "/caf%c3%a9/", "//x", "/a;b", "http://api.example/x",
		"/%25%32%65", "/a?x=%00", "/a%20b/..%20/c", "/%E2%80%AE", "/a/%EF%BC%8E%EF%BC%8E/b", "/?#"} {
		f.Add(s)
	}
	rules := &Rules{Hosts: []string{"api.example"}}
	f.Fuzz(func(t *testing.T, target string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: api.example\r\n\r\n")))
		if err != nil {
			return
		}
		path, bad := rules.Judge(r)
		if bad != nil {
			if bad.Status < 400 || bad.Status > 499 {
				t.Fatalf("refused with %d", bad.Status)
			}
			return
		}
		plain, err := url.PathUnescape(path.Escaped)
		if err != nil || plain != path.Plain {
			t.Fatalf("%q: unescaping %q gives %q, %v, not %q", target, path.Escaped, plain, err, path.Plain)
		}
		segments := strings.Split(plain[1:], "/")
		for i, s := range segments {
			if s == "." || s == ".." || s == "" && i < len(segments)-1 {
				t.Fatalf("%q accepted as %q", target, plain)
			}
		}
		if twice, err := url.PathUnescape(plain); err == nil && twice != plain {
			t.Fatalf("%q still decodes: %q", target, plain)
		}
		again, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + path.Escaped + " HTTP/1.1\r\nHost: api.example\r\n\r\n")))
		if err != nil {
			t.Fatalf("forwarded form %q does not parse: %v", path.Escaped, err)
		}
		if once, bad := rules.Judge(again); bad != nil || once != path {
			t.Fatalf("%q: %q is not a fixed point: %+v, %v", target, path.Escaped, once, bad)
		}
		if again.URL.Path != path.Plain {
			t.Fatalf("net/url reads %q, we read %q", again.URL.Path, path.Plain)
		}
	})
}

func TestJudgeAllocatesNothing(t *testing.T) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET /v1/items/42?limit=10&x=%20 HTTP/1.1\r\nHost: api.example:8443\r\n" +
		"Authorization: Bearer grat_abc\r\nUser-Agent: x\r\nAccept: */*\r\nConnection: keep-alive\r\nCookie: a=b; c=d\r\nX-Request-Id: 1\r\n\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	rules := &Rules{Hosts: []string{"other.example", "api.example"}, Hygiene: &Hygiene{Also: []string{"x-integration-id"}, Credentials: true}}
	if n := testing.AllocsPerRun(100, func() {
		if _, bad := rules.Judge(r); bad != nil {
			t.Fatal(bad)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkJudge(b *testing.B) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET /v1/items/42?limit=10 HTTP/1.1\r\nHost: api.example\r\n" +
		"Authorization: Bearer grat_abc\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n")))
	if err != nil {
		b.Fatal(err)
	}
	rules := &Rules{Hosts: []string{"api.example"}, Hygiene: &Hygiene{Credentials: true}}
	b.ReportAllocs()
	for b.Loop() {
		if _, bad := rules.Judge(r); bad != nil {
			b.Fatal(bad)
		}
	}
}

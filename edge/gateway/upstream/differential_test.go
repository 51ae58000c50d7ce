package upstream_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	get  = "GET /x HTTP/1.1\r\nHost: api.example\r\n\r\n"
	post = "POST /x HTTP/1.1\r\nHost: api.example\r\nContent-Length: 3\r\n\r\nabc"
	ok   = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
)

// reply answers every request with the same bytes; closes ends the connection
// after that.
func reply(raw string, closes ...bool) script {
	return func(e *exchange) bool {
		e.take()
		return e.say(raw) && len(closes) == 0
	}
}

// both runs one case through net/http's proxy and through ours and compares
// what client and product see.
type both struct {
	name    string
	script  script
	request []string // sent one after the other on one connection
	method  string   // of the requests, when it matters for reading answers
	strict  int      // where ours deliberately differs: the status it gives
	reason  string
}

var table = []both{
	{name: "ordinary", script: reply(ok), request: []string{get, get}},
	{name: "query and escapes", script: reply(ok), request: []string{
		"GET /a%20b/%C3%A9?x=%2F&y=a+b HTTP/1.1\r\nHost: api.example\r\n\r\n"}},
	{name: "request header", script: reply(ok), request: []string{
		"GET /x HTTP/1.1\r\nHost: api.example\r\nCookie: a=b\r\nCookie: c=d\r\nX-Empty:\r\nAccept: a\r\nAccept: b\r\nTE: trailers, deflate\r\nUser-Agent: me\r\n" +
			"Connection: X-Private, keep-alive\r\nX-Private: 1\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\nX-Forwarded-For: 1.2.3.4\r\nForwarded: for=x\r\n\r\n"}},
	{name: "answer header", script: reply("HTTP/1.1 200 Fine\r\nset-cookie: a=b\r\nSet-Cookie: c=d\r\nX-Odd_Name: 1\r\nx-lower:  v \r\nX-Empty:\r\n" +
		"Connection: X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nok"), request: []string{get, get}},
	{name: "no reason", script: reply("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"), request: []string{get}},
	{name: "odd status", script: reply("HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\nok"), request: []string{get}},
	{name: "chunked", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), request: []string{get, get}},
	{name: "until closed", script: reply("HTTP/1.1 200 OK\r\n\r\nabc", true), request: []string{get, get}},
	{name: "http/1.0", script: reply("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", true), request: []string{get, get}},
	{name: "connection close", script: reply("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", true), request: []string{get, get}},
	{name: "empty", script: reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), request: []string{get, get}},
	{name: "head", script: reply("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"), method: http.MethodHead, request: []string{
		strings.Replace(get, "GET", "HEAD", 1), strings.Replace(get, "GET", "HEAD", 1)}},
	{name: "head chunked", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), method: http.MethodHead, request: []string{
		strings.Replace(get, "GET", "HEAD", 1)}},
	{name: "not modified", script: reply("HTTP/1.1 304 Not Modified\r\nEtag: \"a\"\r\nContent-Length: 99\r\n\r\n"), request: []string{get, get}},
	{name: "no content", script: reply("HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"), request: []string{get, get}},
	{name: "no content with content", script: reply("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc"), request: []string{get, get}},
	{name: "more than promised", script: reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nX-Smuggled: 1\r\n\r\n"), request: []string{get, get}},
	{name: "trailers", script: reply("HTTP/1.1 200 OK\r\nTrailer: X-Sum, x-other\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n"), request: []string{get, get}},
	{name: "unannounced trailers", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"), request: []string{get, get}},
	{name: "forbidden trailer", script: reply("HTTP/1.1 200 OK\r\nTrailer: Content-Length\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), request: []string{get}},
	{name: "early hints", script: reply("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\nX-A: b\r\n\r\n" + ok), request: []string{get, get}},
	{name: "post", script: reply(ok), request: []string{post, post}},
	{name: "post nothing", script: reply(ok), request: []string{"POST /x HTTP/1.1\r\nHost: api.example\r\nContent-Length: 0\r\n\r\n"}},
	{name: "put without length", script: reply(ok), request: []string{"PUT /x HTTP/1.1\r\nHost: api.example\r\n\r\n"}},
	{name: "delete", script: reply(ok), request: []string{"DELETE /x HTTP/1.1\r\nHost: api.example\r\n\r\n"}},
	{name: "get with body", script: reply(ok), request: []string{strings.Replace(post, "POST", "GET", 1)}},
	{name: "chunked request", script: reply(ok), request: []string{
		"POST /x HTTP/1.1\r\nHost: api.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", get}},
	{name: "large request", script: reply(ok), request: []string{
		"POST /x HTTP/1.1\r\nHost: api.example\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("0123456789", 100_000), get}},
	{name: "large answer", script: reply("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("0123456789", 100_000)), request: []string{get, get}},
	{name: "large chunks", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf4240\r\n" + strings.Repeat("0123456789", 100_000) + "\r\n0\r\n\r\n"), request: []string{get, get}},
	{name: "http/1.0 client", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), request: []string{"GET /x HTTP/1.0\r\nHost: api.example\r\n\r\n"}},

	{name: "cut in the body", script: reply("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"+strings.Repeat("a", 8000), true), request: []string{get}},
	{name: "cut in a chunk", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\nabc", true), request: []string{get}},
	{name: "cut before the last chunk", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", true), request: []string{get}},
	{name: "cut in trailers", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-A: b", true), request: []string{get}},
	{name: "chunk too long", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n"), request: []string{get}},
	{name: "chunk size odd", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"), request: []string{get}},
	{name: "chunk size huge", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\nabc\r\n0\r\n\r\n"), request: []string{get}},
	{name: "cut in the head", script: reply("HTTP/1.1 200 OK\r\nContent-", true), request: []string{get}},
	{name: "nothing", script: reply("", true), request: []string{get}},
	{name: "nothing to a post", script: reply("", true), request: []string{post}},
	{name: "garbage", script: reply("SSH-2.0-OpenSSH_9.6\r\n\r\n", true), request: []string{get}},
	{name: "huge head", script: reply("HTTP/1.1 200 OK\r\nX-A: "+strings.Repeat("a", 100<<10)+"\r\n\r\n", true), request: []string{get}},
	{name: "big head", script: reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: " + strings.Repeat("a", 40<<10) + "\r\n\r\nok"), request: []string{get, get}},
	{name: "lengths differ", script: reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", true), request: []string{get}},
	{name: "lengths equal", script: reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"), request: []string{get}},
	{name: "length list", script: reply("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", true), request: []string{get}},
	{name: "length negative", script: reply("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", true), request: []string{get}},
	{name: "coding unknown", script: reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", true), request: []string{get}},
	{name: "space before colon", script: reply("HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", true), request: []string{get}, strict: 502, reason: "RFC 9112 5.1 lets a proxy refuse"},
	{name: "no colon", script: reply("HTTP/1.1 200 OK\r\nContent-Length\r\n\r\nok", true), request: []string{get}},
	{name: "folded first line", script: reply("HTTP/1.1 200 OK\r\n X-A: b\r\n\r\nok", true), request: []string{get}},
	{name: "status too small", script: reply("HTTP/1.1 099 Low\r\nContent-Length: 2\r\n\r\nok", true), request: []string{get}, strict: 502, reason: "ReverseProxy panics"},

	{name: "both framings", script: reply("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true),
		request: []string{get}, strict: 502, reason: "RFC 9112 6.3 lets a proxy refuse"},
	{name: "bare LF", script: reply("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", true), request: []string{get}, strict: 502, reason: "RFC 9112 2.2 lets it be accepted"},
	{name: "folded", script: reply("HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok", true), request: []string{get}, strict: 502, reason: "RFC 9112 5.2 lets a proxy refuse"},
	{name: "control byte", script: reply("HTTP/1.1 200 OK\r\nX-A: b\x01c\r\nContent-Length: 2\r\n\r\nok", true), request: []string{get}, strict: 502, reason: "net/http lets it pass"},
}

func TestDifferential(t *testing.T) {
	t.Parallel()
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			theirs, theirAsked := c.run(t, false)
			ours, ourAsked := c.run(t, true)
			if c.strict != 0 {
				if ours[0].Status != c.strict {
					t.Errorf("ours: %d, want %d (%s)", ours[0].Status, c.strict, c.reason)
				}
				return
			}
			if diff := cmp.Diff(theirs, ours); diff != "" {
				t.Errorf("the client sees (-ReverseProxy +ours):\n%s", diff)
			}
			if diff := cmp.Diff(theirAsked, ourAsked); diff != "" {
				t.Errorf("the product sees (-ReverseProxy +ours):\n%s", diff)
			}
		})
	}
}

func (b *both) run(t *testing.T, ours bool) ([]got, []asked) {
	p := newProduct(t, b.script)
	c := dial(t, proxyTo(t, ours, p.addr))
	method := b.method
	if method == "" {
		method = http.MethodGet
	}
	var answers []got
	for _, r := range b.request {
		c.say(r)
		answers = append(answers, c.answer(method))
	}
	seen := p.seen()
	for i := range seen {
		if seen[i].Host == p.addr {
			seen[i].Host = "(the product)"
		}
	}
	return answers, seen
}

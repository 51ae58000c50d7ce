package upstream_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/guestright/guestright/edge/gateway/upstream"
	"github.com/guestright/guestright/kit/testenv"
)

// onBoth runs a dialogue through net/http's proxy and through ours.
func onBoth(t *testing.T, name string, script script, dialogue func(t *testing.T, p *product, c *client), limits ...waits) {
	t.Helper()
	for _, ours := range []bool{false, true} {
		which := map[bool]string{false: "/ReverseProxy", true: "/ours"}[ours]
		t.Run(name+which, func(t *testing.T) { // one after the other: they share the script's channels
			p := newProduct(t, script)
			dialogue(t, p, dial(t, proxyTo(t, ours, p.addr, limits...)))
		})
	}
}

func wait(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("waited in vain for: " + what)
	}
}

func expect(t *testing.T, what string, have, want any) {
	t.Helper()
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// A pooled connection that the product closed meanwhile does no harm, neither
// to requests that may be repeated nor to others. (net/http's proxy answers 502
// to others when it has not noticed the close yet.)
func TestStaleConnection(t *testing.T) {
	t.Parallel()
	for _, second := range []string{get, post} {
		closed := make(chan struct{}, 1)
		p := newProduct(t, func(e *exchange) bool {
			e.take()
			e.say(ok)
			if e.number == 1 {
				e.conn.Close()
				closed <- struct{}{}
				return false
			}
			return true
		})
		c := dial(t, proxyTo(t, true, p.addr))
		c.say(get)
		expect(t, "first", c.answer("GET").Status, 200)
		wait(t, "close", closed)
		c.say(second)
		expect(t, "second", c.answer("GET").Status, 200)
		expect(t, "connections", p.connections(), 2)
	}
}

// When the product takes the request and then closes, an idempotent request
// is sent again; another is not, because it may have had its effect.
func TestClosedWithoutAnswer(t *testing.T) {
	t.Parallel()
	keyed := strings.Replace("POST /x HTTP/1.1\r\nHost: a\r\nIdempotency-Key: 1\r\nContent-Length: 0\r\n\r\n", "Host: a", "Host: api.example", 1)
	for _, c := range []struct {
		name, second string
		status, seen int
	}{{"get", get, 200, 3}, {"post", post, 502, 2}, {"put", strings.Replace(post, "POST", "PUT", 1), 502, 2}, {"keyed", keyed, 200, 3},
		{"get with body", strings.Replace(post, "POST", "GET", 1), 502, 2}} {
		onBoth(t, c.name, func(e *exchange) bool {
			e.take()
			return e.number != 2 && e.say(ok)
		}, func(t *testing.T, p *product, cl *client) {
			cl.say(get)
			expect(t, "first", cl.answer("GET").Status, 200)
			cl.say(c.second)
			expect(t, "second", cl.answer("GET").Status, c.status)
			expect(t, "requests", len(p.seen()), c.seen)
		})
	}
}

// A fresh connection that ends without an answer is not tried again.
func TestFreshConnectionNotRetried(t *testing.T) {
	t.Parallel()
	onBoth(t, "get", func(*exchange) bool { return false }, func(t *testing.T, p *product, c *client) {
		c.say(get)
		expect(t, "status", c.answer("GET").Status, 502)
		expect(t, "requests", len(p.seen()), 1)
	})
}

const expecting = "POST /x HTTP/1.1\r\nHost: api.example\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"

func TestContinue(t *testing.T) {
	t.Parallel()
	onBoth(t, "asked for", func(e *exchange) bool {
		e.say("HTTP/1.1 100 Continue\r\n\r\n")
		e.take()
		return e.say(ok)
	}, func(t *testing.T, p *product, c *client) {
		c.say(expecting)
		// The client keeps the body until it is told to go on.
		if line, err := c.in.Peek(len("HTTP/1.1 100")); err != nil || string(line) != "HTTP/1.1 100" {
			t.Fatalf("%q %v", line, err)
		}
		c.say("abc")
		expect(t, "status", c.answer("POST").Status, 200)
		expect(t, "body", p.seen()[0].Body, "abc")
		expect(t, "forwarded", p.seen()[0].Header.Get("Expect"), "100-continue")
	})
	onBoth(t, "never", func(e *exchange) bool {
		e.take()
		return e.say(ok)
	}, func(t *testing.T, p *product, c *client) {
		c.say(expecting + "abc")
		expect(t, "status", c.answer("POST").Status, 200)
		expect(t, "body", p.seen()[0].Body, "abc")
	}, waits{head: patience, proceed: 20 * time.Millisecond})
	onBoth(t, "refused", func(e *exchange) bool {
		return e.say("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
	}, func(t *testing.T, p *product, c *client) {
		c.say(expecting)
		g := c.answer("POST") // net/http's proxy sometimes asks for the body all the same
		expect(t, "status", g.Status, 403)
		expect(t, "body", g.Body, "no")
	})
}

// The product may answer before the request body has ended. (net/http's proxy
// answers 502 instead whenever it notices the failed write before the answer.)
func TestEarlyAnswer(t *testing.T) {
	t.Parallel()
	p := newProduct(t, func(e *exchange) bool {
		e.say("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig")
		io.CopyN(io.Discard, e.in, 1<<20)
		return false
	})
	c := dial(t, proxyTo(t, true, p.addr))
	c.say("POST /x HTTP/1.1\r\nHost: api.example\r\nContent-Length: 4194304\r\n\r\n")
	go func() {
		piece := strings.Repeat("x", 64<<10)
		for range 64 {
			if _, err := io.WriteString(c.conn, piece); err != nil {
				return
			}
		}
	}()
	g := c.answer("POST")
	expect(t, "status", g.Status, 413)
	expect(t, "body", g.Body, "big")
}

// Bodies flow as they come, in both directions.
func TestStreaming(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, head, one, two, end string }{
		{"events", "Content-Type: text/event-stream\r\nConnection: close\r\n", "data: 1\n\n", "data: 2\n\n", ""},
		{"chunked", "Transfer-Encoding: chunked\r\n", "3\r\none\r\n", "3\r\ntwo\r\n", "0\r\n\r\n"},
		{"counted events", "Content-Type: text/event-stream; charset=utf-8\r\nContent-Length: 18\r\n", "data: 1\n\n", "data: 2\n\n", ""},
	} {
		step := make(chan struct{}, 1)
		onBoth(t, c.name, func(e *exchange) bool {
			e.say("HTTP/1.1 200 OK\r\n" + c.head + "\r\n")
			for _, piece := range []string{c.one, c.two} {
				<-step
				e.say(piece)
			}
			e.say(c.end)
			return c.end != ""
		}, func(t *testing.T, p *product, cl *client) {
			cl.say(get)
			res, _ := cl.head("GET") // comes before any of the body
			if res == nil {
				t.Fatal("no answer")
			}
			buf := make([]byte, 100)
			for range 2 {
				step <- struct{}{}
				if n, err := res.Body.Read(buf); n == 0 {
					t.Fatal(err)
				}
			}
			if _, err := io.ReadAll(res.Body); err != nil {
				t.Error(err)
			}
		})
	}
	arrived := make(chan struct{}, 1)
	onBoth(t, "upload", func(e *exchange) bool {
		buf := make([]byte, 3)
		for range 2 {
			if _, err := io.ReadFull(e.req.Body, buf); err != nil {
				return false
			}
			arrived <- struct{}{}
		}
		e.take()
		return e.say(ok)
	}, func(t *testing.T, p *product, c *client) {
		c.say("POST /x HTTP/1.1\r\nHost: api.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
		wait(t, "the first chunk", arrived)
		c.say("3\r\ndef\r\n")
		wait(t, "the second chunk", arrived)
		c.say("0\r\n\r\n")
		expect(t, "status", c.answer("POST").Status, 200)
	})
}

// A request body that ends early must not look complete to the product.
func TestBodyCut(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"counted": "POST /x HTTP/1.1\r\nHost: api.example\r\nContent-Length: 100000\r\n\r\nabc",
		"chunked": "POST /x HTTP/1.1\r\nHost: api.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
	} {
		done := make(chan struct{}, 1)
		onBoth(t, name, func(e *exchange) bool {
			e.take()
			done <- struct{}{}
			return false
		}, func(t *testing.T, p *product, c *client) {
			c.say(raw)
			c.conn.(*net.TCPConn).CloseWrite()
			wait(t, "the end of the body", done)
			expect(t, "cut", p.seen()[0].Cut, true)
		})
	}
	t.Run("malformed", func(t *testing.T) {
		t.Parallel()
		p := newProduct(t, func(e *exchange) bool { e.take(); return false })
		c := dial(t, proxyTo(t, true, p.addr))
		c.say("POST /x HTTP/1.1\r\nHost: api.example\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n")
		expect(t, "status", c.answer("POST").Status, 400)
	})
}

// A client that goes away ends the call at the product.
func TestCancel(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "HTTP/1.1 200 OK\r\n\r\nabc"} {
		asking := make(chan struct{}, 1)
		gone := make(chan struct{}, 1)
		onBoth(t, map[bool]string{true: "before the answer", false: "in the body"}[before == ""], func(e *exchange) bool {
			e.say(before)
			asking <- struct{}{}
			io.Copy(io.Discard, e.in)
			gone <- struct{}{}
			return false
		}, func(t *testing.T, p *product, c *client) {
			c.say(get)
			wait(t, "the request", asking)
			c.conn.Close()
			wait(t, "the product's connection to end", gone)
		})
	}
}

const upgrading = "GET /x HTTP/1.1\r\nHost: api.example\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"

func TestUpgrade(t *testing.T) {
	t.Parallel()
	onBoth(t, "accepted", func(e *exchange) bool {
		e.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\nX-A: b\r\n\r\nhello ")
		io.Copy(e.conn, e.in)
		e.say("bye")
		e.conn.(*net.TCPConn).CloseWrite()
		return false
	}, func(t *testing.T, p *product, c *client) {
		c.say(upgrading)
		res, g := c.head("GET")
		if res == nil {
			t.Fatal("no answer")
		}
		expect(t, "status", g.Status, 101)
		expect(t, "protocol", g.Header.Get("Upgrade"), "chat")
		expect(t, "connection", g.Header.Get("Connection"), "Upgrade")
		expect(t, "header", g.Header.Get("X-A"), "b")
		c.say("echo ")
		c.conn.(*net.TCPConn).CloseWrite()
		all, err := io.ReadAll(c.in)
		if err != nil {
			t.Error(err)
		}
		expect(t, "dialogue", string(all), "hello echo bye")
		expect(t, "asked", p.seen()[0].Header, http.Header{"Connection": {"Upgrade"}, "Upgrade": {"chat"}})
	})
	for name, answer := range map[string]string{
		"other protocol": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n",
		"declined":       "HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno",
	} {
		onBoth(t, name, reply(answer, true), func(t *testing.T, p *product, c *client) {
			c.say(upgrading)
			expect(t, "status", c.answer("GET").Status, map[string]int{"other protocol": 502, "declined": 400}[name])
		})
	}
	t.Run("not asked for", func(t *testing.T) {
		t.Parallel()
		p := newProduct(t, reply("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n", true))
		c := dial(t, proxyTo(t, true, p.addr))
		c.say(get)
		expect(t, "status", c.answer("GET").Status, 502)
	})
}

// A tunnel of HTTP/2 would carry requests that nobody has decided on, so the
// wish for one does not reach the product, however it is spelled.
func TestNoTunnelForRequests(t *testing.T) {
	t.Parallel()
	p := newProduct(t, reply(ok))
	h := forward(t, &upstream.Client{Upgrades: []string{"h2c"}}, upstream.Target{Scheme: "http", Host: p.addr}, nil)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c := dial(t, s)
	for _, wish := range []string{"h2c", "H2C", "h2c, websocket", "TLS/1.3"} {
		c.say("GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: " + wish + "\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n")
		expect(t, wish, c.answer("GET").Status, 200)
	}
	for _, a := range p.seen() {
		expect(t, "header", a.Header, http.Header{})
	}
}

// A client that talks before it has the 101 loses nothing.
func TestUpgradeEarlyBytes(t *testing.T) {
	t.Parallel()
	p := newProduct(t, func(e *exchange) bool {
		e.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n")
		io.Copy(e.conn, e.in)
		return false
	})
	c := dial(t, proxyTo(t, true, p.addr))
	c.say(upgrading + "early ")
	if res, _ := c.head("GET"); res == nil {
		t.Fatal("no answer")
	}
	c.say("late")
	c.conn.(*net.TCPConn).CloseWrite()
	all, err := io.ReadAll(c.in)
	if err != nil {
		t.Error(err)
	}
	expect(t, "echo", string(all), "early late")
}

// Request trailers are forwarded; net/http's proxy loses them.
func TestRequestTrailers(t *testing.T) {
	t.Parallel()
	p := newProduct(t, reply(ok))
	c := dial(t, proxyTo(t, true, p.addr))
	c.say("POST /x HTTP/1.1\r\nHost: api.example\r\nTrailer: X-Sum, X-Other\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")
	expect(t, "status", c.answer("POST").Status, 200)
	seen := p.seen()[0]
	expect(t, "body", seen.Body, "abc")
	expect(t, "trailer", seen.Trailer.Get("X-Sum"), "1")
}

// An answer that takes too long is 504, a product that is not there 502.
func TestTimeoutAndUnreachable(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	p := newProduct(t, func(e *exchange) bool { <-hold; return false })
	t.Cleanup(func() { close(hold) })
	short := waits{head: 100 * time.Millisecond, proceed: patience}
	c := dial(t, proxyTo(t, true, p.addr, short))
	c.say(get)
	expect(t, "silent", c.answer("GET").Status, 504)
	big := dial(t, proxyTo(t, true, p.addr, short))
	big.say("POST /x HTTP/1.1\r\nHost: api.example\r\nContent-Length: 20000\r\n\r\n" + strings.Repeat("a", 20000))
	expect(t, "silent after a streamed body", big.answer("POST").Status, 504)

	absent := testenv.Addresses(t, 1)[0]
	for _, ours := range []bool{false, true} {
		c := dial(t, proxyTo(t, ours, absent))
		c.say(get)
		expect(t, "absent", c.answer("GET").Status, 502)
	}
}

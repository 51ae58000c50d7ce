package upstream_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guestright/guestright/edge/gateway/upstream"
)

// patience bounds everything that a test waits for.
const patience = 20 * time.Second

// asked is what an upstream saw of one request.
type asked struct {
	Method, Target, Host, Body string
	Header, Trailer            http.Header
	Cut                        bool // the body ended early
}

// product is an upstream that speaks raw HTTP/1.1, so that it can misbehave.
// The script answers one request and reports whether the connection goes on.
type product struct {
	addr   string
	script script

	mu     sync.Mutex
	asked  []asked
	conns  int
	closed chan struct{} // a connection was closed by the other side
}

// exchange is one request at a product.
type exchange struct {
	*product
	conn   net.Conn
	in     *bufio.Reader
	req    *http.Request
	number int // of the request, over all connections, from 1
}

type script func(e *exchange) bool

func newProduct(t *testing.T, s script) *product {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &product{addr: l.Addr().String(), script: s, closed: make(chan struct{}, 100)}
	var open sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			p.mu.Lock()
			p.conns++
			p.mu.Unlock()
			open.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		open.Wait()
	})
	return p
}

func (p *product) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			p.closed <- struct{}{}
			return
		}
		p.mu.Lock()
		p.asked = append(p.asked, asked{Method: req.Method, Target: req.RequestURI, Host: req.Host, Header: req.Header})
		number := len(p.asked)
		p.mu.Unlock()
		if !p.script(&exchange{product: p, conn: c, in: in, req: req, number: number}) {
			return
		}
	}
}

// take reads the request body and notes it.
func (e *exchange) take() string {
	body, err := io.ReadAll(e.req.Body)
	e.mu.Lock()
	defer e.mu.Unlock()
	a := &e.asked[e.number-1]
	a.Body, a.Cut, a.Trailer = string(body), err != nil, e.req.Trailer
	return string(body)
}

// say writes raw bytes.
func (e *exchange) say(raw string) bool {
	_, err := io.WriteString(e.conn, raw)
	return err == nil
}

func (p *product) seen() []asked {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

func (p *product) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conns
}

// waits are a proxy's time limits.
type waits struct{ head, proceed time.Duration }

// proxyTo starts a proxy in front of a product: ours, or net/http's. It waits
// as long as the tests do, unless something else is asked for.
func proxyTo(t *testing.T, ours bool, addr string, limits ...waits) *httptest.Server {
	t.Helper()
	limit := waits{head: patience, proceed: patience}
	if len(limits) > 0 {
		limit = limits[0]
	}
	handler := reference(t, addr, limit)
	if ours {
		handler = forward(t, &upstream.Client{HeadTimeout: limit.head, ContinueTimeout: limit.proceed, MaxHead: 64 << 10, Upgrades: []string{"chat"}},
			upstream.Target{Scheme: "http", Host: addr}, nil)
	}
	s := httptest.NewUnstartedServer(handler)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// forward is the smallest gateway: everything goes to one target.
func forward(t *testing.T, client *upstream.Client, target upstream.Target, note func(upstream.Result, error)) http.Handler {
	t.Cleanup(client.Close)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := upstream.Outgoing{
			Target: target, Path: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery,
			Drop: func(name string) bool { return name == "Forwarded" || strings.HasPrefix(name, "X-Forwarded-") },
		}
		result, err := client.Do(w, r, &out)
		if note != nil {
			note(result, err)
		}
		if err == nil {
			return
		}
		fault, ok := errors.AsType[*upstream.Fault](err)
		if !ok || fault.Started {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(fault.Status())
	})
}

func reference(t *testing.T, addr string, limit waits) http.Handler {
	transport := &http.Transport{
		DisableCompression: true, MaxIdleConnsPerHost: 64, ResponseHeaderTimeout: limit.head,
		ExpectContinueTimeout: limit.proceed, MaxResponseHeaderBytes: 64 << 10,
	}
	t.Cleanup(transport.CloseIdleConnections)
	target := &url.URL{Scheme: "http", Host: addr}
	proxy := &httputil.ReverseProxy{
		Transport: transport, ErrorLog: log.New(io.Discard, "", 0),
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = nil // ours does not let the server guess either
		proxy.ServeHTTP(w, r)
	})
}

// got is what a client saw of one answer.
type got struct {
	Interim []int
	Early   http.Header // of the last interim answer
	Status  int
	Header  http.Header
	Body    string
	Trailer http.Header
	Cut     bool // the answer ended early
}

// client is a raw connection to a proxy.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dial(t *testing.T, s *httptest.Server) *client {
	t.Helper()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return &client{t: t, conn: c, in: bufio.NewReader(c)}
}

func (c *client) say(raw string) {
	if _, err := io.WriteString(c.conn, raw); err != nil {
		c.t.Logf("client write: %v", err)
	}
}

// head reads interim answers and the head of the final one.
func (c *client) head(method string) (*http.Response, got) {
	c.t.Helper()
	var g got
	for {
		res, err := http.ReadResponse(c.in, &http.Request{Method: method})
		if err != nil {
			g.Cut = true
			return nil, g
		}
		if res.StatusCode >= 200 || res.StatusCode == http.StatusSwitchingProtocols {
			g.Status, g.Header = res.StatusCode, res.Header
			g.Header.Del("Date")
			return res, g
		}
		g.Interim = append(g.Interim, res.StatusCode)
		g.Early = res.Header
	}
}

// answer reads a whole answer.
func (c *client) answer(method string) got {
	c.t.Helper()
	res, g := c.head(method)
	if res == nil {
		return g
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	g.Body, g.Cut, g.Trailer = string(body), err != nil, res.Trailer
	if errors.Is(err, context.DeadlineExceeded) {
		c.t.Error("no whole answer in time")
	}
	if method != http.MethodHead && g.Status == http.StatusOK {
		g.Header.Del("Content-Length") // a short answer may be chunked or counted
	}
	if g.Cut && g.Body == "" {
		g = got{Cut: true} // whether the head still gets out is a race in net/http's proxy
	}
	return g
}

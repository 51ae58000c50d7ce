package outbound

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// names answers look-ups from a list; each look-up takes the next entry, the
// last one stays.
type names struct {
	mu    sync.Mutex
	hosts map[string][][]string
	err   error
	asked []string
}

func (n *names) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, host)
	if n.err != nil {
		return nil, n.err
	}
	list := n.hosts[strings.TrimSuffix(host, ".")]
	if len(list) == 0 {
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	}
	if len(list) > 1 {
		n.hosts[strings.TrimSuffix(host, ".")] = list[1:]
	}
	var out []netip.Addr
	for _, s := range list[0] {
		out = append(out, netip.MustParseAddr(s))
	}
	return out, nil
}

// world is the internet of one test: public addresses lead to one test server.
type world struct {
	*httptest.Server
	client *Client
	names  *names
	dialed []netip.AddrPort
	uses   []Use
	mu     sync.Mutex
}

const public = "93.184.216.34"

func newWorld(t *testing.T, h http.HandlerFunc, change func(*Config)) *world {
	t.Helper()
	w := &world{Server: httptest.NewUnstartedServer(h), names: &names{hosts: map[string][][]string{"example.com": {{public}}}}}
	w.StartTLS()
	t.Cleanup(w.Close)
	roots := x509.NewCertPool()
	roots.AddCert(w.Certificate())
	cfg := Config{Roots: roots, Resolver: w.names, Dial: w.dial, Report: func(u Use) { w.uses = append(w.uses, u) }}
	if change != nil {
		change(&cfg)
	}
	w.client = newClient(t, cfg)
	return w
}

func (w *world) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	w.mu.Lock()
	w.dialed = append(w.dialed, to)
	w.mu.Unlock()
	var d net.Dialer
	return d.DialContext(ctx, "tcp", w.Listener.Addr().String())
}

func TestDoReturnsTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rw.Header().Set("X-Saw", fmt.Sprintf("%s %s %s %q", r.Host, r.Header.Get("X-Mine"), r.Header.Get("User-Agent"), r.Header.Get("Accept-Encoding")))
		rw.WriteHeader(202)
		_, _ = rw.Write(body)
	}, nil)
	res := w.client.Do(t.Context(), Request{URL: "https://example.com/hook", Body: []byte("hi"),
		Header: http.Header{"X-Mine": {"1"}, "Host": {"evil.example"}, "Transfer-Encoding": {"chunked"}, "Connection": {"close"}}})
	if res.Failure != NoFailure || res.Status != 202 || string(res.Body) != "hi" || res.Truncated || res.Duration <= 0 {
		t.Fatalf("%+v", res)
	}
	if got := res.Header.Get("X-Saw"); got != `example.com 1 Guestright ""` {
		t.Errorf("the server saw %q", got)
	}
	if res.Addr.String() != public+":443" || w.names.asked[0] != "example.com." {
		t.Errorf("called %s after asking for %q", res.Addr, w.names.asked)
	}
	again := w.client.Do(t.Context(), Request{URL: "https://example.com/hook"})
	if again.Status != 202 || len(w.dialed) != 1 || again.Addr.String() != public+":443" {
		t.Errorf("the connection is not kept: %d dials", len(w.dialed))
	}
}

func TestRedirectsAreResults(t *testing.T) {
	t.Parallel()
	calls := 0
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		calls++
		http.Redirect(rw, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
	}, nil)
	res := w.client.Do(t.Context(), Request{URL: "https://example.com/"})
	if res.Status != 302 || res.Failure != NoFailure || calls != 1 || len(w.dialed) != 1 {
		t.Fatalf("%+v after %d calls", res, calls)
	}
}

// S-01 to S-14 as names: whatever a name resolves to is judged when it is called.
func TestNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "10.1.2.3", "169.254.169.254", "fd00:ec2::254", "::1", "::",
		"100.64.0.1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "2002:7f00:1::1", "64:ff9b::7f00:1", "2001::1", "fe80::1%eth0", "fec0::1",
		"fc00::1", "224.0.0.1", "255.255.255.255", "168.63.129.16", "198.18.0.1", "192.0.2.1", "203.0.113.9", "100::1", "5f00::1"} {
		w := newWorld(t, func(http.ResponseWriter, *http.Request) {}, nil)
		for name, answer := range map[string][]string{"alone": {addr}, "among others": {public, addr}} {
			w.names.hosts["example.com"] = [][]string{answer}
			res := w.client.Do(t.Context(), Request{URL: "https://example.com/"})
			if res.Failure != Refused || len(w.dialed) != 0 || res.Status != 0 {
				t.Errorf("%s %s: %+v, dialed %v", addr, name, res, w.dialed)
			}
			if res.Err == nil || strings.Contains(res.Err.Error(), addr) {
				t.Errorf("%s: the error is nil or names the address: %v", addr, res.Err)
			}
		}
	}
}

func TestRebindingIsJudgedAtEveryConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(http.ResponseWriter, *http.Request) {}, nil)
	w.names.hosts["example.com"] = [][]string{{public}, {"127.0.0.1"}}
	if res := w.client.Do(t.Context(), Request{URL: "https://example.com/"}); res.Status != 200 {
		t.Fatalf("%+v", res)
	}
	w.client.Close() // the kept connection leads to the judged address; drop it
	res := w.client.Do(t.Context(), Request{URL: "https://example.com/"})
	if res.Failure != Refused || len(w.dialed) != 1 {
		t.Fatalf("%+v, dialed %v", res, w.dialed)
	}
}

// The network dialer judges once more what the kernel is about to connect to.
func TestControlJudgesTheSocketAddress(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	c := newClient(t, Config{})
	_, err = c.dialNetwork(t.Context(), netip.MustParseAddrPort(ln.Addr().String()))
	if _, ok := errors.AsType[*refusedError](err); !ok {
		t.Fatalf("dial = %v, want a refusal", err)
	}
	for _, a := range []string{"unix:x", "[fe80::1%eth0]:443", "[::ffff:10.0.0.1]:443"} {
		if err := c.control("tcp6", a, nil); err == nil {
			t.Errorf("%s passes", a)
		}
	}
	if err := c.control("udp4", public+":443", nil); err == nil {
		t.Error("udp passes")
	}
	if err := c.control("tcp4", public+":443", nil); err != nil {
		t.Error(err)
	}
}

func TestExceptionsAreReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(http.ResponseWriter, *http.Request) {}, func(c *Config) {
		c.Exceptions = []Exception{{Name: "office", Network: netip.MustParsePrefix("10.1.0.0/16")}}
	})
	w.names.hosts["example.com"] = [][]string{{"10.1.0.9"}}
	res := w.client.Do(t.Context(), Request{URL: "https://example.com/"})
	want := Use{Exception: "office", Host: "example.com", Addr: netip.MustParseAddrPort("10.1.0.9:443")}
	if res.Status != 200 || len(w.uses) != 1 || w.uses[0] != want {
		t.Fatalf("%+v, reported %+v", res, w.uses)
	}
}

// S-19: a proxy in the environment is not used.
func TestProxyOfTheEnvironmentIsUnused(t *testing.T) {
	called := false
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(proxy.Close)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	w := newWorld(t, func(http.ResponseWriter, *http.Request) {}, nil)
	if res := w.client.Do(t.Context(), Request{URL: "https://example.com/"}); res.Status != 200 || called || w.client.transport.Proxy != nil {
		t.Fatalf("%+v, proxy called: %v", res, called)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			_, _ = rw.Write(bytes.Repeat([]byte("x"), 200<<10))
		case "/exact":
			_, _ = rw.Write(bytes.Repeat([]byte("x"), 64<<10))
		case "/headers": // W-09
			for i := range 10000 {
				rw.Header().Set(fmt.Sprintf("X-%d", i), "v")
			}
		case "/cut": // W-07
			_, _ = rw.Write([]byte("part"))
			_ = http.NewResponseController(rw).Flush()
			panic(http.ErrAbortHandler)
		case "/gzip":
			rw.Header().Set("Content-Encoding", "gzip")
			_, _ = rw.Write([]byte("not really"))
		}
	}, nil)
	get := func(path string, limit int64) Result {
		return w.client.Do(t.Context(), Request{URL: "https://example.com" + path, MaxBody: limit})
	}
	if r := get("/long", 0); r.Status != 200 || len(r.Body) != 64<<10 || !r.Truncated {
		t.Errorf("long: %d %d %v", r.Status, len(r.Body), r.Truncated)
	}
	if r := get("/exact", 0); len(r.Body) != 64<<10 || r.Truncated {
		t.Errorf("exact: %d %v", len(r.Body), r.Truncated)
	}
	if r := get("/long", 10); len(r.Body) != 10 || !r.Truncated {
		t.Errorf("ten: %d %v", len(r.Body), r.Truncated)
	}
	if r := get("/headers", 0); r.Failure != Broken || r.Status != 0 {
		t.Errorf("headers: %+v", r)
	}
	if r := get("/cut", 0); r.Status != 200 || !r.Truncated || string(r.Body) != "part" || r.Failure != NoFailure {
		t.Errorf("cut: %+v", r)
	}
	if r := get("/gzip", 0); string(r.Body) != "not really" {
		t.Errorf("gzip: %+v", r)
	}
}

func TestFailuresHaveKinds(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	w := newWorld(t, func(_ http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hang":
			<-hang
		case "/abort":
			panic(http.ErrAbortHandler)
		}
	}, nil)
	t.Cleanup(func() { close(hang) })
	if r := w.client.Do(t.Context(), Request{URL: "https://example.com/hang", Timeout: 2 * time.Second}); r.Failure != Timeout || r.Addr.Port() != 443 {
		t.Errorf("hang: %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := w.client.Do(ctx, Request{URL: "https://example.com/hang"}); r.Failure != Canceled {
		t.Errorf("canceled: %+v", r)
	}
	if r := w.client.Do(t.Context(), Request{URL: "https://example.com/abort"}); r.Failure != Broken {
		t.Errorf("abort: %+v", r)
	}
	if r := w.client.Do(t.Context(), Request{URL: "https://absent.example.org/"}); r.Failure != DNS {
		t.Errorf("absent: %+v", r)
	}
	if r := w.client.Do(t.Context(), Request{URL: "http://example.com/"}); r.Failure != BadURL {
		t.Errorf("scheme: %+v", r)
	}
	if r := w.client.Do(t.Context(), Request{URL: "https://example.com/", Method: "TRACE"}); r.Failure != BadRequest {
		t.Errorf("trace: %+v", r)
	}
	if r := w.client.Do(t.Context(), Request{URL: "https://example.com/", Header: http.Header{"X": {"a\r\nb: c"}}}); r.Failure != Broken && r.Failure != BadRequest {
		t.Errorf("header injection: %+v", r)
	}
	w.names.hosts["wrong.example.org"] = [][]string{{public}} // the certificate is for example.com
	if r := w.client.Do(t.Context(), Request{URL: "https://wrong.example.org/"}); r.Failure != TLS {
		t.Errorf("certificate: %+v", r)
	}
	w.names.err = &net.DNSError{Err: "servfail", IsTemporary: true}
	if r := w.client.Do(t.Context(), Request{URL: "https://other.example.org/"}); r.Failure != DNS {
		t.Errorf("servfail: %+v", r)
	}
	w.names.err = &net.DNSError{Err: "i/o timeout", IsTimeout: true}
	if r := w.client.Do(t.Context(), Request{URL: "https://other.example.org/"}); r.Failure != Timeout {
		t.Errorf("dns silence: %+v", r)
	}
}

func TestConnectTriesTheNextAddress(t *testing.T) {
	t.Parallel()
	var w *world
	w = newWorld(t, func(http.ResponseWriter, *http.Request) {}, func(c *Config) {
		c.Dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			if to.Addr().Is6() {
				return nil, &net.OpError{Op: "dial", Err: errors.New("no route")}
			}
			return w.dial(ctx, to)
		}
	})
	w.names.hosts["example.com"] = [][]string{{"2606:4700::1111", public}}
	if r := w.client.Do(t.Context(), Request{URL: "https://example.com/"}); r.Status != 200 || r.Addr.Addr().String() != public {
		t.Errorf("%+v", r)
	}
	w.names.hosts["example.org"] = [][]string{{"2606:4700::1111"}}
	if r := w.client.Do(t.Context(), Request{URL: "https://example.org/"}); r.Failure != Connect {
		t.Errorf("%+v", r)
	}
}

func TestDemoReachesItsProgramsOnly(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(rw, r.Host) }))
	t.Cleanup(srv.Close)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(other.Close)
	at := netip.MustParseAddrPort(srv.Listener.Addr().String())
	c, err := NewDemo(map[string]string{"deploybot.example": at.String()}, []netip.AddrPort{at})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if r := c.Do(t.Context(), Request{URL: "http://deploybot.example/hook"}); r.Status != 200 || string(r.Body) != "deploybot.example" || r.Addr != at {
		t.Errorf("by name: %+v", r)
	}
	if r := c.Do(t.Context(), Request{URL: srv.URL}); r.Status != 200 {
		t.Errorf("literal: %+v", r)
	}
	if r := c.Do(t.Context(), Request{URL: other.URL}); r.Failure != BadURL {
		t.Errorf("another port: %+v", r)
	}
	for _, bad := range []string{"10.0.0.1:80", "127.0.0.1:0", "8.8.8.8:443"} {
		if _, err := NewDemo(nil, []netip.AddrPort{netip.MustParseAddrPort(bad)}); err == nil {
			t.Errorf("%s is accepted as a demo address", bad)
		}
	}
	if _, err := NewDemo(map[string]string{"a.example": "127.0.0.1:1"}, nil); err == nil {
		t.Error("a host that leads to an unlisted address is accepted")
	}
}

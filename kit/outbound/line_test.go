package outbound

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/testenv"
)

// teller is a server that says what a test wants, byte by byte.
type teller struct {
	net.Listener
	url    string
	client *Client

	mu    sync.Mutex
	conns int
	seen  []string // bodies of requests
}

// tell starts one. answer is asked for each request of a connection, with its place
// among all, and says what to write; "" closes, and so does a NUL at the end.
func tell(t *testing.T, answer func(n int) string) *teller {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &teller{Listener: ln, url: "http://" + ln.Addr().String() + "/hook"}
	if s.client, err = NewDemo(nil, []netip.AddrPort{netip.MustParseAddrPort(ln.Addr().String())}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close(); s.client.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns++
			s.mu.Unlock()
			go s.serve(c, answer)
		}
	}()
	return s
}

func (s *teller) serve(c net.Conn, answer func(n int) string) {
	defer func() { _ = c.Close() }()
	for in := bufio.NewReader(c); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, string(body))
		n := len(s.seen)
		s.mu.Unlock()
		text, ends := strings.CutSuffix(answer(n), "\x00")
		if _, err := io.WriteString(c, text); err != nil || text == "" || ends {
			return
		}
	}
}

func (s *teller) count() (conns, requests int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns, len(s.seen)
}

func (s *teller) post(t *testing.T, body string, header http.Header) Result {
	t.Helper()
	return s.client.Do(t.Context(), Request{URL: s.url, Body: []byte(body), Header: header, Timeout: 5 * time.Second})
}

const fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// gone waits until the server's end of every kept line is closed.
func (s *teller) gone(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		open := false
		s.client.lines.mu.Lock()
		for _, on := range s.client.lines.servers {
			for _, l := range on.idle {
				open = open || l.probe.Silent()
			}
		}
		s.client.lines.mu.Unlock()
		if !open {
			return
		}
	}
	t.Fatal("the server keeps its connections")
}

func TestAKeptLineThatTheServerClosedIsNotUsed(t *testing.T) {
	t.Parallel()
	s := tell(t, func(int) string { return fine })
	for i := range 3 {
		if r := s.post(t, "a", nil); r.Status != 200 || string(r.Body) != "ok" {
			t.Fatalf("%d: %+v", i, r)
		}
	}
	if conns, _ := s.count(); conns != 1 {
		t.Fatalf("%d connections for three calls", conns)
	}
	quits := tell(t, func(int) string { return fine + "\x00" }) // closes behind the answer, unannounced
	for i := range 3 {
		if r := quits.post(t, fmt.Sprint(i), nil); r.Status != 200 || r.Failure != NoFailure {
			t.Fatalf("%d: %+v", i, r)
		}
		quits.gone(t)
	}
	if conns, requests := quits.count(); conns != 3 || requests != 3 {
		t.Errorf("%d connections and %d requests for three calls", conns, requests)
	}
}

// A request that the server may have taken is asked again only if it names itself
// or changes nothing.
func TestWhatMayHaveBeenTakenIsNotRepeated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header   http.Header
		status   int
		requests int
	}{"a plain one": {nil, 0, 2}, "one with a name": {http.Header{"Idempotency-Key": {"evt_1"}}, 200, 3}} {
		s := tell(t, func(n int) string {
			if n == 2 {
				return "" // read, and not answered
			}
			return fine
		})
		if r := s.post(t, "first", nil); r.Status != 200 {
			t.Fatalf("%s: %+v", name, r)
		}
		r := s.post(t, "second", c.header)
		if _, requests := s.count(); r.Status != c.status || requests != c.requests || r.Status == 0 && r.Failure != Broken {
			t.Errorf("%s: %+v after %d requests", name, r, requests)
		}
	}
}

// What a server sends beyond its answer is not taken for the next one's.
func TestBytesBehindAnAnswerAreNobodysAnswer(t *testing.T) {
	t.Parallel()
	s := tell(t, func(n int) string {
		if n == 1 {
			return fine + "HTTP/1.1 201 Forged\r\nContent-Length: 6\r\n\r\nforged"
		}
		return fine
	})
	for i := range 2 {
		if r := s.post(t, "a", nil); r.Status != 200 || string(r.Body) != "ok" {
			t.Fatalf("%d: %+v", i, r)
		}
	}
	if conns, _ := s.count(); conns != 2 {
		t.Errorf("%d connections", conns)
	}
}

// TLS takes more from the socket than one answer; what it holds is no answer either.
func TestRecordsBehindAnAnswerAreNobodysAnswer(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	var conns, extra atomic.Int64
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			conns.Add(1)
			go func() {
				defer func() { _ = c.Close() }()
				secured := tls.Server(&testenv.Cork{Conn: c}, &tls.Config{Certificates: certified.TLS.Certificates})
				for in := bufio.NewReader(secured); ; {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(secured, fine)
					if extra.Add(-1) >= 0 {
						_, _ = io.WriteString(secured, "HTTP/1.1 201 Forged\r\nContent-Length: 6\r\n\r\nforged")
					}
				}
			}()
		}
	}()
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	client := newClient(t, Config{Roots: roots, Resolver: &names{hosts: map[string][][]string{"example.com": {{public}}}}, Dial: func(ctx context.Context, _ netip.AddrPort) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", ln.Addr().String())
	}})
	post := func() {
		t.Helper()
		if r := client.Do(t.Context(), Request{URL: "https://example.com/hook", Body: []byte("a")}); r.Status != 200 || string(r.Body) != "ok" {
			t.Fatalf("%+v", r)
		}
	}
	for range 3 {
		post()
	}
	if n := conns.Load(); n != 1 {
		t.Fatalf("%d connections for three calls", n)
	}
	extra.Store(1)
	post()
	post()
	if n := conns.Load(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

// Who has given up already sends nothing, also where a line is kept.
func TestACallThatWasGivenUpIsNotMade(t *testing.T) {
	t.Parallel()
	s := tell(t, func(int) string { return fine })
	s.post(t, "a", nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		if r := s.client.Do(ctx, Request{URL: s.url, Body: []byte("b")}); r.Failure != Canceled {
			t.Fatalf("%+v", r)
		}
	}
	if _, requests := s.count(); requests != 1 {
		t.Errorf("%d requests", requests)
	}
}

// A client that was closed keeps no line, not even one that was in use then.
func TestACloseReachesLinesInUse(t *testing.T) {
	t.Parallel()
	var s *teller
	s = tell(t, func(n int) string {
		if n == 1 {
			s.client.Close()
		}
		return fine
	})
	for range 3 {
		if r := s.post(t, "a", nil); r.Status != 200 {
			t.Fatalf("%+v", r)
		}
	}
	if conns, _ := s.count(); conns != 2 {
		t.Errorf("%d connections", conns)
	}
}

// Names that lead nowhere leave nothing behind.
func TestOriginsAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set("Connection", "close") }, nil)
	for i := range 50 {
		w.client.Do(t.Context(), Request{URL: fmt.Sprintf("https://absent-%d.example.com/", i)})
	}
	w.client.Do(t.Context(), Request{URL: "https://example.com/"})
	if n := len(w.client.lines.servers); n != 0 {
		t.Errorf("%d origins are remembered", n)
	}
}

// Both ways of calling see the same in whatever a server says.
func TestLinesReadWhatNetHTTPReads(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 70<<10)
	for name, text := range map[string]string{
		"plain":            fine,
		"no reason":        "HTTP/1.1 202\r\nContent-Length: 0\r\n\r\n",
		"no content":       "HTTP/1.1 204 No Content\r\n\r\n",
		"chunked":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
		"trailers":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3\r\nabc\r\n0\r\nX: 1\r\n\r\n",
		"until the end":    "HTTP/1.1 200 OK\r\n\r\nall there is\x00",
		"1.0":              "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"announced":        "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + fine,
		"only announced":   strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 9) + fine,
		"announced long":   strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 2000) + fine,
		"moved":            "HTTP/1.1 307 Moved\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n",
		"close":            "HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
		"two lengths":      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
		"negative":         "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nabc",
		"cut body":         "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc\x00",
		"cut head":         "HTTP/1.1 200 OK\r\nContent-Le\x00",
		"long body":        fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(long), long),
		"long head":        "HTTP/1.1 200 OK\r\nX: " + long + "\r\n\r\n",
		"endless chunk":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("f", 40) + "\r\n",
		"not HTTP":         "220 mail.example.com ESMTP\r\n",
		"another protocol": "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
		"bad field":        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
		"zero":             "HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n",
		"compressed":       "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
	} {
		s := tell(t, func(int) string { return text })
		ours := s.post(t, "a", nil)
		target, err := s.client.parse(s.url)
		if err != nil {
			t.Fatal(err)
		}
		hr, err := s.client.build(t.Context(), target, Request{URL: s.url, Body: []byte("a")})
		if err != nil {
			t.Fatal(err)
		}
		theirs := s.client.transported(hr, 5*time.Second, s.client.cfg.MaxBody)
		if ours.Status != theirs.Status || !bytes.Equal(ours.Body, theirs.Body) || ours.Truncated != theirs.Truncated || ours.Failure != theirs.Failure || fmt.Sprint(ours.Header) != fmt.Sprint(theirs.Header) {
			t.Errorf("%s: %d %q %v %q %v\ninstead of %d %q %v %q %v", name, ours.Status, head(ours.Body), ours.Truncated, ours.Failure, ours.Err,
				theirs.Status, head(theirs.Body), theirs.Truncated, theirs.Failure, theirs.Err)
		}
		if again := s.post(t, "a", nil); again.Status != ours.Status || !bytes.Equal(again.Body, ours.Body) {
			t.Errorf("%s: the second time %+v", name, again.Status)
		}
	}
}

func head(b []byte) []byte { return b[:min(len(b), 60)] }

func TestBodiesOfEverySizeArrive(t *testing.T) {
	t.Parallel()
	s := tell(t, func(int) string { return fine })
	for _, n := range []int{0, 1, lineRoom, lineBody - 1, lineBody, lineBody + 1, 200 << 10} {
		body := strings.Repeat("x", n)
		if r := s.post(t, body, nil); r.Status != 200 {
			t.Fatalf("%d bytes: %+v", n, r)
		}
		if s.seen[len(s.seen)-1] != body {
			t.Errorf("%d bytes arrived otherwise", n)
		}
	}
}

func TestAnOriginHasSoManyLines(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 4), make(chan struct{})
	w := newWorld(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}, func(c *Config) { c.PerHost = 2 })
	var work sync.WaitGroup
	results := make(chan Result, 3)
	call := func() { results <- w.client.Do(t.Context(), Request{URL: "https://example.com/"}) }
	work.Go(call)
	work.Go(call)
	<-arrived
	<-arrived
	if r := w.client.Do(t.Context(), Request{URL: "https://example.com/", Timeout: 50 * time.Millisecond}); r.Failure != Timeout || r.Addr.IsValid() {
		t.Errorf("a third one: %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := w.client.Do(ctx, Request{URL: "https://example.com/"}); r.Failure != Canceled {
		t.Errorf("one that was given up: %+v", r)
	}
	work.Go(call) // waits for its turn
	close(release)
	work.Wait()
	for range 3 {
		if r := <-results; r.Status != 200 {
			t.Errorf("%+v", r)
		}
	}
	if len(w.dialed) != 2 {
		t.Errorf("%d connections", len(w.dialed))
	}
}

// A caller that gives up in the middle leaves no line that others could take over.
func TestACallThatIsGivenUpEndsItsLine(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := tell(t, func(n int) string {
		if n == 1 {
			cancel()
			<-t.Context().Done() // no answer
		}
		return fine
	})
	r := s.client.Do(ctx, Request{URL: s.url, Body: []byte("a")})
	if r.Failure != Canceled {
		t.Fatalf("%+v", r)
	}
	if r := s.post(t, "b", nil); r.Status != 200 {
		t.Fatalf("%+v", r)
	}
	if conns, _ := s.count(); conns != 2 {
		t.Errorf("%d connections", conns)
	}
}

func TestLinesThatWaitLongAreClosed(t *testing.T) {
	t.Parallel()
	s := tell(t, func(int) string { return fine })
	s.post(t, "a", nil)
	p := s.client.lines
	p.clean()
	if len(p.servers) != 1 || p.waiting != 1 {
		t.Fatalf("a fresh line is gone: %+v", p)
	}
	for _, on := range p.servers {
		on.idle[0].freed = time.Now().Add(-idleTime - time.Second)
	}
	if p.clean(); len(p.servers) != 0 || p.waiting != 0 {
		t.Errorf("%d origins, %d lines", len(p.servers), p.waiting)
	}
	if r := s.post(t, "b", nil); r.Status != 200 {
		t.Errorf("%+v", r)
	}
}

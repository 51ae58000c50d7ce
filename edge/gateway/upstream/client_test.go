package upstream_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/guestright/guestright/edge/gateway/upstream"
)

// What Outgoing sets wins over what the client or the product sent, and a
// client's Connection header cannot remove it.
func TestOutgoing(t *testing.T) {
	t.Parallel()
	p := newProduct(t, reply("HTTP/1.1 200 OK\r\nRatelimit: product\r\nServer: x\r\nX-Kept: 1\r\nLink: <theirs>\r\nContent-Length: 2\r\n\r\nok"))
	client := &upstream.Client{}
	t.Cleanup(client.Close)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := upstream.Outgoing{
			Target: upstream.Target{Scheme: "http", Host: p.addr, BasePath: "/base"}, Path: "/a%20b", RawQuery: "x=1", Host: "product.example",
			Drop:       func(name string) bool { return name == "Authorization" },
			Set:        []upstream.Field{{Name: "X-Guestright-Identity", Value: "signed"}},
			Answer:     []upstream.Field{{Name: "RateLimit", Value: "ours"}},
			Add:        []upstream.Field{{Name: "Link", Value: "<ours>"}},
			DropAnswer: func(name string) bool { return name == "Server" },
		}
		result, err := client.Do(w, r, &out)
		if err != nil || result.Status != 200 || result.BytesOut != 2 || result.BytesIn != 3 || result.Upstream <= 0 {
			t.Errorf("%+v %v", result, err)
		}
	}))
	t.Cleanup(s.Close)
	c := dial(t, s)
	c.say("POST /elsewhere HTTP/1.1\r\nHost: api.example\r\nConnection: X-Guestright-Identity\r\nX-Guestright-Identity: forged\r\n" +
		"Authorization: Bearer secret\r\nContent-Length: 3\r\n\r\nabc")
	g := c.answer("POST")
	expect(t, "answer", g.Header, http.Header{"Ratelimit": {"ours"}, "X-Kept": {"1"}, "Link": {"<theirs>", "<ours>"}})
	seen := p.seen()[0]
	expect(t, "target", seen.Target, "/base/a%20b?x=1")
	expect(t, "host", seen.Host, "product.example")
	expect(t, "header", seen.Header, http.Header{"X-Guestright-Identity": {"signed"}, "Content-Length": {"3"}})
}

// Nothing that a caller could pass by mistake reaches the wire.
func TestMisuse(t *testing.T) {
	t.Parallel()
	client := &upstream.Client{}
	good := upstream.Outgoing{Target: upstream.Target{Scheme: "http", Host: "127.0.0.1:1"}, Path: "/"}
	for name, spoil := range map[string]func(*upstream.Outgoing){
		"scheme": func(o *upstream.Outgoing) { o.Target.Scheme = "ftp" },
		"path":   func(o *upstream.Outgoing) { o.Path = "/a b" },
		"form":   func(o *upstream.Outgoing) { o.Path = "a" },
		"empty":  func(o *upstream.Outgoing) { o.Path = "" },
		"query":  func(o *upstream.Outgoing) { o.RawQuery = "a\r\nX: y" },
		"host":   func(o *upstream.Outgoing) { o.Host = "a\r\nX: y" },
		"name":   func(o *upstream.Outgoing) { o.Set = []upstream.Field{{Name: "A B", Value: "c"}} },
		"value":  func(o *upstream.Outgoing) { o.Set = []upstream.Field{{Name: "A", Value: "b\nC: d"}} },
	} {
		out := good
		spoil(&out)
		_, err := client.Do(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), &out)
		if fault, ok := errors.AsType[*upstream.Fault](err); !ok || fault.Reason != upstream.Misused || fault.Status() != 500 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A body over the limit that a door has set is the client's fault: 413.
func TestBodyTooLarge(t *testing.T) {
	t.Parallel()
	p := newProduct(t, func(e *exchange) bool { e.take(); return e.say(ok) })
	client := &upstream.Client{}
	t.Cleanup(client.Close)
	h := forward(t, client, upstream.Target{Scheme: "http", Host: p.addr}, nil)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1000)
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	for _, raw := range []string{
		"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n" + strings.Repeat("a", 2000),
		"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + strings.Repeat("a", 2000) + "\r\n0\r\n\r\n",
	} {
		c := dial(t, s)
		c.say(raw)
		expect(t, "status", c.answer("POST").Status, 413)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	product := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.URL.Path == "/slow" { // longer than a first look at the connection lasts
			<-time.After(60 * time.Millisecond)
		}
		io.WriteString(w, r.Proto+" "+string(body))
	}))
	product.EnableHTTP2 = true // offered, and not taken by this client
	product.Config.ErrorLog = log.New(io.Discard, "", 0)
	product.StartTLS()
	t.Cleanup(product.Close)
	trusting := product.Client().Transport.(*http.Transport).TLSClientConfig
	client := &upstream.Client{TLS: &tls.Config{RootCAs: trusting.RootCAs}}
	target := upstream.Target{Scheme: "https", Host: product.Listener.Addr().String()}
	var retried bool
	s := httptest.NewServer(forward(t, client, target, func(r upstream.Result, _ error) { retried = retried || r.Retried }))
	t.Cleanup(s.Close)
	c := dial(t, s)
	for range 3 {
		c.say(post)
		expect(t, "answer", c.answer("POST").Body, "HTTP/1.1 abc")
	}
	c.say(strings.Replace(post, "/x", "/slow", 1))
	expect(t, "slow answer", c.answer("POST").Body, "HTTP/1.1 abc")
	if retried {
		t.Error("a pooled TLS connection was not usable")
	}

	stranger := httptest.NewServer(forward(t, &upstream.Client{}, target, nil))
	t.Cleanup(stranger.Close)
	c = dial(t, stranger)
	c.say(get)
	expect(t, "unknown authority", c.answer("GET").Status, 502)

	h2 := httptest.NewServer(forward(t, &upstream.Client{TLS: &tls.Config{RootCAs: trusting.RootCAs}},
		upstream.Target{Scheme: "h2", Host: product.Listener.Addr().String()}, nil))
	t.Cleanup(h2.Close)
	c = dial(t, h2)
	c.say(post)
	expect(t, "HTTP/2", c.answer("POST").Body, "HTTP/2.0 abc")
}

// An upstream without TLS that speaks HTTP/2 only is reached by net/http.
func TestHTTP2ClearText(t *testing.T) {
	t.Parallel()
	product := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Target", r.RequestURI)
		w.Header().Set("X-Identity", r.Header.Get("X-Identity"))
		if r.URL.Path == "/b/cut" {
			io.WriteString(w, "abc")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, r.Proto)
	}))
	product.Config.ErrorLog = log.New(io.Discard, "", 0)
	product.Config.Protocols = new(http.Protocols)
	product.Config.Protocols.SetUnencryptedHTTP2(true)
	product.Start()
	t.Cleanup(product.Close)
	client := &upstream.Client{}
	t.Cleanup(client.Close)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := upstream.Outgoing{
			Target: upstream.Target{Scheme: "h2c", Host: product.Listener.Addr().String(), BasePath: "/b"}, Path: "/a%20b", RawQuery: "x=1",
			Set: []upstream.Field{{Name: "X-Identity", Value: "signed"}}, Answer: []upstream.Field{{Name: "X-Ours", Value: "1"}},
		}
		if r.URL.Path == "/cut" {
			out.Path = "/cut"
			_, err := client.Do(w, r, &out)
			if fault, ok := errors.AsType[*upstream.Fault](err); !ok || !fault.Started || fault.Reason != upstream.Broken {
				t.Errorf("%v", err)
			}
			panic(http.ErrAbortHandler)
		}
		if result, err := client.Do(w, r, &out); err != nil || result.Status != 200 || result.BytesOut != 8 || result.BytesIn != 3 {
			t.Errorf("%+v %v", result, err)
		}
	}))
	t.Cleanup(s.Close)
	cut := dial(t, s)
	cut.say(strings.Replace(get, "/x", "/cut", 1))
	expect(t, "cut", cut.answer("GET").Cut, true)
	c := dial(t, s)
	c.say(post)
	g := c.answer("POST")
	expect(t, "body", g.Body, "HTTP/2.0")
	expect(t, "target", g.Header.Get("X-Target"), "/b/a%20b?x=1")
	expect(t, "identity", g.Header.Get("X-Identity"), "signed")
	expect(t, "ours", g.Header.Get("X-Ours"), "1")
}

// Idle connections end: by age, by number, and on Close.
func TestPoolLimits(t *testing.T) {
	t.Parallel()
	p := newProduct(t, reply(ok))
	client := &upstream.Client{IdleTimeout: 40 * time.Millisecond}
	s := httptest.NewServer(forward(t, client, upstream.Target{Scheme: "http", Host: p.addr}, nil))
	t.Cleanup(s.Close)
	c := dial(t, s)
	c.say(get)
	expect(t, "status", c.answer("GET").Status, 200)
	wait(t, "the idle connection to end", p.closed)
	c.say(get)
	expect(t, "status", c.answer("GET").Status, 200)
	expect(t, "connections", p.connections(), 2)
	client.Close()
	wait(t, "the connection to end on Close", p.closed)
	c.say(get)
	expect(t, "still works", c.answer("GET").Status, 200)
	wait(t, "a connection that is not kept", p.closed)

	old := &upstream.Client{Lifetime: time.Nanosecond}
	s = httptest.NewServer(forward(t, old, upstream.Target{Scheme: "http", Host: p.addr}, nil))
	t.Cleanup(s.Close)
	c = dial(t, s)
	before := p.connections()
	for range 3 {
		c.say(get)
		expect(t, "status", c.answer("GET").Status, 200)
	}
	expect(t, "connections", p.connections()-before, 3)
}

// A WebSocket library talks through the proxy, and through a writer that the
// door in front has wrapped.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	product := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		kind, data, err := c.Read(r.Context())
		if err != nil {
			t.Error(err)
			return
		}
		if err := c.Write(r.Context(), kind, append(data, " back"...)); err != nil {
			t.Error(err)
		}
		c.Close(websocket.StatusNormalClosure, "")
	}))
	t.Cleanup(product.Close)
	results := make(chan upstream.Result, 1)
	h := forward(t, &upstream.Client{}, upstream.Target{Scheme: "http", Host: product.Listener.Addr().String()},
		func(r upstream.Result, _ error) { results <- r })
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrapped{w}, r) }))
	t.Cleanup(s.Close)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(ctx, websocket.MessageText, []byte("there and")); err != nil {
		t.Fatal(err)
	}
	_, data, err := c.Read(ctx)
	if err != nil || string(data) != "there and back" {
		t.Errorf("%q %v", data, err)
	}
	if _, _, err := c.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Error(err)
	}
	if r := <-results; !r.Upgraded || r.Status != 101 || r.BytesIn == 0 || r.BytesOut == 0 {
		t.Errorf("%+v", r)
	}
}

// wrapped hides everything that http.ResponseController cannot find.
type wrapped struct{ inner http.ResponseWriter }

func (w wrapped) Header() http.Header         { return w.inner.Header() }
func (w wrapped) Write(p []byte) (int, error) { return w.inner.Write(p) }
func (w wrapped) WriteHeader(status int)      { w.inner.WriteHeader(status) }
func (w wrapped) Unwrap() http.ResponseWriter { return w.inner }

// The server in front may speak HTTP/2 to the client.
func TestHTTP2Client(t *testing.T) {
	t.Parallel()
	p := newProduct(t, func(e *exchange) bool {
		sum := strconv.Itoa(len(e.take()))
		return e.say("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n" + strconv.FormatInt(int64(len(sum)), 16) + "\r\n" + sum +
			"\r\n0\r\nX-Sum: 1\r\n\r\n")
	})
	s := httptest.NewUnstartedServer(forward(t, &upstream.Client{}, upstream.Target{Scheme: "http", Host: p.addr}, nil))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	for _, size := range []int{0, 3, 100_000} {
		var body io.Reader = io.MultiReader(strings.NewReader(strings.Repeat("a", size))) // of unknown length
		if size == 0 {
			body = nil
		}
		req, err := http.NewRequest(http.MethodPost, s.URL+"/x", body)
		if err != nil {
			t.Fatal(err)
		}
		res, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.ProtoMajor != 2 || string(text) != strconv.Itoa(size) || res.Trailer.Get("X-Sum") != "1" {
			t.Errorf("%d: %s %q %v %v", size, res.Proto, text, res.Trailer, err)
		}
	}
}

func TestFaultWords(t *testing.T) {
	t.Parallel()
	declared := map[string]bool{}
	for _, d := range upstream.Codes() {
		declared[d.Code] = d.Cause != "" && d.Remedy != ""
	}
	for reason, status := range map[upstream.Reason]int{upstream.Misused: 500, upstream.ClientBody: 400, upstream.ClientGone: 499,
		upstream.Unreachable: 502, upstream.TimedOut: 504, upstream.BadAnswer: 502, upstream.Broken: 502} {
		f := &upstream.Fault{Reason: reason, Cause: io.EOF}
		if f.Status() != status || !errors.Is(f, io.EOF) || f.Problem().Code != f.Code() || f.Problem().Detail == "" {
			t.Errorf("%d: %d %v %+v", reason, f.Status(), f, f.Problem())
		}
		if seen := reason != upstream.Misused && reason != upstream.ClientGone; seen != declared[f.Code()] {
			t.Errorf("%s: declared %v", f.Code(), declared[f.Code()])
		}
	}
}

// What a product sends after its answer never becomes the answer to the next
// request, which may be somebody else's.
func TestAnswerAfterAnswer(t *testing.T) {
	t.Parallel()
	late := make(chan struct{}, 1)
	sent := make(chan struct{}, 1)
	p := newProduct(t, func(e *exchange) bool {
		if e.number > 1 {
			return e.say(ok)
		}
		e.say("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
		<-late // until the connection is in the pool
		e.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
		sent <- struct{}{}
		return true
	})
	pooled := make(chan struct{}, 10)
	s := httptest.NewServer(forward(t, &upstream.Client{}, upstream.Target{Scheme: "http", Host: p.addr},
		func(upstream.Result, error) { pooled <- struct{}{} }))
	t.Cleanup(s.Close)
	c := dial(t, s)
	c.say(strings.Replace(get, "GET", "HEAD", 1))
	expect(t, "first", c.answer("HEAD").Status, 200)
	wait(t, "the end of the call", pooled)
	late <- struct{}{}
	wait(t, "the forged answer", sent)
	c.say(get)
	expect(t, "second", c.answer("GET").Body, "ok")
}

// TestNoLeak runs good, broken and abandoned calls at once and then looks for
// goroutines of this package.
func TestNoLeak(t *testing.T) {
	p := newProduct(t, func(e *exchange) bool {
		switch e.number % 5 {
		case 0:
			return false
		case 1:
			e.say("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nabc")
			return false
		case 2:
			io.Copy(io.Discard, e.in)
			return false
		}
		e.take()
		return e.say(ok)
	})
	client := &upstream.Client{HeadTimeout: 100 * time.Millisecond}
	s := httptest.NewUnstartedServer(forward(t, client, upstream.Target{Scheme: "http", Host: p.addr}, nil))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	bodies := []string{"", "abc", strings.Repeat("a", 100_000)}
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			req, err := http.NewRequest(http.MethodPost, s.URL, strings.NewReader(bodies[i%3]))
			if err != nil {
				t.Error(err)
				return
			}
			res, err := s.Client().Do(req)
			if err != nil {
				return
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		})
	}
	all.Wait()
	s.Close()
	client.Close()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		buf := make([]byte, 1<<20)
		stacks := string(buf[:runtime.Stack(buf, true)])
		if !strings.Contains(stacks, "upstream.(*sender)") && !strings.Contains(stacks, "upstream.(*call)") {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("goroutines left:\n%s", stacks)
		}
	}
}

package web_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/web"
)

func jsonLog(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(w, nil)) }

func TestOneLineForEachRequest(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	api := web.New(web.Config{Title: "T", Version: "1"})
	web.Op(api, web.Operation{ID: "read", Method: "GET", Path: "/v1/things/{id}", Summary: "Read"},
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		}) (*thingOut, error) {
			web.From(ctx).Add("user", "usr_1")
			web.From(ctx).Add("user", "usr_2")
			return &thingOut{}, nil
		})
	door := web.NewDoor(web.DoorConfig{Log: jsonLog(&log)}, api)
	r := httptest.NewRequest("GET", "/v1/things/secret-in-path?q=secret-in-query", nil)
	r.Header.Set("Request-Id", "req_chosen_by_a_stranger")
	r.Header.Set("Authorization", "Bearer secret-token")
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("%s: %v", log.String(), err)
	}
	for key, want := range map[string]any{"msg": "request", "method": "GET", "route": "GET /v1/things/{id}", "status": 422.0, "client": "192.0.2.1"} {
		if line[key] != want {
			t.Errorf("%s = %v, want %v", key, line[key], want)
		}
	}
	if id := w.Header().Get("Request-Id"); line["request"] != id || !requestID.MatchString(id) || strings.Contains(id, "stranger") {
		t.Errorf("request id %q, in the log %v", id, line["request"])
	}
	if strings.Contains(log.String(), "secret") {
		t.Errorf("the log tells a secret: %s", log.String())
	}
	log.Reset()
	door.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/v1/things/1", nil))
	if !strings.Contains(log.String(), `"user":"usr_2"`) || strings.Contains(log.String(), "usr_1") || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("log %s", log.String())
	}
}

// L-03: a panic leaves a generic answer with the id only.
func TestPanicsL03(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := web.NewDoor(web.DoorConfig{Log: jsonLog(&log)}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			_, _ = io.WriteString(w, "begun")
			_ = http.NewResponseController(w).Flush()
		}
		panic("the password is hunter2")
	}))
	w := get(h, "/", "")
	if w.Code != 500 || strings.Contains(w.Body.String(), "hunter2") || codeOf(t, w) != "internal" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if n := strings.Count(log.String(), "hunter2"); n != 1 || !strings.Contains(log.String(), "door_test.go") {
		t.Errorf("the log tells the cause %d times: %s", n, log.String())
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	res, err := http.Get(srv.URL + "/late")
	if err == nil {
		_, err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	if err == nil {
		t.Error("an answer that broke off looks complete")
	}
}

func TestDoorChecks(t *testing.T) {
	t.Parallel()
	h := web.NewDoor(web.DoorConfig{Hosts: web.Hosts{"api.example.com", "api.example.com:8443"}, Secure: true},
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }))
	for host, status := range map[string]int{
		"api.example.com": 204, "API.example.com": 204, "api.example.com:443": 204, "api.example.com:8443": 204,
		"evil.example": 421, "": 421, "api.example.com.": 421, "api.example.com:8080": 421, "api.example.com@evil": 421,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("Host %q: %d, want %d", host, w.Code, status)
		}
		for _, name := range []string{"Strict-Transport-Security", "X-Content-Type-Options", "Content-Security-Policy", "Cross-Origin-Resource-Policy", "Referrer-Policy"} {
			if w.Header().Get(name) == "" {
				t.Errorf("Host %q: no %s", host, name)
			}
		}
	}
	for name, change := range map[string]func(*http.Request){
		"201 parameters": func(r *http.Request) { r.URL.RawQuery = strings.Repeat("a=1&", 200) + "a=1" },
		"51 cookies":     func(r *http.Request) { r.Header.Set("Cookie", strings.Repeat("a=1; ", 50)+"a=1") },
		"semicolon":      func(r *http.Request) { r.URL.RawQuery = "a=1;b=2" },
		"bad utf-8":      func(r *http.Request) { r.URL.RawQuery = "a=%c0%ae" },
		"line feed":      func(r *http.Request) { r.URL.RawQuery = "a=%0a" },
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = "api.example.com"
		change(r)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 400 || codeOf(t, w) != "request_malformed" {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"0.0.0.0/0", "::/0", "0.0.0.0/1", "::ffff:10.0.0.0/104", "proxy.example", "10.0.0.1/8", "", "fe80::1%eth0"} {
		if _, err := web.ParseProxies([]string{bad}); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	ps, err := web.ParseProxies([]string{"10.0.0.0/8", "192.0.2.7", "2001:db8::/32"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ peer, forwarded, want string }{
		{"198.51.100.1:5", "203.0.113.9", "198.51.100.1"}, // not a proxy: its word counts for nothing
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"10.0.0.1:5", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:5", "1.1.1.1, 203.0.113.9", "203.0.113.9"}, // the left entry is the caller's claim
		{"10.0.0.1:5", "1.1.1.1, 203.0.113.9, 192.0.2.7", "203.0.113.9"},
		{"10.0.0.1:5", "1.1.1.1, junk", "10.0.0.1"},
		{"10.0.0.1:5", "1.1.1.1, junk, 192.0.2.7", "192.0.2.7"},
		{"[2001:db8::1]:5", "2a00::1", "2a00::1"},
		{"[::ffff:10.0.0.1]:5", "203.0.113.9", "203.0.113.9"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-For", c.forwarded)
		if got := ps.Client(r).String(); got != c.want {
			t.Errorf("%s via %q: %s, want %s", c.peer, c.forwarded, got, c.want)
		}
		if got := (web.Proxies{}).Client(r).String(); !strings.Contains(c.peer, strings.TrimPrefix(got, "::ffff:")) {
			t.Errorf("without proxies: %s", got)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Forwarded-Host", "evil.example")
	if carries, trusted := ps.Forwarded(r); !carries || trusted {
		t.Errorf("Forwarded = %v, %v", carries, trusted)
	}
}

// H-07: a trusted proxy that passes on both families of headers is not believed.
func TestBothForwardingFamiliesH07(t *testing.T) {
	t.Parallel()
	ps, err := web.ParseProxies([]string{"192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	for status, proxies := range map[int]web.Proxies{400: ps, 204: nil} {
		r := httptest.NewRequest("GET", "/", nil) // from 192.0.2.1
		r.Header.Set("Forwarded", "for=198.51.100.1")
		r.Header.Set("X-Forwarded-For", "198.51.100.2")
		w := httptest.NewRecorder()
		web.NewDoor(web.DoorConfig{Proxies: proxies}, ok).ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("proxies %v: %d, want %d", proxies, w.Code, status)
		}
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	h := web.CORS{Origins: []string{"https://app.example.com"}, Methods: []string{"DELETE"}, Headers: []string{"Authorization"}}.
		Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }))
	for origin, listed := range map[string]bool{
		"https://app.example.com": true, "https://app.example.com.evil.example": false, "http://app.example.com": false,
		"https://APP.example.com": false, "null": false, "": false, "https://app.example.com:443": false,
	} {
		for _, method := range []string{"GET", "OPTIONS"} {
			r := httptest.NewRequest(method, "/", nil)
			r.Header.Set("Origin", origin)
			r.Header.Set("Access-Control-Request-Method", "DELETE")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header().Get("Access-Control-Allow-Origin"); (got == origin && origin != "") != listed || (!listed && got != "") {
				t.Errorf("%s %q: allowed %q", method, origin, got)
			}
			if w.Header().Get("Access-Control-Allow-Credentials") != "" || w.Header().Get("Vary") != "Origin" {
				t.Errorf("%s %q: %v", method, origin, w.Header())
			}
		}
	}
}

func TestETags(t *testing.T) {
	t.Parallel()
	tag := web.ETag([]byte("a"))
	if tag == web.ETag([]byte("b")) || !web.Matches(`"x", W/`+tag, tag, true) || web.Matches("W/"+tag, tag, false) || !web.Matches("*", tag, false) {
		t.Error("tags do not compare as RFC 9110 says")
	}
	if web.Precondition(tag, tag, true) != nil || web.Precondition("", tag, false) != nil {
		t.Error("a fulfilled precondition is refused")
	}
	if web.Precondition(`"x"`, tag, false) == nil || web.Precondition("", tag, true) == nil {
		t.Error("an unfulfilled precondition passes")
	}
}

func TestServerLimitsAndStop(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	srv := web.NewServer("", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(entered)
			<-leave
		}
		_, _ = io.WriteString(w, "done")
	}), web.Limits{})
	if srv.ReadHeaderTimeout == 0 || srv.ReadTimeout == 0 || srv.WriteTimeout == 0 || srv.IdleTimeout == 0 || srv.Protocols.UnencryptedHTTP2() {
		t.Errorf("a limit is missing: %+v", srv)
	}
	ctx, stop := context.WithCancel(t.Context())
	ln, err := web.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- web.Serve(ctx, srv, ln, 10*time.Second) }()

	// H-15: 33 KiB of headers.
	if got := rawStatus(t, ln.Addr().String(), "GET / HTTP/1.1\r\nHost: a\r\nX-Big: "+strings.Repeat("a", 33<<10)+"\r\n\r\n"); got != 431 {
		t.Errorf("33 KiB of headers: %d", got)
	}
	if got := rawStatus(t, ln.Addr().String(), "GET / HTTP/1.1\r\nHost: a\r\nX-Big: "+strings.Repeat("a", 31<<10)+"\r\n\r\n"); got != 200 {
		t.Errorf("31 KiB of headers: %d", got)
	}
	slow := make(chan int, 1)
	go func() { slow <- rawStatus(t, ln.Addr().String(), "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n") }()
	<-entered
	stop()
	close(leave)
	if got := <-slow; got != 200 {
		t.Errorf("a running request was cut: %d", got)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve = %v", err)
	}
	if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		t.Error("the listener still answers")
	}
}

func rawStatus(t *testing.T, addr, request string) int {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer func() { _ = conn.Close() }()
	go func() { _, _ = fmt.Fprint(conn, request) }()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

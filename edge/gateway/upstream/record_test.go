package upstream_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/guestright/guestright/edge/gateway/upstream"
	"github.com/guestright/guestright/kit/testenv"
)

// TLS takes more from the socket than one answer. What it holds is not the answer to
// the next request either: the connection is not used again.
func TestRecordAfterAnswer(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(nil)
	t.Cleanup(certified.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var conns, answers atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Add(1)
			go func() {
				defer c.Close()
				secured := tls.Server(&testenv.Cork{Conn: c}, &tls.Config{Certificates: certified.TLS.Certificates})
				for in := bufio.NewReader(secured); ; {
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					io.WriteString(secured, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
					if answers.Add(1) == 3 {
						io.WriteString(secured, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
					}
				}
			}()
		}
	}()
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	client := &upstream.Client{TLS: &tls.Config{RootCAs: roots, ServerName: "example.com"}}
	t.Cleanup(client.Close)
	s := httptest.NewServer(forward(t, client, upstream.Target{Scheme: "https", Host: l.Addr().String()}, nil))
	t.Cleanup(s.Close)
	c := dial(t, s)
	for n, want := range []int64{1, 1, 1, 2, 2} {
		c.say(get)
		expect(t, "answer", c.answer("GET").Body, "ok")
		if got := conns.Load(); got != want {
			t.Errorf("%d connections after %d calls, not %d", got, n+1, want)
		}
	}
}

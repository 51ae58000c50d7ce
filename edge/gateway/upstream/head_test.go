package upstream

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// scripted is a connection that receives fixed bytes in pieces.
type scripted struct {
	net.Conn
	rest []byte
	step int
}

func (s *scripted) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.rest[:min(len(s.rest), s.step)])
	s.rest = s.rest[n:]
	return n, nil
}

func (s *scripted) Close() error                    { return nil }
func (s *scripted) SetReadDeadline(time.Time) error { return nil }

// final is a recorder that does not take interim answers for the answer.
type final struct{ *httptest.ResponseRecorder }

func (f final) WriteHeader(status int) {
	if status >= 200 {
		f.ResponseRecorder.WriteHeader(status)
	}
}

// receive relays raw as an answer to a request by method.
func receive(raw []byte, step int, method string) (*httptest.ResponseRecorder, bool, error) {
	client := &Client{}
	socket := &scripted{rest: raw, step: step}
	c := newConn(socket, socket, &pool{client: client}, time.Time{})
	w := httptest.NewRecorder()
	x := &call{client: client, w: final{w}, r: httptest.NewRequest(method, "/", nil), out: &Outgoing{}}
	h, err := x.await(c)
	if err != nil {
		return w, false, err
	}
	if h.status == http.StatusSwitchingProtocols {
		return w, false, bad("upgrade")
	}
	whole, fault := x.relay(c, h)
	if fault != nil {
		return w, false, fault
	}
	return w, whole && !h.closes, nil
}

// FuzzAnswer: whatever we accept, net/http reads in the same way, however the
// bytes arrive. The reverse does not hold, on purpose.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.0 404 \r\nA:\tb\t\r\n\r\nrest", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n", "HTTP/1.1 304\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: Chunked\r\nConnection: x, close\r\n\r\n00a ; q=\"\"\r\n0123456789\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\nok",
	} {
		f.Add([]byte(s), byte(7), false)
		f.Add([]byte(s), byte(1), true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, step byte, head bool) {
		method := http.MethodGet
		if head {
			method = http.MethodHead
		}
		ours, reusable, err := receive(slices.Clone(raw), int(step)+1, method)
		again, reusableToo, errToo := receive(slices.Clone(raw), 1<<20, method)
		if (err == nil) != (errToo == nil) || err == nil && (reusable != reusableToo || !bytes.Equal(ours.Body.Bytes(), again.Body.Bytes())) {
			t.Fatalf("depends on how the bytes arrive: %v, %v", err, errToo)
		}
		if err != nil {
			return
		}
		in := bufio.NewReader(bytes.NewReader(raw))
		var theirs *http.Response
		for range most1xx + 1 {
			theirs, err = http.ReadResponse(in, &http.Request{Method: method})
			if err != nil {
				t.Fatalf("we accept what net/http refuses: %v", err)
			}
			if theirs.StatusCode >= 200 {
				break
			}
		}
		body, err := io.ReadAll(theirs.Body)
		if err != nil {
			t.Fatalf("we accept a body that net/http refuses: %v", err)
		}
		res := ours.Result()
		if res.StatusCode != theirs.StatusCode {
			t.Fatalf("status %d, net/http %d", res.StatusCode, theirs.StatusCode)
		}
		if !bytes.Equal(ours.Body.Bytes(), body) {
			t.Fatalf("body %q, net/http %q", ours.Body, body)
		}
		if reusable && theirs.Close {
			t.Fatal("we would reuse a connection that net/http closes")
		}
		nominating := bytes.Contains(bytes.ToLower(raw), []byte("connection"))
		for name, values := range theirs.Header {
			if hopByHop(name) || name == "Content-Length" || nominating && res.Header[name] == nil {
				continue
			}
			if !slices.Equal(res.Header[name], values) {
				t.Fatalf("%s: %q, net/http %q", name, res.Header[name], values)
			}
		}
	})
}

func TestMostInterim(t *testing.T) {
	t.Parallel()
	raw := strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", most1xx+1) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	if _, _, err := receive([]byte(raw), 100, http.MethodGet); err == nil {
		t.Error("interim answers without end are accepted")
	}
}

func TestChunkLimits(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, body := range []string{
		"3;" + strings.Repeat("x", 2<<10) + "\r\nabc\r\n0\r\n\r\n",
		"0\r\n" + strings.Repeat("X-A: b\r\n", 10<<10) + "\r\n",
		"3\nabc\n0\n\n", "3\r\nabc\r\n0\r\n X: y\r\n\r\n", "\r\n", "-1\r\n\r\n", "3 x\r\nabc\r\n0\r\n\r\n",
	} {
		if _, _, err := receive([]byte(head+body), 100, http.MethodGet); err == nil {
			t.Errorf("%.40q is accepted", body)
		}
	}
}

func BenchmarkAnswerHead(b *testing.B) {
	raw := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nCache-Control: no-store\r\nX-Request-Id: 0123456789abcdef\r\nDate: Fri, 20 Nov 2026 10:00:00 GMT\r\n\r\nok")
	client := &Client{}
	socket := &scripted{step: 1 << 20}
	c := newConn(socket, socket, &pool{client: client}, time.Time{})
	x := &call{client: client, r: httptest.NewRequest(http.MethodGet, "/", nil), out: &Outgoing{}}
	b.ReportAllocs()
	for b.Loop() {
		socket.rest = raw
		h, err := x.readHead(c)
		if err != nil {
			b.Fatal(err)
		}
		header := make(http.Header, 8)
		x.collect(c, header, h.size)
		c.r, c.w = 0, 0
	}
}

// Looking at eight bytes at once finds what looking at each finds.
func TestTextInWords(t *testing.T) {
	t.Parallel()
	for n := range 20 {
		for at := range n {
			for b := range 256 {
				value := bytes.Repeat([]byte{'~'}, n)
				value[at] = byte(b)
				if at > 0 {
					value[at-1] = 0x80
				}
				want := b >= ' ' && b != 0x7f || b == '\t'
				if got := isText(value); got != want {
					t.Fatalf("isText(%q) = %v", value, got)
				}
			}
		}
	}
}

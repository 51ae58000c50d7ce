package strict

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync"
)

// Listener keeps a copy of the last bytes that each connection received.
// net/http removes Content-Length from a request that also has
// Transfer-Encoding and lets it pass, as RFC 9112 6.3 permits. A proxy in
// front that believes the other header would see another request than we do,
// so Judge looks at the copy and refuses. Set Server.ConnContext to
// ConnContext as well. With TLS, wrap the TLS listener: what counts is the
// clear text.
type Listener struct{ net.Listener }

// Accept wraps the next connection.
func (l Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &recorded{Conn: c}, nil
}

// ConnContext makes the connection known to Judge.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if r, ok := c.(*recorded); ok {
		return context.WithValue(ctx, connKey{}, r)
	}
	return ctx
}

// tail is how much is kept, at least: more than the head of a request that
// the server accepts would be wasted, less could be outrun.
const tail = 8 << 10

// recorded is a connection with a copy of what was read last.
type recorded struct {
	net.Conn
	mu   sync.Mutex
	seen []byte
}

// Read copies what it passes on.
func (c *recorded) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.mu.Lock()
		if len(c.seen)+n > 2*tail {
			c.seen = append(c.seen[:0], c.seen[max(0, len(c.seen)-tail):]...)
		}
		c.seen = append(c.seen, p[max(0, n-tail):n]...)
		c.mu.Unlock()
	}
	return n, err
}

// CloseWrite passes half-closing through, for tunnels and net/http's goodbye.
func (c *recorded) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return net.ErrClosed
}

// oddFraming looks for the head of r among the last bytes and judges what the
// parser has tidied up: Content-Length next to Transfer-Encoding, folded lines
// in a chunked request, and Transfer-Encoding under HTTP/1.0, which is faulty
// framing (RFC 9112 6.1). A client could plant a second copy of its request line
// in an earlier body, so every copy counts: if any head is odd, or none is found
// any more, the request is refused. Only a client that plays such games is
// affected.
func (c *recorded) oddFraming(r *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := []byte(r.Method + " " + r.RequestURI + " HTTP/1.")
	found := false
	for rest := c.seen; ; {
		at := bytes.Index(rest, line)
		if at < 0 {
			return !found
		}
		found = true
		rest = rest[at+len(line):]
		head := rest
		if end := bytes.Index(head, []byte("\r\n\r\n")); end >= 0 {
			head = head[:end]
		}
		if odd(head, r.ProtoAtLeast(1, 1)) {
			return true
		}
	}
}

// odd judges the raw header lines of a request that says Transfer-Encoding or
// speaks HTTP/1.0.
func odd(head []byte, modern bool) bool {
	for l := range bytes.Lines(head) {
		if modern && (l[0] == ' ' || l[0] == '\t') {
			return true
		}
		name, _, _ := bytes.Cut(l, []byte(":"))
		name = bytes.TrimSpace(name)
		if modern && bytes.EqualFold(name, []byte("Content-Length")) || !modern && bytes.EqualFold(name, []byte("Transfer-Encoding")) {
			return true
		}
	}
	return false
}

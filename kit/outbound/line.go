package outbound

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/guestright/guestright/kit/socket"
)

const (
	// lineBody is the largest body that is sent before the answer is looked for. A
	// server that refuses a larger one without reading it needs somebody who listens
	// meanwhile: net/http's transport.
	lineBody = 32 << 10
	// lineRoom is the buffer that a line keeps.
	lineRoom = 4 << 10
	// farewell is how long a server that took no more may take to say why.
	farewell = 50 * time.Millisecond
)

// line is one connection. Whoever has taken it makes one exchange at a time in its
// own goroutine.
type line struct {
	conn   net.Conn // plain or TLS
	socket net.Conn // below TLS
	at     netip.AddrPort
	probe  *socket.Probe
	reused bool
	freed  time.Time
	age    int // of lines when it was made

	out  bytes.Buffer
	in   *bufio.Reader
	left int64 // bytes that may still be read
}

func newLine(secured net.Conn, j *judged) *line {
	l := &line{conn: secured, socket: j.Conn, at: j.at, probe: socket.NewProbe(j.Conn)}
	l.in = bufio.NewReaderSize(l, lineRoom)
	return l
}

// errHead is an answer whose head is too long.
var errHead = errors.New("the head of the answer is too long")

// Read counts what comes.
func (l *line) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errHead
	}
	n, err := l.conn.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

// usable asks whether the next request may go out: the server has neither closed
// the connection nor said anything that would be taken for its answer.
func (l *line) usable(now time.Time) bool {
	if age := now.Sub(l.freed); age > idleTime || socket.Disturbs && age < time.Second {
		return age <= idleTime
	}
	return l.probe.Silent()
}

// close ends the connection without TLS's farewell, which could wait for a receiver
// that takes nothing.
func (l *line) close() { _ = l.socket.Close() }

// stale is a failure before the first byte of an answer, on a connection that was
// kept: what was asked may be asked again on another one.
type stale struct{ error }

// Unwrap gives the failure itself.
func (s stale) Unwrap() error { return s.error }

// exchange sends a request and reads the answer's head. deadline bounds all of it,
// and what is read of the body behind it.
func (l *line) exchange(hr *http.Request, deadline time.Time) (*http.Response, error) {
	l.out.Reset()
	if err := hr.Write(&l.out); err != nil {
		return nil, err
	}
	if err := l.conn.SetDeadline(deadline); err != nil {
		return nil, l.failed(err, true)
	}
	if err := hr.Context().Err(); err != nil { // from now on, giving up ends the deadline early
		return nil, err
	}
	n, unsent := l.conn.Write(l.out.Bytes())
	if l.out.Cap() > lineRoom {
		l.out = bytes.Buffer{}
	}
	if unsent != nil { // it may have answered before it closed
		if n == 0 || l.conn.SetReadDeadline(earlier(deadline, time.Now().Add(farewell))) != nil {
			return nil, l.failed(unsent, n == 0)
		}
	}
	l.left = headerMost
	if _, err := l.in.Peek(1); err != nil {
		return nil, l.failed(errors.Join(unsent, err), repeatable(hr))
	}
	for { // what announces an answer counts as part of its head
		res, err := http.ReadResponse(l.in, hr)
		if err != nil {
			return nil, err
		}
		if res.StatusCode/100 != 1 || res.StatusCode == http.StatusSwitchingProtocols {
			l.left = math.MaxInt64
			res.Close = res.Close || unsent != nil
			return res, nil
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (l *line) failed(err error, again bool) error {
	if n, ok := errors.AsType[net.Error](err); l.reused && again && !(ok && n.Timeout()) {
		return stale{err}
	}
	return err
}

// repeatable reports whether a request changes nothing, or names itself so that the
// receiver knows it when it comes twice. The same rule as net/http's.
func repeatable(hr *http.Request) bool {
	switch hr.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return true
	}
	return hr.Header.Get("Idempotency-Key") != "" || hr.Header.Get("X-Idempotency-Key") != ""
}

// finish reads the body, up to one byte more than limit, and says whether the line
// can be used again.
func (l *line) finish(res *http.Response, limit int64) (body []byte, whole bool, err error) {
	if res.StatusCode == http.StatusSwitchingProtocols {
		return nil, false, nil // we asked for nothing of the kind
	}
	body, err = io.ReadAll(io.LimitReader(res.Body, limit+1))
	return body, err == nil && int64(len(body)) <= limit && !res.Close && !res.Request.Close && l.in.Buffered() == 0, err
}

// quiet reports whether TLS holds nothing that came with the answer: what it has
// taken from the socket already, the socket does not show.
func (l *line) quiet() bool {
	if _, ok := l.conn.(*tls.Conn); !ok {
		return true
	}
	if l.conn.SetReadDeadline(time.Unix(1, 0)) != nil {
		return false
	}
	_, err := l.in.Peek(1)
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// call is a request on its way.
type call struct {
	hr    *http.Request
	until time.Time // all of it ends then
	most  int64     // bytes of the answer's body
}

// talk makes one exchange on a line, and gives the line back.
func (c *Client) talk(ctx context.Context, l *line, o origin, x call) Result {
	unheard := func() bool { return true }
	if ctx.Done() != nil {
		unheard = context.AfterFunc(ctx, func() { _ = l.socket.SetDeadline(time.Unix(1, 0)) })
	}
	res, err := l.exchange(x.hr, x.until)
	if err != nil {
		unheard()
		c.lines.drop(o, l)
		return Result{Failure: failureOf(ctx, err), Err: err, Addr: l.at}
	}
	body, whole, err := l.finish(res, x.most)
	if unheard() && whole && l.quiet() {
		c.lines.put(o, l)
	} else {
		c.lines.drop(o, l)
	}
	return answered(res, body, x.most, err).over(l.at)
}

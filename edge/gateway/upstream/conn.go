package upstream

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/guestright/guestright/kit/socket"
)

// errHeadTooLarge: the answer's head exceeds Client.MaxHead.
var errHeadTooLarge = errors.New("answer head exceeds the limit")

// conn is one connection to an upstream. It belongs to one exchange at a time
// and is used from that exchange's goroutine; a body sender may write to it
// meanwhile, and abort may be called from anywhere.
type conn struct {
	net.Conn          // plain or TLS
	raw      net.Conn // the socket below; the same as Conn without TLS
	pool     *pool
	born     time.Time
	freed    time.Time // when it was last put into the pool
	reused   bool
	probe    *socket.Probe
	abort    func() // closes the socket; made once, so that no call allocates it

	small    []byte // the connection's own buffer
	buf      []byte // small, or a big one borrowed while a large body flows
	r, w     int    // buf[r:w] was received and not yet consumed
	deadline time.Time
}

const (
	smallBuffer = 4 << 10
	bigBuffer   = 32 << 10
)

func newConn(raw, secured net.Conn, p *pool, now time.Time) *conn {
	c := &conn{Conn: secured, raw: raw, pool: p, born: now, probe: socket.NewProbe(raw), small: make([]byte, smallBuffer)}
	c.buf = c.small
	c.abort = func() { raw.Close() }
	return c
}

// glimpse is how long an exchange goes on before somebody watches whether the
// client is still there. Most answers come sooner and are spared the cost.
const glimpse = 20 * time.Millisecond

// glance lets the next read give up after half to one glimpse. On a busy
// connection an earlier deadline still fits, which saves the timer operation.
func (c *conn) glance(now time.Time) error {
	if left := c.deadline.Sub(now); left <= glimpse && left >= glimpse/2 {
		return nil
	}
	return c.expectBy(now.Add(glimpse))
}

// expectBy bounds the wait for an answer.
func (c *conn) expectBy(deadline time.Time) error {
	c.deadline = deadline
	return c.Conn.SetReadDeadline(deadline)
}

// patient removes the deadline, for bodies that may take as long as they like.
func (c *conn) patient() error {
	if c.deadline.IsZero() {
		return nil
	}
	c.deadline = time.Time{}
	return c.Conn.SetReadDeadline(time.Time{})
}

// alive asks whether the upstream has closed the connection or sent something
// nobody asked for; both make it unusable. Where asking takes time, a connection
// that was in use just now is trusted.
func (c *conn) alive() bool {
	if socket.Disturbs {
		if time.Since(c.freed) < time.Second {
			return true
		}
		c.deadline = time.Time{}
	}
	return c.probe.Silent()
}

func (c *conn) buffered() int { return c.w - c.r }

// quiet reports whether TLS holds nothing that came with the answer: what it has
// taken from the socket already, alive does not see.
func (c *conn) quiet() bool {
	if _, ok := c.Conn.(*tls.Conn); !ok {
		return true
	}
	if c.expectBy(time.Unix(1, 0)) != nil {
		return false
	}
	var one [1]byte
	n, err := c.Conn.Read(one[:])
	return n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && c.patient() == nil
}

// fill receives at least one more byte. It returns errHeadTooLarge when the
// buffer may not grow beyond limit.
func (c *conn) fill(limit int) error {
	if c.r == c.w {
		c.r, c.w = 0, 0
	}
	if c.w == len(c.buf) {
		if err := c.room(limit); err != nil {
			return err
		}
	}
	for range 100 {
		n, err := c.Conn.Read(c.buf[c.w:])
		c.w += n
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// room makes place behind w by moving the rest to the front or by growing.
func (c *conn) room(limit int) error {
	if c.r > 0 {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
		return nil
	}
	if len(c.buf) >= limit {
		return errHeadTooLarge
	}
	grown := make([]byte, min(2*len(c.buf), limit))
	copy(grown, c.buf[:c.w])
	c.buf = grown
	return nil
}

// enlarge borrows a big buffer for a large body.
func (c *conn) enlarge() {
	if len(c.buf) >= bigBuffer {
		return
	}
	big := c.pool.client.big.get()
	c.w = copy(big, c.buf[c.r:c.w])
	c.r = 0
	c.buf = big
}

// shrink gives a borrowed buffer back and forgets what it held.
func (c *conn) shrink() {
	if len(c.buf) == bigBuffer {
		c.pool.client.big.put(c.buf)
	}
	c.buf = c.small
	c.r, c.w = 0, 0
}

// drop ends the connection for good.
func (c *conn) drop() {
	c.raw.Close()
	c.shrink()
}

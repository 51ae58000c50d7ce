package upstream

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// sender copies a request body to the upstream while the call waits for the
// answer, which may come before the body has ended. It owns its buffer. When
// the answer comes early, the call does not wait for a client that is slow to
// send the rest: the sender then ends with its next read, exactly as under
// httputil.ReverseProxy, and touches only a closed connection until then.
type sender struct {
	conn   *conn
	body   *http.Request
	client *Client
	drop   func(name string) bool // Outgoing.Drop; the Outgoing itself may be gone
	done   chan struct{}
	stop   atomic.Bool
	taken  atomic.Int64

	mu       sync.Mutex
	headSeen bool   // the answer has begun: no deadline any more
	whole    bool   // everything was sent
	fault    *Fault // what went wrong on the client's side
}

func (x *call) startSender(c *conn) {
	x.sender = &sender{conn: c, body: x.r, client: x.client, drop: x.out.Drop, done: make(chan struct{})}
	go x.sender.run()
}

// frame is the room for a chunk's size line in front of the data.
const frame = 10

func (s *sender) run() {
	defer close(s.done)
	buf := s.client.big.get()
	defer s.client.big.put(buf)
	fault, err := s.copy(buf)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
	s.whole = fault == nil && err == nil
	switch {
	case fault != nil:
		s.conn.abort() // an incomplete body must not look complete
	case s.whole && !s.headSeen && s.client.HeadTimeout > 0:
		s.conn.Conn.SetReadDeadline(time.Now().Add(s.client.HeadTimeout))
	}
}

// copy moves the body. A fault is the client's; an error is the upstream's,
// which may have answered already, so the connection is left to the reader.
func (s *sender) copy(buf []byte) (*Fault, error) {
	r := s.body
	chunked := r.ContentLength < 0
	left := r.ContentLength
	for {
		n, err := r.Body.Read(buf[frame : len(buf)-2])
		if s.stop.Load() {
			return nil, context.Canceled
		}
		s.taken.Add(int64(n))
		if n > 0 {
			piece := buf[frame : frame+n]
			if chunked {
				piece = enclose(buf, n)
			}
			if _, failed := s.conn.Write(piece); failed != nil {
				return nil, failed
			}
			left -= int64(n)
		}
		if err == nil {
			continue
		}
		if !isEOF(err) {
			return bodyFault(r.Context(), err), nil
		}
		if !chunked {
			if left != 0 {
				return &Fault{Reason: ClientBody, Cause: errors.New("body and Content-Length differ")}, nil
			}
			return nil, nil
		}
		_, failed := s.conn.Write(s.ending(buf[:0]))
		return nil, failed
	}
}

// enclose frames n bytes at buf[frame:] as one chunk (RFC 9112 7.1).
func enclose(buf []byte, n int) []byte {
	var size [frame]byte
	line := append(strconv.AppendInt(size[:0], int64(n), 16), '\r', '\n')
	from := frame - len(line)
	copy(buf[from:], line)
	buf[frame+n], buf[frame+n+1] = '\r', '\n'
	return buf[from : frame+n+2]
}

// ending is the last chunk and the trailer section.
func (s *sender) ending(b []byte) []byte {
	b = append(b, "0\r\n"...)
	for name, values := range s.body.Trailer {
		if !trails(name, s.drop) {
			continue // some servers add trailers to the header
		}
		for _, value := range values {
			if isText(value) {
				b = appendField(b, name, value)
			}
		}
	}
	return append(b, '\r', '\n')
}

// began takes the deadline away once the answer has begun.
func (x *call) began(c *conn) {
	s := x.sender
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.headSeen = true
	c.deadline = time.Time{}
	if err := c.Conn.SetReadDeadline(time.Time{}); err != nil {
		return // the next read reports it
	}
}

// linger is how long a finished answer waits for the last write of its
// request, so that a connection is not wasted by a race of microseconds. The
// same as in http.Transport.
const linger = 50 * time.Millisecond

// settle ends the sender and reports whether the whole body was sent. After a
// failure there is nothing to wait for; after an early answer the client gets
// that answer first.
func (x *call) settle(failed bool) bool {
	s := x.sender
	if !s.ended() && !failed {
		if err := flush(x.w); err != nil {
			failed = true
		}
	}
	if !s.ended() && !failed {
		patience := time.NewTimer(linger)
		defer patience.Stop()
		select {
		case <-s.done:
		case <-patience.C:
		}
	}
	if !s.ended() {
		s.stop.Store(true)
		s.conn.abort()
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole
}

func (s *sender) ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// clientFault returns what was wrong with the request body.
func (s *sender) clientFault() *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// bodyFault words a failure to read the request body.
func bodyFault(ctx context.Context, err error) *Fault {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok || ctx.Err() == nil {
		return &Fault{Reason: ClientBody, Cause: err}
	}
	return &Fault{Reason: ClientGone, Cause: err}
}

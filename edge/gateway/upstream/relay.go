package upstream

import (
	"errors"
	"io"
	"net/http"
)

// relay passes the final answer on. whole says that the answer was complete
// and well framed, so that the connection is in step.
func (x *call) relay(c *conn, h answerHead) (whole bool, _ *Fault) {
	header := x.w.Header()
	ours := x.collect(c, header, h.size)
	for i, f := range x.out.Answer {
		ours[i] = f.Value
		header[f.Name] = ours[i : i+1 : i+1]
	}
	for _, f := range x.out.Add {
		header[f.Name] = append(header[f.Name], f.Value)
	}
	var announced []string
	if h.chunked {
		var fault *Fault
		if announced, fault = x.announced(c); fault != nil {
			return false, fault
		}
		for _, name := range announced {
			header.Add("Trailer", name)
		}
	}
	if _, typed := header["Content-Type"]; !typed {
		header["Content-Type"] = nil // keeps the server in front from guessing
	}
	events := eventStream(header)
	c.r += h.size
	x.w.WriteHeader(h.status)
	s := sink{x: x, c: c}
	var err error
	switch {
	case x.r.Method == http.MethodHead:
		return true, nil
	case h.status == http.StatusNotModified:
		return !h.chunked, nil
	case h.status == http.StatusNoContent:
		return !h.chunked && h.length <= 0, nil
	case h.chunked:
		s.prompt = true
		err = s.chunks(announced)
	case h.length >= 0:
		s.prompt = events
		err = s.counted(h.length)
		whole = true
	default:
		s.prompt = true
		err = s.untilClosed()
	}
	if err == nil {
		return whole || h.chunked, nil
	}
	if isEOF(err) {
		err = io.ErrUnexpectedEOF
	}
	fault := classify(x.r.Context(), err, Broken)
	if s.prompt && fault.Reason != ClientGone && !s.flushed {
		if err := flush(x.w); err != nil {
			fault = &Fault{Reason: ClientGone, Cause: err}
		}
	}
	return false, &Fault{Reason: fault.Reason, Started: true, Cause: fault.Cause}
}

// eventStream recognises server-sent events, which must not be held back.
func eventStream(h http.Header) bool {
	const kind = "text/event-stream"
	values := h["Content-Type"]
	if len(values) == 0 || len(values[0]) < len(kind) {
		return false
	}
	return foldEqual(values[0][:len(kind)], kind)
}

// sink writes an answer body to the client straight from the connection's
// buffer. When prompt is set, everything received is flushed before the sink
// waits for more.
type sink struct {
	x       *call
	c       *conn
	prompt  bool
	flushed bool // nothing is held back by the server in front
}

// pass writes n buffered bytes to the client.
func (s *sink) pass(n int) error {
	if n == 0 {
		return nil
	}
	c := s.c
	wrote, err := s.x.w.Write(c.buf[c.r : c.r+n])
	s.x.result.BytesOut += int64(wrote)
	s.flushed = false
	c.r += n
	if err != nil {
		return &Fault{Reason: ClientGone, Cause: err}
	}
	return nil
}

// more receives at least one byte.
func (s *sink) more(limit int) error {
	if s.prompt && !s.flushed {
		s.flushed = true
		if err := flush(s.x.w); err != nil {
			return &Fault{Reason: ClientGone, Cause: err}
		}
	}
	s.x.watch(s.c)
	if err := s.c.patient(); err != nil {
		return err
	}
	return s.c.fill(limit)
}

// counted relays a body of known length.
func (s *sink) counted(left int64) error {
	c := s.c
	for {
		n := min(left, int64(c.buffered()))
		if err := s.pass(int(n)); err != nil {
			return err
		}
		left -= n
		if left == 0 {
			return nil
		}
		if left > smallBuffer {
			c.enlarge()
		}
		if err := s.more(bigBuffer); err != nil {
			return err
		}
	}
}

// untilClosed relays a body that ends with the connection.
func (s *sink) untilClosed() error {
	c := s.c
	for {
		if err := s.pass(c.buffered()); err != nil {
			return err
		}
		busy := c.w == len(c.buf)
		if busy {
			c.enlarge()
		}
		if err := s.more(bigBuffer); err != nil {
			if isEOF(err) {
				return nil
			}
			return err
		}
	}
}

// flush sends what the server in front holds back, if it can.
func flush(w http.ResponseWriter) error {
	if f, ok := w.(interface{ FlushError() error }); ok {
		return f.FlushError()
	}
	if err := http.NewResponseController(w).Flush(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

package web

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// sseWrite is how long one message may take to go out: a reader who takes none
// of it holds a connection no longer.
const sseWrite = 30 * time.Second

// EventStream writes server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
type EventStream struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	begun bool
	buf   []byte
}

// ServeEvents makes the answer of an operation from a writer of events. Nothing
// is out before the first message: when run fails before, the answer is a
// problem. Later its end is the end of the connection.
func ServeEvents(run func(ctx context.Context, out *EventStream) error) *Stream {
	return &Stream{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		out := &EventStream{w: w, rc: http.NewResponseController(w)}
		err := run(r.Context(), out)
		switch {
		case err != nil && !out.begun:
			WriteProblem(w, r, err)
		case err != nil:
			From(r.Context()).fail(err)
			panic(http.ErrAbortHandler) // the only way to cut the connection
		}
	}}
}

// Begin sends the header, and how long a reader waits before it comes again.
func (s *EventStream) Begin(again time.Duration) error {
	s.begun = true
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx: pass on what comes as it comes
	_ = s.rc.SetReadDeadline(time.Time{})
	s.buf = append(s.buf[:0], "retry: "...)
	s.buf = strconv.AppendInt(s.buf, again.Milliseconds(), 10)
	return s.send()
}

// Event sends one message. kind names it when it is no plain one.
func (s *EventStream) Event(id int64, kind string, data []byte) error {
	s.buf = s.buf[:0]
	if id > 0 {
		s.buf = append(strconv.AppendInt(append(s.buf, "id: "...), id, 10), '\n')
	}
	if kind != "" {
		s.buf = append(append(append(s.buf, "event: "...), kind...), '\n')
	}
	for line := range bytes.SplitSeq(data, []byte{'\n'}) {
		for part := range bytes.SplitSeq(line, []byte{'\r'}) { // it ends a line, too
			s.buf = append(append(append(s.buf, "data: "...), part...), '\n')
		}
	}
	s.buf = s.buf[:len(s.buf)-1]
	return s.send()
}

// Pass tells the reader how far it is, without a message, and that the
// connection lives.
func (s *EventStream) Pass(id int64) error {
	s.buf = append(s.buf[:0], ':')
	if id > 0 {
		s.buf = strconv.AppendInt(append(s.buf, "\nid: "...), id, 10)
	}
	return s.send()
}

func (s *EventStream) send() error {
	if err := s.rc.SetWriteDeadline(time.Now().Add(sseWrite)); err != nil {
		return err
	}
	if _, err := s.w.Write(append(s.buf, '\n', '\n')); err != nil {
		return err
	}
	return s.rc.Flush()
}

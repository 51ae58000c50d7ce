package events

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// lineMost is the longest line of a stream: an event with its envelope.
const lineMost = 16 << 20

// stream is one connection that brings server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
type stream struct {
	each   func(context.Context, Event) error
	after  int64 // behind what it goes on
	begun  bool  // the platform has agreed
	failed bool  // by each, and not by the connection
}

// read reads until the connection ends; the pause is what the platform asks for.
func (s *stream) read(ctx context.Context, f *Follower) (time.Duration, error) {
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(quietMost, func() { cancel(errQuiet) })
	defer watch.Stop()
	res, err := f.get(watched, "/v1/events/stream", url.Values{"after": {strconv.FormatInt(s.after, 10)}})
	if err != nil {
		return 0, because(watched, err)
	}
	defer func() { _ = res.Body.Close() }()
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	switch {
	case res.StatusCode != http.StatusOK:
		return asked(res), refusal(res)
	case kind != "text/event-stream":
		return 0, &Refusal{Status: res.StatusCode}
	}
	s.begun = true
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, lineMost)
	var m struct {
		id         int64
		kind, data string
	}
	for lines.Scan() {
		watch.Reset(quietMost)
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				m.id = n
			}
		case "event":
			m.kind = value
		case "data":
			m.data += value + "\n"
		case "":
			if lines.Text() != "" {
				continue // a comment
			}
			if m.data != "" && m.kind == "" {
				watch.Stop()
				if err := s.hand(ctx, []byte(strings.TrimSuffix(m.data, "\n")), m.id); err != nil {
					return 0, err
				}
				watch.Reset(quietMost)
			}
			s.after = max(s.after, m.id)
			m.kind, m.data = "", ""
		}
	}
	if err = lines.Err(); err == nil {
		err = io.EOF
	}
	return 0, because(watched, err)
}

func (s *stream) hand(ctx context.Context, body []byte, id int64) error {
	if id <= s.after {
		return nil // it was here
	}
	e := Event{Sequence: id, Body: body}
	var envelope struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return fmt.Errorf("events: number %d can't be read: %w", id, err)
	}
	e.ID, e.Type = envelope.ID, envelope.Type
	if err := s.each(ctx, e); err != nil {
		s.failed = true
		return err
	}
	return nil
}

// because gives the reason of ours, if it was we who cut the connection.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errQuiet) {
		return fmt.Errorf("events: %w", cause)
	}
	return fmt.Errorf("events: %w", err)
}

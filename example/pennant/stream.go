package pennant

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	// heartbeat keeps proxies from taking a quiet stream for a dead one.
	heartbeat = 15 * time.Second
	// streamLife ends a stream that was opened under an identity long expired; the listener reconnects and proves
	// itself again, so withdrawn authority ends within this time.
	streamLife = 10 * time.Minute
	// batch is how many events are read at once.
	batch = 100
)

// stream sends the account's events as they are committed (server-sent events, WHATWG HTML 9.2). A listener that gives
// Last-Event-ID gets everything after it first; without it, the stream begins with the next change.
func (s *Server) stream(w http.ResponseWriter, c *call) error {
	f := filter{limit: batch, kind: c.r.URL.Query().Get("type"), resource: c.r.URL.Query().Get("resource")}
	bell := s.store.bell.next(c.account)
	from, err := c.streamStart()
	if err != nil {
		return err
	}
	f.after = from
	out := http.NewResponseController(w)
	// The listening server's write limit is meant for answers, not for streams. A writer that can't do it has none.
	_ = out.SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	beat, end := time.NewTicker(heartbeat), time.NewTimer(streamLife)
	defer beat.Stop()
	defer end.Stop()
	_, _ = fmt.Fprint(w, "retry: 2000\n\n")
	for {
		found, err := c.read().events(f)
		if err != nil {
			return nil // the answer has begun; ending it makes the listener come back
		}
		for _, e := range found {
			if err := writeEvent(w, e); err != nil {
				return nil
			}
			f.after, err = strconv.ParseInt(e.ID, 10, 64)
			if err != nil {
				return nil
			}
		}
		if len(found) == batch {
			continue
		}
		if err := out.Flush(); err != nil {
			return nil
		}
		select {
		case <-bell:
			bell = s.store.bell.next(c.account)
		case <-beat.C:
			_, _ = fmt.Fprint(w, ": still here\n\n")
		case <-end.C:
			return nil
		case <-c.r.Context().Done():
			return nil
		case <-s.store.bell.closed:
			return nil
		}
	}
}

func writeEvent(w http.ResponseWriter, e Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Type, data)
	return err
}

func (c *call) streamStart() (int64, error) {
	last := c.r.Header.Get("Last-Event-ID")
	if last != "" {
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < 0 {
			return 0, badRequest("cursor_invalid", "Last-Event-ID isn't the id of an event.")
		}
		return n, nil
	}
	var n int64
	err := c.s.store.db.QueryRowContext(c.r.Context(), `SELECT COALESCE(MAX(seq), 0) FROM event WHERE account = $1`, c.account).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("pennant: finding the last event: %w", err)
	}
	return n, nil
}

package host

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/guestright/guestright/client/webhook"
)

const (
	// bodyMost bounds a task's body in bytes: its data are at most 256 KiB.
	bodyMost = 1 << 20
	// answerWithin is how long Guestright waits for an answer; we say something before.
	answerWithin = 14 * time.Second
)

// Serve handles the calls of Guestright, which v proves to be its own. Tasks of kinds without a handler come again later.
func (w *Worker) Serve(v *webhook.Verifier) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(out, r.Body, bodyMost))
		if err != nil {
			say(out, http.StatusBadRequest, "The request can't be read.")
			return
		}
		_, err = v.Verify(r.Context(), r.Header, body)
		switch {
		case errors.Is(err, webhook.ErrUnavailable):
			say(out, http.StatusServiceUnavailable, "The call could not be verified.")
			return
		case err != nil:
			say(out, http.StatusUnauthorized, "The call is not valid.")
			return
		}
		var t Task
		if err := json.Unmarshal(body, &t); err != nil || t.ID == "" {
			say(out, http.StatusBadRequest, "That is no task.")
			return
		}
		if w.Handlers[t.Kind] == nil {
			say(out, http.StatusNotImplemented, "The product does not do that yet.")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		result, failure := w.do(ctx, t)
		switch {
		case failure == nil && result == nil:
			out.WriteHeader(http.StatusNoContent)
		case failure == nil:
			out.Header().Set("Content-Type", "application/json")
			_, _ = out.Write(result) // the connection may be gone
		case failure.Retry:
			if s := int(failure.After / time.Second); s > 0 {
				out.Header().Set("Retry-After", strconv.Itoa(s))
			}
			say(out, http.StatusServiceUnavailable, failure.Detail)
		default:
			say(out, http.StatusUnprocessableEntity, failure.Detail)
		}
	})
}

// say answers with a problem document.
func say(out http.ResponseWriter, status int, detail string) {
	out.Header().Set("Content-Type", "application/problem+json")
	out.WriteHeader(status)
	_ = json.NewEncoder(out).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail}) // likewise
}

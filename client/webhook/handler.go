package webhook

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// bodyMost bounds a delivery's body in bytes.
const bodyMost = 4 << 20

// Handler gives every verified delivery to do. It answers 204 when do has no error and 500 when it has one, so that the
// delivery comes again; 401 to what is not valid, and 503 when it could not be verified.
func (v *Verifier) Handler(do func(context.Context, Message) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMost))
		if err != nil {
			status := http.StatusBadRequest
			if _, long := errors.AsType[*http.MaxBytesError](err); long {
				status = http.StatusRequestEntityTooLarge
			}
			http.Error(w, http.StatusText(status), status)
			return
		}
		m, err := v.Verify(r.Context(), r.Header, body)
		switch {
		case errors.Is(err, ErrUnavailable):
			http.Error(w, "The delivery could not be verified.", http.StatusServiceUnavailable)
		case err != nil:
			http.Error(w, "The delivery is not valid.", http.StatusUnauthorized)
		case do(r.Context(), m) != nil:
			http.Error(w, "The delivery could not be worked on.", http.StatusInternalServerError)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	})
}

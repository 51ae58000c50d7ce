package identity

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
)

type contextKey struct{}

// Middleware serves next only for requests with a valid identity, which next reads with From. Others are answered
// 401, or 503 while the signing keys can't be had, as application/problem+json (RFC 9457).
func (v *Verifier) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := v.Verify(r)
		if err != nil {
			Refuse(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(With(r.Context(), id)))
	})
}

// With returns a context that carries the identity; for a product's own middleware and tests.
func With(ctx context.Context, id Identity) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// From returns the identity that Middleware verified. False: the handler isn't behind it, and must refuse.
func From(ctx context.Context) (Identity, bool) {
	id, ok := ctx.Value(contextKey{}).(Identity)
	return id, ok
}

// Refuse answers a request whose identity Verify didn't accept. The reason stays out of the answer.
func Refuse(w http.ResponseWriter, err error) {
	status, code, detail := http.StatusUnauthorized, "identity_invalid", "The identity of this request could not be verified."
	switch {
	case errors.Is(err, ErrMissing):
		code, detail = "identity_missing", "This address is served only through Guestright."
	case errors.Is(err, ErrUnavailable):
		status, code, detail = http.StatusServiceUnavailable, "identity_unavailable", "The keys that prove identities can't be had at the moment."
		w.Header().Set("Retry-After", "10")
	}
	body, err := json.Marshal(map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": code, "detail": detail,
	})
	if err != nil { // a map of strings and a number always encodes
		status, body = http.StatusInternalServerError, nil
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody is left to tell when the connection is gone
}

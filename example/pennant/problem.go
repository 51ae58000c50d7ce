package pennant

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
)

// failure is an error that the caller is told about, as application/problem+json (RFC 9457).
type failure struct {
	Status int          `json:"status"`
	Code   string       `json:"code"`
	Detail string       `json:"detail"`
	Fields []fieldError `json:"errors,omitempty"`
}

// fieldError points at one part of the body by JSON pointer (RFC 6901). The value itself is never repeated.
type fieldError struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

func (f *failure) Error() string { return f.Code + ": " + f.Detail }

func notFound() *failure {
	return &failure{Status: http.StatusNotFound, Code: "not_found", Detail: "There is nothing at this address."}
}

func conflict(code, detail string) *failure {
	return &failure{Status: http.StatusConflict, Code: code, Detail: detail}
}

func badRequest(code, detail string) *failure {
	return &failure{Status: http.StatusBadRequest, Code: code, Detail: detail}
}

// check collects what is wrong with a body, so that the caller hears of everything at once.
type check struct{ fields []fieldError }

func (c *check) must(ok bool, pointer, detail string) {
	if !ok {
		c.fields = append(c.fields, fieldError{Pointer: pointer, Detail: detail})
	}
}

func (c *check) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &failure{Status: http.StatusUnprocessableEntity, Code: "invalid", Detail: "The request body doesn't fit the description.", Fields: c.fields}
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	var f *failure
	if !errors.As(err, &f) {
		slog.ErrorContext(r.Context(), "pennant request failed", "method", r.Method, "pattern", r.Pattern, "cause", err)
		f = &failure{Status: http.StatusInternalServerError, Code: "internal", Detail: "Something went wrong on our side."}
	}
	body, err := json.Marshal(struct {
		Type  string `json:"type"`
		Title string `json:"title"`
		*failure
	}{Type: "about:blank", Title: http.StatusText(f.Status), failure: f})
	if err != nil { // strings and numbers always encode
		body = nil
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(f.Status)
	_, _ = w.Write(body) // the connection may be gone; there is nobody to tell
}

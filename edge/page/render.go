package page

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
)

// Render answers with a component under the strictest policy; see Policy.Render.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	return Policy{}.Render(w, r, status, c)
}

// Render answers with a component, its security headers and a fresh script nonce. The component is
// rendered whole before the first byte goes out: if it fails, the reader gets a plain 500 instead of
// half a page, and the error is returned for the log.
func (p Policy) Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	nonce := p.Headers(w, r)
	var b bytes.Buffer
	if err := c.Render(templ.WithNonce(r.Context(), nonce), &b); err != nil {
		http.Error(w, wordBroken, http.StatusInternalServerError)
		return fmt.Errorf("render page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

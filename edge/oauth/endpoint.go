package oauth

import (
	"net/http"

	"github.com/guestright/guestright/authorization"
)

// handler answers a client that has shown who it is.
type handler func(w http.ResponseWriter, q *request, c *authorization.Client) error

// origin says whether pages of other origins may read the answer: those of public
// clients run in browsers.
type origin bool

const (
	open   origin = true
	closed origin = false
)

// endpoint serves a handler: POST with a form, authenticated, answered in JSON.
func (s *Server) endpoint(h handler, o origin) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if o == open && crossOrigin(w, r, "POST") {
			return
		}
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			fail(w, r, false, malformed("method_not_allowed", "Send the request as a form with POST."))
			return
		}
		s.nonce(w, r)
		begun := s.Now() // before the body is read: what arrived first counts as first
		q, err := read(w, r)
		q.begun = begun
		if err != nil {
			fail(w, r, q.basic, err)
			return
		}
		c, err := s.Clients.Authenticate(r.Context(), q.cred)
		if err == nil {
			err = h(w, q, c)
		}
		if err != nil {
			fail(w, r, q.basic, err)
		}
	}
}

// crossOrigin lets pages of any origin read an answer for which no cookie counts,
// and answers their preflight; true when that was all.
func crossOrigin(w http.ResponseWriter, r *http.Request, methods string) bool {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "DPoP-Nonce, WWW-Authenticate, Retry-After")
	if r.Method != http.MethodOptions {
		return false
	}
	h.Set("Access-Control-Allow-Methods", methods)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

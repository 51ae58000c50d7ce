package oauth

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// ConsentPath is the page on which a person decides.
const ConsentPath = "/consent"

// authorize takes what a client asks for through a browser, keeps it, and leads
// the person to the page where they decide (RFC 6749 section 3.1).
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	var form url.Values
	var err error
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		if form, err = url.ParseQuery(r.URL.RawQuery); err != nil {
			err = malformed("invalid_request", "The address cannot be read.")
		}
	case http.MethodPost:
		form, err = readForm(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		err = malformed("method_not_allowed", "Send people here with GET or POST.")
	}
	if err != nil {
		s.page(w, r, err)
		return
	}
	req, err := s.Authorizations.Authorize(r.Context(), form)
	if err == nil && req.Params.Asks("none") {
		err = s.silently(w, r, req)
		if err == nil {
			return
		}
	}
	if refused, ok := errors.AsType[*authorization.Refused](err); ok {
		web.From(r.Context()).Add("code", problem.CodeOf(refused.Err))
		leave(w, refused.To)
		return
	}
	if err != nil {
		s.page(w, r, err)
		return
	}
	leave(w, ConsentPath+"?request="+req.ID.String())
}

// leave redirects with 303: a 307 would carry a form along (RFC 9700 section
// 4.12).
func leave(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// page tells a person what went wrong. Nobody is redirected: neither the client
// nor where to send the person is certain (RFC 9700 section 4.1.3).
func (s *Server) page(w http.ResponseWriter, r *http.Request, err error) {
	e := problem.Of(err)
	web.From(r.Context()).Add("code", e.Code)
	code := status(authorization.Name(e), e)
	if code == http.StatusUnauthorized {
		code = http.StatusBadRequest // no browser could authenticate here
	}
	s.Page(w, r, code, err)
}

package oauth

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/guestright/guestright/kit/dpop"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/token"
)

// bearer finds the live token that a request to us carries, in its one
// Authorization header (RFC 6750 section 2.1), with the proof that it asks for.
func (s *Server) bearer(r *http.Request) (token.Bearer, error) {
	sent := r.Header.Values("Authorization")
	if len(sent) == 0 {
		return token.Bearer{}, problem.Unauthenticated("missing_credential", "Send an access token in the Authorization header.")
	}
	scheme, raw, _ := strings.Cut(sent[0], " ")
	proven := strings.EqualFold(scheme, "DPoP")
	if len(sent) > 1 || !proven && !strings.EqualFold(scheme, "Bearer") {
		return token.Bearer{}, problem.Unauthenticated("missing_credential", "Send an access token in one Authorization header, with the scheme Bearer or DPoP.")
	}
	b, err := s.Bearers.Authenticate(r.Context(), raw)
	if err != nil {
		return b, err
	}
	if err := b.Live(s.Now()); err != nil {
		return b, err
	}
	if proven != (b.Confirmation != "") {
		return b, problem.Unauthenticated("invalid_token", "A token that is bound to a key comes with the scheme DPoP, any other with Bearer.")
	}
	if !proven {
		return b, nil
	}
	thumb, err := s.proof(&request{Request: r}, raw)
	if err != nil {
		return b, err
	}
	if thumb != b.Confirmation {
		return b, problem.Unauthenticated("invalid_dpop_proof", "The proof is by another key than the token is bound to.")
	}
	return b, nil
}

// proof checks the DPoP proof of a request and gives its key's thumbprint, "" when
// there is none. token is the access token that comes with it.
func (s *Server) proof(q *request, raw string) (string, error) {
	sent := q.Header[dpop.Header]
	if len(sent) == 0 && raw == "" {
		return "", nil
	}
	if len(sent) != 1 {
		return "", problem.Invalid("invalid_dpop_proof", "Send one DPoP header with one proof.")
	}
	p, err := dpop.Parse(sent[0])
	if err != nil {
		return "", err
	}
	now, window := s.Now(), s.Authorizations.Lives.ProofWindow
	if err := p.Check(dpop.Request{Method: q.Method, URL: s.Issuer + q.URL.EscapedPath(), Token: raw, Now: now, Window: window}); err != nil {
		return "", err
	}
	if s.Nonces != nil && !s.Nonces.Good(p.Nonce, now) {
		return "", problem.Invalid("use_dpop_nonce", "Make a new proof with the nonce in the header DPoP-Nonce of this answer.")
	}
	return p.Thumbprint, s.Authorizations.Once(q.Context(), p.Name(), p.Until(window))
}

// nonce gives a client that proves a key the nonce for its next proof, where one
// is asked for.
func (s *Server) nonce(w http.ResponseWriter, r *http.Request) {
	if s.Nonces != nil && len(r.Header[dpop.Header]) > 0 {
		w.Header().Set(dpop.NonceHeader, s.Nonces.At(s.Now()))
	}
}

// challenge refuses a request that came with a token (RFC 6750 section 3).
func (s *Server) challenge(w http.ResponseWriter, r *http.Request, err error) {
	e := problem.Of(err)
	scheme, name := "Bearer", "invalid_token"
	if len(r.Header[dpop.Header]) > 0 {
		scheme = "DPoP"
	}
	switch e.Code {
	case "missing_credential":
		name = ""
	case "insufficient_scope", "invalid_dpop_proof", "use_dpop_nonce":
		name = e.Code
	}
	head := scheme + ` realm="guestright"`
	if name != "" {
		head += `, error="` + name + `", error_description=` + strconv.Quote(e.Code)
	}
	w.Header().Set("WWW-Authenticate", head)
	s.nonce(w, r)
	if e.Kind == problem.KindInvalid {
		e = problem.Unauthenticated(e.Code, e.Detail).Because(e.Cause)
	}
	fail(w, r, false, e)
}

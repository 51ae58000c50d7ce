package oauth

import (
	"strconv"
	"time"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/kit/secret"
)

// The token types of RFC 8693 section 3 that are known here.
const (
	typeAccess = "urn:ietf:params:oauth:token-type:access_token"
	typeJWT    = "urn:ietf:params:oauth:token-type:jwt"
)

// exchange gives a narrower token for one of the client's own (RFC 8693). Nobody
// acts for somebody else here, so an actor is refused rather than left out.
func (s *Server) exchange(q *request, a authorization.Asked) (authorization.Issued, string, error) {
	none := authorization.Issued{}
	f := q.form
	issued := typeAccess
	switch {
	case f.Get("subject_token") == "":
		return none, "", malformed("invalid_request", "subject_token is missing.")
	case f.Get("subject_token_type") != typeAccess:
		return none, "", malformed("invalid_request", "subject_token_type is "+typeAccess+": only access tokens are exchanged.")
	case f.Has("actor_token") || f.Has("actor_token_type"):
		return none, "", malformed("invalid_request", "There is no acting for somebody else here: leave actor_token out.")
	}
	switch f.Get("requested_token_type") {
	case "", typeAccess:
	case typeJWT:
		issued = typeJWT
	default:
		return none, "", malformed("invalid_request", "requested_token_type is "+typeAccess+" or "+typeJWT+".")
	}
	x := authorization.Exchange{Subject: secret.New(f.Get("subject_token")), Account: f.Get("account_id"), JWT: issued == typeJWT}
	if f.Has("expires_in") {
		n, err := strconv.ParseInt(f.Get("expires_in"), 10, 32)
		if err != nil || n < 1 {
			return none, "", malformed("invalid_request", "expires_in is a number of seconds, at least 1.")
		}
		x.Life = time.Duration(n) * time.Second
	}
	a.Resources = append(append([]string{}, a.Resources...), f["audience"]...) // section 2.1: both name where the token is for
	got, err := s.Authorizations.Exchange(q.Context(), a, x)
	return got, issued, err
}

package oauth

import (
	"net/http"
	"time"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/kit/secret"
)

// pushed is the answer to a pushed request (RFC 9126 section 2.2).
type pushed struct {
	URI       string `json:"request_uri"`
	ExpiresIn int64  `json:"expires_in"`
}

// push takes what a client asks for directly from it.
func (s *Server) push(w http.ResponseWriter, q *request, c *authorization.Client) error {
	proof, err := s.proof(q, "")
	if err != nil {
		return err
	}
	got, err := s.Authorizations.Push(q.Context(), authorization.Asked{Client: c, Confirmation: proof}, q.form)
	if err != nil {
		return err
	}
	write(w, http.StatusCreated, pushed{URI: got.URI, ExpiresIn: int64(got.Life / time.Second)})
	return nil
}

// revoke ends a token of the client; what is unknown has ended (RFC 7009 section
// 2.2). The answer is an empty object, since clients read JSON.
func (s *Server) revoke(w http.ResponseWriter, q *request, c *authorization.Client) error {
	raw := q.form.Get("token")
	if raw == "" {
		return malformed("invalid_request", "token is missing.")
	}
	if err := s.Authorizations.Revoke(q.Context(), c, secret.New(raw)); err != nil {
		return err
	}
	write(w, http.StatusOK, struct{}{})
	return nil
}

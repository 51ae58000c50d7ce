package oauth

import (
	"net/http"
	"time"

	"github.com/guestright/guestright/authorization"
)

// recovery is a code in place of lost tokens.
type recovery struct {
	Code      string `json:"recovery_code"`
	ExpiresIn int64  `json:"expires_in"`
	AccountID string `json:"account_id"`
	UserID    string `json:"user_id,omitempty"`
}

// recover answers a client that has lost its tokens of an account, or of a person
// in it.
func (s *Server) recover(w http.ResponseWriter, q *request, c *authorization.Client) error {
	proof, err := s.proof(q, "")
	if err != nil {
		return err
	}
	got, err := s.Authorizations.Recover(q.Context(), authorization.Asked{Client: c, Confirmation: proof},
		authorization.Lost{Account: q.form.Get("account_id"), User: q.form.Get("user_id")})
	if err != nil {
		return err
	}
	write(w, http.StatusCreated, recovery{Code: got.Code.Reveal(), ExpiresIn: int64(got.Life / time.Second), AccountID: got.Account, UserID: got.User})
	return nil
}

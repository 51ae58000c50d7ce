package oauth

import (
	"net/http"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/kit/problem"
)

// silently answers prompt=none: with a code, or with the reason why somebody has
// to be asked (OpenID Connect Core section 3.1.2.6).
func (s *Server) silently(w http.ResponseWriter, r *http.Request, req authorization.Request) error {
	by, at, err := s.Session(r.Context(), r)
	if err != nil {
		return s.Authorizations.Refusal(req, err)
	}
	if by.User == "" {
		return s.Authorizations.Refusal(req, malformed("login_required", "Nobody is signed in."))
	}
	asking, err := s.Authorizations.Ask(r.Context(), by, req.ID, at.Authenticated)
	switch {
	case err != nil:
	case asking.Confirm:
		err = malformed("login_required", "The person signed in too long ago.")
	case asking.Account == "":
		err = malformed("account_selection_required", "The person has to choose an account.")
	case !asking.Skip:
		err = malformed("consent_required", "The person has to approve.")
	}
	if err != nil {
		return s.Authorizations.Refusal(req, interaction(err))
	}
	to, err := s.Authorizations.Decide(r.Context(), by, req.ID, authorization.Decision{Approve: true, Account: asking.Account, Scopes: req.Params.Scopes, Authenticated: at.Authenticated})
	if err != nil {
		return s.Authorizations.Refusal(req, err)
	}
	leave(w, to)
	return nil
}

// interaction says an offer's refusal as what it is to a client that wanted no
// page: somebody has to look at one.
func interaction(err error) error {
	e := problem.Of(err)
	if e.Kind == problem.KindForbidden || e.Kind == problem.KindNotFound || e.Kind == problem.KindConflict {
		return malformed("interaction_required", e.Detail)
	}
	return err
}

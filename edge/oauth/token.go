package oauth

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/usage"
)

// answer is a successful response (RFC 6749 section 5.1); account_id says which
// account the token is for.
type answer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
	IDToken      string `json:"id_token,omitempty"`
	AccountID    string `json:"account_id"`
	UserID       string `json:"user_id,omitempty"`
	IssuedType   string `json:"issued_token_type,omitempty"` // of an exchange (RFC 8693 section 2.2.1)
}

// The grant types that are served here. There is no password and no implicit one.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantClient  = "client_credentials"

	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange" // RFC 8693
)

// token is the token endpoint.
func (s *Server) token(w http.ResponseWriter, q *request, c *authorization.Client) error {
	ctx := q.Context()
	proof, err := s.proof(q, "")
	if err != nil {
		return err
	}
	a := authorization.Asked{Client: c, Begun: q.begun, Confirmation: proof, Scopes: words(q.form.Get("scope")), Resources: q.form["resource"]}
	var got authorization.Issued
	issued := ""
	switch q.form.Get("grant_type") {
	case grantCode:
		got, err = s.Authorizations.Redeem(ctx, a, secret.New(q.form.Get("code")),
			authorization.Redemption{RedirectURI: q.form.Get("redirect_uri"), Verifier: q.form.Get("code_verifier")})
	case grantRefresh:
		got, err = s.Authorizations.Refresh(ctx, a, secret.New(q.form.Get("refresh_token")))
	case grantClient:
		got, err = s.Authorizations.Own(ctx, a, q.form.Get("account_id"))
	case grantDevice:
		got, err = s.Authorizations.Poll(ctx, a, secret.New(q.form.Get("device_code")))
	case grantExchange:
		got, issued, err = s.exchange(q, a)
	case "":
		err = malformed("invalid_request", "grant_type is missing.")
	default:
		err = malformed("unsupported_grant_type", "The server's metadata lists the grant types that are served.")
	}
	if err != nil {
		return err
	}
	if !got.Access.ID.IsZero() && got.Access.Key != "" {
		s.Usage.Touch(usage.Subject{Kind: "key", ID: got.Access.Key}, s.Now(), usage.Call{Operation: "oauth.token", Account: got.Grant.Account, From: web.From(ctx).Client()})
	}
	out, err := s.answer(q, got)
	if err != nil {
		return err
	}
	out.IssuedType = issued
	write(w, http.StatusOK, out)
	return nil
}

func (s *Server) answer(q *request, got authorization.Issued) (answer, error) {
	out := answer{AccessToken: got.Access.Secret.Reveal(), TokenType: "Bearer", ExpiresIn: int64(got.Life / time.Second), RefreshToken: got.Refresh.Reveal(),
		Scope: strings.Join(got.Scopes, " "), AccountID: got.Grant.Account, UserID: got.User}
	if got.Access.Confirmation != "" {
		out.TokenType = "DPoP"
	}
	if !slices.Contains(got.Scopes, authorization.OpenID) || got.User == "" {
		return out, nil
	}
	id, err := s.identityToken(q.Context(), got)
	out.IDToken = id
	return out, err
}

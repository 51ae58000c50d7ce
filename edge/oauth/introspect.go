package oauth

import (
	"net/http"
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/authorization"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/token"
)

// introspection is what a client may learn about a token (RFC 7662 section 2.2).
type introspection struct {
	Active    bool          `json:"active"`
	Scope     string        `json:"scope,omitempty"`
	ClientID  string        `json:"client_id,omitempty"`
	TokenType string        `json:"token_type,omitempty"`
	Expires   int64         `json:"exp,omitempty"`
	Issued    int64         `json:"iat,omitempty"`
	Subject   string        `json:"sub,omitempty"`
	Audience  string        `json:"aud,omitempty"`
	Issuer    string        `json:"iss,omitempty"`
	ID        string        `json:"jti,omitempty"`
	AccountID string        `json:"account_id,omitempty"`
	Account   string        `json:"account,omitempty"` // the product's own key
	Confirm   *confirmation `json:"cnf,omitempty"`
}

// confirmation names the key that a token is bound to (RFC 9449 section 6.1).
type confirmation struct {
	Thumbprint string `json:"jkt"`
}

// inactive is the one answer about what is unknown, ended or somebody else's.
var inactive = introspection{}

// introspect answers from memory. Who asks is the client whose token it is, or the
// product with a key of its own, which is who tokens are for (RFC 7662 section
// 2.1).
func (s *Server) introspect(w http.ResponseWriter, r *http.Request) {
	if raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && r.Method == http.MethodPost {
		s.introspectForProduct(w, r, raw)
		return
	}
	s.endpoint(func(w http.ResponseWriter, q *request, c *authorization.Client) error {
		if c.Settings.Public {
			return problem.Unauthenticated("invalid_client", "Introspection is for clients that authenticate.")
		}
		out, err := s.seen(q, c)
		if err != nil {
			return err
		}
		write(w, http.StatusOK, out)
		return nil
	}, closed)(w, r)
}

func (s *Server) introspectForProduct(w http.ResponseWriter, r *http.Request, raw string) {
	by, err := s.Products.Authenticate(r.Context(), raw)
	if err == nil && by.Kind != access.KindProduct {
		err = problem.Unauthenticated("invalid_token", "This is no key of the product.")
	}
	if err != nil {
		s.challenge(w, r, err)
		return
	}
	form, err := readForm(w, r)
	if err == nil {
		err = authorization.Once(form)
	}
	if err == nil && !form.Has("token") {
		err = malformed("invalid_request", "token is missing.")
	}
	if err != nil {
		fail(w, r, false, err)
		return
	}
	out, err := s.live(r, form.Get("token"), "")
	if err != nil {
		fail(w, r, false, err)
		return
	}
	write(w, http.StatusOK, out)
}

func (s *Server) seen(q *request, c *authorization.Client) (introspection, error) {
	raw := q.form.Get("token")
	if raw == "" {
		return inactive, malformed("invalid_request", "token is missing.")
	}
	if !secret.RefreshToken.Is(raw) {
		return s.live(q.Request, raw, c.App.ID.String())
	}
	got, err := s.Authorizations.Inspect(q.Context(), c, secret.New(raw))
	if err != nil {
		return inactive, unknown(err)
	}
	return introspection{Active: true, Scope: strings.Join(got.Token.Scopes, " "), ClientID: got.Family.ClientID, TokenType: "refresh_token",
		Expires: unix(got.Token.Expires), Issued: unix(got.Token.Created), Subject: got.Family.User, Issuer: s.Issuer, ID: got.Token.ID.String(),
		AccountID: got.Family.Account}, nil
}

// unknown keeps only errors that say nothing about the token.
func unknown(err error) error {
	if e := problem.Of(err); e.Kind == problem.KindUnavailable || e.Kind == problem.KindInternal {
		return err
	}
	return nil
}

// live describes an access token; application is whose it has to be, "" for any.
func (s *Server) live(r *http.Request, raw, application string) (introspection, error) {
	b, err := s.Bearers.Authenticate(r.Context(), raw)
	if err != nil {
		return inactive, unknown(err)
	}
	if b.Live(s.Now()) != nil || application != "" && b.Holding.Application != application {
		return inactive, nil
	}
	return s.describe(b), nil
}

func (s *Server) describe(b token.Bearer) introspection {
	h := b.Holding
	scopes := b.Scopes.Names // as far as the grant still has them
	for _, name := range b.Told {
		if slices.Contains(authorization.IdentityScopes, name) {
			scopes = append(slices.Clip(scopes), name)
		}
	}
	out := introspection{Active: true, Scope: strings.Join(scopes, " "), ClientID: b.ClientID, TokenType: "Bearer", Expires: unix(b.Expires()),
		Issued: unix(b.Token().Time()), Subject: h.Subject, Audience: s.Resource, Issuer: s.Issuer, ID: b.Token().String(),
		AccountID: h.Account, Account: h.AccountKey}
	if b.Resource != "" {
		out.Audience = b.Resource
	}
	if b.Confirmation != "" {
		out.TokenType, out.Confirm = "DPoP", &confirmation{Thumbprint: b.Confirmation}
	}
	return out
}

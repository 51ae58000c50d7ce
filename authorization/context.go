package authorization

import (
	"context"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/integration"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
)

// TypeContext is the type of a signed user context.
const TypeContext = "user-context+jwt"

// contextLife is how long a user context is good: it is read as soon as the page
// is there.
const contextLife = time.Minute

// ContextAudience is the audience of user contexts for an application. It is no
// client_id, so that none is taken for an id token.
func ContextAudience(publicID string) string { return "user-context:" + publicID }

// UserContext tells an application's page inside the product who looks at it,
// signed, so that its server need not trust the browser that brings it.
type UserContext struct {
	Token    string    `json:"token" doc:"A JWT signed with ES256, typed user-context+jwt; the keys are at /oauth/jwks.json"`
	Audience string    `json:"audience" doc:"The aud to expect: user-context: and the application ID"`
	Expires  time.Time `json:"expires"`
}

// contextClaims say who looks, in which account, and in which of their roles. Name
// and address are not among them: an application that needs those asks the person
// (OpenID Connect).
type contextClaims struct {
	Issuer       string      `json:"iss"`
	Subject      string      `json:"sub"`
	Audience     string      `json:"aud"`
	Expires      numericDate `json:"exp"`
	Issued       numericDate `json:"iat"`
	ID           string      `json:"jti"`
	Nonce        string      `json:"nonce"`
	AccountID    string      `json:"account_id"`
	Account      string      `json:"account"`
	Role         string      `json:"role"`
	UserKey      string      `json:"user_key,omitempty"`
	Installation string      `json:"installation"`
	Application  string      `json:"application"`
}

// contextID is a name space for ids of user contexts.
type contextID struct{}

// IDPrefix implements ident.Named.
func (contextID) IDPrefix() string { return "ctx" }

// Looking says who looks at an application's page.
type Looking struct {
	Nonce string // the page's own, returned as it came
	User  string // only from the product: our id of the person or its own key
}

const (
	nonceLeast = 8
	nonceLong  = 200
)

// UserContext makes the context of a person in an account where the application is
// installed: asked for by that person, or by the product for whoever is signed in
// there. Errors: NotFound; Invalid `nonce_invalid`, `user_required`; Forbidden when
// the installation or application is stopped.
func (s *Service) UserContext(ctx context.Context, by access.Principal, id integration.ID, in Looking) (UserContext, error) {
	if len(in.Nonce) < nonceLeast || len(in.Nonce) > nonceLong || strings.ContainsFunc(in.Nonce, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return UserContext{}, problem.Invalid("nonce_invalid", "The nonce has 8 to 200 printable ASCII characters without spaces.",
			problem.Field{Pointer: "/nonce", Code: "invalid", Detail: "Make a new random one for each page."})
	}
	c := contextClaims{Issuer: s.Issuer, Nonce: in.Nonce, Installation: id.String()}
	err := s.DB.Read(ctx, func(tx *store.Tx) error { return s.looking(tx, by, &c, in) })
	if err != nil {
		return UserContext{}, err
	}
	now := s.DB.Now()
	ends := now.Add(contextLife)
	c.ID, c.Issued, c.Expires = ident.New[contextID](now).String(), numericDate(now.Unix()), numericDate(ends.Unix())
	raw, err := s.Signer.Sign(ctx, TypeContext, c)
	return UserContext{Token: raw, Audience: c.Audience, Expires: ends.Truncate(time.Second)}, err
}

func (s *Service) looking(tx *store.Tx, by access.Principal, c *contextClaims, in Looking) error {
	i, err := s.Integrations.Load(tx, c.Installation)
	if err != nil {
		return err
	}
	user := by.User
	if by.Kind == access.KindProduct {
		if in.User == "" {
			return problem.Invalid("user_required", "Say who looks at the page: user_id or the product's key of the person.",
				problem.Field{Pointer: "/user", Code: "required", Detail: "Name the person."})
		}
		u, err := s.People.Find(tx, in.User)
		if absent(err) {
			u, err = s.People.ByProductKey(tx, in.User)
		}
		if err != nil {
			return err
		}
		user = u.ID.String()
	}
	m, err := s.Accounts.Member(tx, i.Account, user)
	if absent(err) {
		return problem.NotFound("installation")
	}
	if err != nil {
		return err
	}
	if _, err := s.lively(tx, i.Grant); err != nil {
		return err
	}
	return s.fill(tx, c, i, m.User, m.Role)
}

func (s *Service) fill(tx *store.Tx, c *contextClaims, i integration.Installation, user, role string) error {
	app, err := ident.Parse[application.Application](i.Application)
	if err != nil {
		return err
	}
	a, err := s.Applications.Load(tx, app)
	if err != nil {
		return err
	}
	if err := a.Running(); err != nil {
		return err
	}
	acc, err := s.Accounts.Load(tx, i.Account)
	if err != nil {
		return err
	}
	u, err := s.People.Find(tx, user)
	c.Subject, c.Role, c.UserKey, c.AccountID, c.Account = user, role, u.ProductKey, acc.ID.String(), acc.Key
	c.Application, c.Audience = a.PublicID, ContextAudience(a.PublicID)
	return err
}

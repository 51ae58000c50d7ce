package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/web"
	"github.com/guestright/guestright/token"
)

// Gate finds out who sends a request.
type Gate struct {
	// Cookie names the session cookie; "" when nobody signs in with a browser.
	Cookie string
	// Session gives the person whose session a request carries. It is asked only
	// when the cookie is there. Unauthenticated when the session has ended.
	Session func(ctx context.Context, r *http.Request) (access.Principal, error)
	// Enter puts what else belongs to a session into the context of an operation;
	// nil: nothing does.
	Enter func(ctx context.Context, r *http.Request) context.Context
	// Products knows product keys; nil when there are none.
	Products *token.Products
	// Bearers knows the tokens of grants; nil when they are not taken here.
	Bearers *token.Authenticator
	// Person gives what a member may do in one account, for their personal tokens;
	// nil: those may do nothing here.
	Person func(ctx context.Context, user, account string) (access.Principal, error)
	// Now is the clock; nil: the real one.
	Now func() time.Time

	cross http.CrossOriginProtection // no origins, no bypasses
}

// credential is what a request shows.
type credential struct {
	bearer string
	cookie bool
}

var (
	errNobody = problem.Unauthenticated("unauthenticated", "Sign in or send a token.")
	errTwo    = problem.Invalid("two_credentials", "The request carries both a session cookie and a token. Send one of them.")
	errScheme = problem.Unauthenticated("unauthenticated", "Send the token in one Authorization header with the scheme Bearer.")
	errSite   = problem.Forbidden("cross_origin", "A page of another site may not do this with your session.")
)

// Check is the gate of web.Config: it authenticates and returns the context of
// the operation. Public operations pass without a credential, and with a session
// that has ended: signing in again must be possible.
func (g *Gate) Check(r *http.Request, op web.Operation) (context.Context, error) {
	c, err := g.credential(r)
	if err != nil {
		return nil, err
	}
	if c.bearer == "" && g.cross.Check(r) != nil {
		return nil, errSite
	}
	by, err := g.who(r, c)
	if err != nil && !(op.Public && c.cookie && problem.Of(err).Kind == problem.KindUnauthenticated) {
		return nil, err
	}
	if by.IsAnonymous() && !op.Public {
		return nil, errNobody
	}
	web.From(r.Context()).Add("by", by.Subject())
	ctx := access.With(r.Context(), by)
	if c.cookie && g.Enter != nil && !by.IsAnonymous() {
		ctx = g.Enter(ctx, r)
	}
	return ctx, nil
}

func (g *Gate) credential(r *http.Request) (credential, error) {
	var c credential
	if g.Cookie != "" {
		c.cookie = len(r.CookiesNamed(g.Cookie)) > 0
	}
	sent := r.Header.Values("Authorization")
	if len(sent) == 0 {
		return c, nil
	}
	if c.cookie {
		return c, errTwo
	}
	scheme, raw, _ := strings.Cut(sent[0], " ")
	if len(sent) > 1 || !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return c, errScheme
	}
	c.bearer = raw
	return c, nil
}

func (g *Gate) who(r *http.Request, c credential) (access.Principal, error) {
	var nobody access.Principal
	switch {
	case c.cookie && g.Session != nil:
		return g.Session(r.Context(), r)
	case c.bearer == "":
		return nobody, nil
	}
	if g.Products != nil && secret.ServiceToken.Is(c.bearer) {
		by, err := g.Products.Authenticate(r.Context(), c.bearer)
		if problem.CodeOf(err) != "invalid_token" {
			return by, err
		}
	}
	if g.Bearers == nil {
		return nobody, errNobody
	}
	b, err := g.Bearers.Authenticate(r.Context(), c.bearer)
	if err != nil {
		return nobody, err
	}
	if err := b.Live(g.now()); err != nil {
		return nobody, err
	}
	if !b.Holding.Networks.Allow(web.From(r.Context()).Client()) {
		return nobody, grant.ErrNetwork
	}
	return g.narrowed(r.Context(), b)
}

// narrowed is the caller behind a token. A personal token acts here as its owner
// within its account, a service token as a reader of its account; both within
// their own roles or policy.
func (g *Gate) narrowed(ctx context.Context, b token.Bearer) (access.Principal, error) {
	p, h := b.Principal(), b.Holding
	switch grant.Kind(h.Kind) {
	case grant.KindMember:
		if g.Person == nil {
			return p, nil
		}
		owner, err := g.Person(ctx, h.Subject, h.Account)
		if err != nil {
			return access.Principal{}, err
		}
		p.Authorities, p.Bounds = owner.Authorities, h.Own
	case grant.KindService:
		p = p.Holding(account.Resource(h.Account), access.AccountRole(access.AccountReader))
		p.Bounds = h.Own
	}
	return p, nil
}

func (g *Gate) now() time.Time {
	if g.Now != nil {
		return g.Now()
	}
	return time.Now()
}

// Caller says whom idempotency keys and cursors belong to.
func (g *Gate) Caller(ctx context.Context) web.Caller {
	by := access.By(ctx)
	if by.IsAnonymous() {
		return web.Caller{}
	}
	tenant := by.Account
	if tenant == "" {
		tenant = by.Subject()
	}
	return web.Caller{Principal: string(by.Kind) + "|" + by.Subject(), Tenant: tenant}
}

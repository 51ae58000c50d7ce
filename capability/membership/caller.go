package membership

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/token"
)

// identify finds out who calls. Partners send a token as it is, or as a bearer.
func (s *Service) identify(ctx context.Context, h http.Header, client netip.Addr) (token.Bearer, error) {
	sent := h.Values("Authorization")
	if len(sent) != 1 {
		return token.Bearer{}, problem.Unauthenticated("unauthenticated", "Send a token in one Authorization header.")
	}
	raw := strings.TrimSpace(sent[0])
	if scheme, rest, ok := strings.Cut(raw, " "); ok {
		if !strings.EqualFold(scheme, "Bearer") {
			return token.Bearer{}, problem.Unauthenticated("unauthenticated", "Send the token as it is, or with the scheme Bearer.")
		}
		raw = strings.TrimSpace(rest)
	}
	b, err := s.Bearers.Authenticate(ctx, raw)
	if err != nil {
		return b, err
	}
	if err := b.Live(s.DB.Now()); err != nil {
		return b, err
	}
	if b.Confirmation != "" {
		return b, problem.Unauthenticated("unauthenticated", "This token is bound to a key, and there is no proof of it here. Use a private or a service token.")
	}
	if !b.Holding.Networks.Allow(client) {
		return b, grant.ErrNetwork
	}
	return b, nil
}

// may judges whether the token may say who belongs to a resource, by the catalog's
// entitlement for it, as the gateway would.
func (s *Service) may(ctx context.Context, b token.Bearer, entitlement string, on access.Resource) error {
	c := s.Catalog.Get()
	if c == nil {
		return problem.Unavailable("catalog_missing", "No catalog is in force yet.", nil)
	}
	on, err := s.Facts.Fill(ctx, b.Holding.Account, on)
	if err != nil {
		return err
	}
	scopes := b.Scopes
	if b.Holding.Everything {
		scopes = access.SortScopes(c.Scopes()...)
	}
	v := access.Decide(access.Question{Program: access.Entitlement(entitlement).Compile(nil), Scopes: scopes, Layers: b.Holding.Layers, Resource: on})
	if v.Allowed {
		return nil
	}
	return problem.Forbidden("permission_denied", "The token does not allow "+entitlement+" on this resource.")
}

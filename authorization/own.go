package authorization

import (
	"context"
	"time"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/token"
)

// Own gives an application a token with which it acts as itself in an account
// (RFC 6749 section 4.4). Errors: Forbidden `app_not_installed`, Invalid
// `account_required`, `invalid_scope`, `unauthorized_client`, and those of
// Grant.Live.
func (s *Service) Own(ctx context.Context, a Asked, account string) (Issued, error) {
	if a.Client.Settings.Public {
		return Issued{}, bad("unauthorized_client", "A public client cannot act for itself: anybody can take its name.")
	}
	if err := s.bound(a); err != nil {
		return Issued{}, err
	}
	if err := s.target(a.Resources); err != nil {
		return Issued{}, err
	}
	if err := s.ready(ctx, &a); err != nil {
		return Issued{}, err
	}
	g, err := s.Held.Of(ctx, a.Client.App, account)
	if err != nil {
		return Issued{}, err
	}
	scopes, err := ownScopes(g, a.Scopes)
	if err != nil {
		return Issued{}, err
	}
	t, err := s.Tokens.IssueGrouped(ctx, token.Order{Grant: g, Kind: token.Access, Life: s.Lives.Access, Key: keyOf(a.Client), Scopes: a.Scopes,
		ClientID: a.Client.ID, Confirmation: a.Confirmation, Resource: first(a.Resources), Mint: s.mint(a, g, scopes, time.Time{})})
	return Issued{Access: t, Grant: g, Scopes: scopes, Life: s.Lives.Access, ClientID: a.Client.ID}, err
}

// ownScopes checks the scopes asked for; none means all that the grant has.
func ownScopes(g grant.Grant, want []string) ([]string, error) {
	if len(want) == 0 {
		return g.Scopes, nil
	}
	got, err := narrowed(g.Scopes, g.Scopes, want)
	if err != nil {
		return nil, problem.Invalid("invalid_scope", "The installation does not grant one of the scopes asked for.")
	}
	return got, nil
}

package authorization

import (
	"context"
	"slices"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

// Exchange is a client's wish to have a narrower token in place of one of its own
// (RFC 8693): it never acts for somebody else, in another account, for longer, or
// with more.
type Exchange struct {
	Subject secret.Text
	Account string        // the account's id or the product's key; "": the same
	Life    time.Duration // shorter; 0: as long as may be
	JWT     bool          // a token that can be read, whatever the client's setting
}

// errSubject is the one answer about a subject token that opens nothing, or is
// another client's (RFC 8693 section 2.2.2).
var errSubject = problem.Invalid("invalid_request", "subject_token is wrong, has expired, was revoked or is not this client's.")

// Exchange gives a narrower access token. It ends with the one that it came from.
// Errors: Invalid `invalid_request`, `invalid_scope`, `invalid_target`,
// `invalid_dpop_proof`.
func (s *Service) Exchange(ctx context.Context, a Asked, x Exchange) (Issued, error) {
	b, err := s.Bearers.Authenticate(ctx, x.Subject.Reveal())
	if err == nil {
		err = b.Live(s.DB.Now())
	}
	if e := problem.Of(err); e != nil && (e.Kind == problem.KindUnavailable || e.Kind == problem.KindInternal) {
		return Issued{}, err
	}
	if err != nil || b.ClientID == "" || b.Holding.Application != a.Client.App.ID.String() {
		return Issued{}, errSubject
	}
	if b.Confirmation != "" && b.Confirmation != a.Confirmation {
		return Issued{}, problem.Invalid("invalid_dpop_proof", "The subject token is bound to a key: prove that one (RFC 9449).")
	}
	if err := s.bound(a); err != nil {
		return Issued{}, err
	}
	if err := s.target(a.Resources); err != nil {
		return Issued{}, err
	}
	if x.Account != "" && x.Account != b.Holding.Account && x.Account != b.Holding.AccountKey {
		return Issued{}, bad("invalid_target", "The subject token opens no such account.")
	}
	if x.JWT {
		c := *a.Client
		c.Settings.TokenFormat, a.Client = application.FormatJWT, &c
	}
	if err := s.ready(ctx, &a); err != nil {
		return Issued{}, err
	}
	var out Issued
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out, err = s.exchange(tx, a, x)
		return err
	})
	return out, err
}

func (s *Service) exchange(tx *store.Tx, a Asked, x Exchange) (Issued, error) {
	from, err := s.Tokens.Find(tx, x.Subject.Reveal())
	if absent(err) || err == nil && (from.Kind != token.Access || !from.Usable(tx.Now())) {
		return Issued{}, errSubject
	}
	if err != nil {
		return Issued{}, err
	}
	g, err := s.lively(tx, from.Grant)
	if err != nil {
		return Issued{}, err
	}
	have := from.Scopes
	if len(have) == 0 {
		have = g.Scopes
	}
	scopes, err := narrowed(have, slices.Concat(IdentityScopes, g.Scopes), a.Scopes)
	if err != nil {
		return Issued{}, err
	}
	if len(scopes) == 0 {
		return Issued{}, bad("invalid_scope", "Nothing of what was granted is left.")
	}
	life := min(s.Lives.Access, from.Expires.Sub(tx.Now()).Truncate(time.Second))
	if x.Life > 0 {
		life = min(life, x.Life)
	}
	if life < time.Second {
		return Issued{}, errSubject
	}
	t, err := s.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access, Life: life, Key: from.Key, Scopes: scopes, ClientID: a.Client.ID, Family: from.Family,
		Confirmation: a.Confirmation, Resource: first(a.Resources, []string{from.Resource}), Origin: from.ID.String(), Mint: s.mint(a, g, scopes, time.Time{})})
	return Issued{Access: t, Grant: g, Scopes: scopes, Life: life, ClientID: a.Client.ID}, err
}

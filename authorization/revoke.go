package authorization

import (
	"context"

	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

// Revoke ends a token of the client (RFC 7009): an access token alone, a refresh
// token with everything of its line. What is not the client's, or not there, is
// ended as far as the client is concerned: no error (section 2.2).
func (s *Service) Revoke(ctx context.Context, c *Client, raw secret.Text) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		t, err := s.find(tx, raw)
		if absent(err) {
			return nil
		}
		if err != nil {
			return err
		}
		g, err := s.Grants.Load(tx, t.Grant)
		if err != nil {
			return err
		}
		if g.Application != c.App.ID.String() {
			return nil
		}
		if t.Kind != token.Refresh || t.Family == "" {
			return s.Tokens.Revoke(tx, applicationPrincipal(g.Application), t, g)
		}
		f, err := findFamily(tx, t.Family)
		if err != nil {
			return err
		}
		before := f
		if changed, err := s.closeFamily(tx, &f, "revoked"); err != nil || !changed {
			return err
		}
		return s.Audit.Record(tx, applicationPrincipal(g.Application), audit.Change{Action: "authorization.revoke", Target: "authorization/" + f.ID.String(),
			Account: f.Account, Group: g.Group, Application: f.Application, User: f.User, Before: before, After: f})
	})
}

// find finds a token of either format.
func (s *Service) find(tx *store.Tx, raw secret.Text) (token.Token, error) {
	return s.Tokens.Find(tx, raw.Reveal())
}

// Seen is what a client may learn about a refresh token of its own.
type Seen struct {
	Token  token.Token
	Family Family
}

// Inspect finds a live refresh token of the client. NotFound otherwise.
func (s *Service) Inspect(ctx context.Context, c *Client, raw secret.Text) (Seen, error) {
	var out Seen
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		t, err := s.Tokens.Find(tx, raw.Reveal())
		if err != nil {
			return err
		}
		if t.Kind != token.Refresh || t.Family == "" || !t.Usable(tx.Now()) {
			return errRefresh
		}
		f, err := findFamily(tx, t.Family)
		if err != nil {
			return err
		}
		if f.Application != c.App.ID.String() || f.State != FamilyLive || !tx.Now().Before(f.Expires) {
			return errRefresh
		}
		if _, err := s.lively(tx, f.Grant); err != nil {
			return errRefresh
		}
		out = Seen{Token: t, Family: f}
		return nil
	})
	return out, err
}

package authorization

import (
	"slices"
	"time"

	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/token"
)

// Asked is what every token request has in common.
type Asked struct {
	Client       *Client
	Begun        time.Time // when the request arrived
	Confirmation string    // thumbprint of the key that was proven, "" for none
	Scopes       []string  // narrower; none: all
	Resources    []string

	key *signingKey // signs access tokens that the client wants to read; nil: it wants none
}

// Issued is what a client gets.
type Issued struct {
	Access   token.Issued
	Refresh  secret.Text // zero: none
	Grant    grant.Grant
	Scopes   []string // granted, of product and person
	Life     time.Duration
	ClientID string
	User     string
	Nonce    string
	SignedIn time.Time
}

// begin makes a new line of refresh tokens and its first pair. It joins.
func (s *Service) begin(tx *store.Tx, a Asked, g grant.Grant, f Family) (Issued, error) {
	f.ID, f.State, f.Created, f.Expires = ident.New[Family](tx.Now()), FamilyLive, tx.Now(), tx.Now().Add(s.Lives.RefreshMost)
	f.Application, f.ClientID, f.Public, f.Confirmation = a.Client.App.ID.String(), a.Client.ID, a.Client.Settings.Public, a.Confirmation
	f.Grant, f.Account = g.ID.String(), g.Account
	if err := insertFamily(tx, f); err != nil {
		return Issued{}, err
	}
	out, err := s.access(tx, a, g, f)
	if err != nil {
		return out, err
	}
	next, err := s.refresh(tx, a, g, f)
	out.Refresh = next.Secret
	return out, err
}

// access issues an access token of a family.
func (s *Service) access(tx *store.Tx, a Asked, g grant.Grant, f Family) (Issued, error) {
	if err := s.bound(a); err != nil {
		return Issued{}, err
	}
	if err := s.target(a.Resources); err != nil {
		return Issued{}, err
	}
	scopes, err := narrowed(slices.Concat(f.Identity, f.Scopes), slices.Concat(f.Identity, g.Scopes), a.Scopes)
	if err != nil {
		return Issued{}, err
	}
	if len(scopes) == 0 {
		return Issued{}, errGrant("Nothing of what was granted is left.")
	}
	t, err := s.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Access, Life: s.Lives.Access, Key: keyOf(a.Client), Scopes: scopes,
		ClientID: a.Client.ID, Family: f.ID.String(), Confirmation: a.Confirmation, Resource: first(a.Resources, f.Resources),
		Mint: s.mint(a, g, scopes, f.SignedIn)})
	return Issued{Access: t, Grant: g, Scopes: scopes, Life: s.Lives.Access, ClientID: f.ClientID, User: f.User, Nonce: f.Nonce, SignedIn: f.SignedIn}, err
}

// refresh issues the next refresh token of a family.
func (s *Service) refresh(tx *store.Tx, a Asked, g grant.Grant, f Family) (token.Issued, error) {
	life := min(s.Lives.Refresh, f.Expires.Sub(tx.Now()))
	return s.Tokens.Issue(tx, token.Order{Grant: g, Kind: token.Refresh, Life: life, Key: keyOf(a.Client), Scopes: slices.Concat(f.Identity, f.Scopes),
		ClientID: a.Client.ID, Family: f.ID.String(), Confirmation: f.Confirmation, Resource: first(f.Resources)})
}

// bound fails when a client whose tokens are bound to a key has proven none.
func (s *Service) bound(a Asked) error {
	if a.Client.Settings.DPoPBound && a.Confirmation == "" {
		return problem.Invalid("invalid_dpop_proof", "This client's tokens are bound to a key: send a DPoP proof (RFC 9449).")
	}
	return nil
}

func keyOf(c *Client) string {
	if c.Key.ID.IsZero() {
		return ""
	}
	return c.Key.ID.String()
}

func first(lists ...[]string) string {
	for _, l := range lists {
		if len(l) > 0 {
			return l[0]
		}
	}
	return ""
}

// lively gives a grant that opens something. That its holder was removed is the
// end of what stands on it, told in OAuth's way.
func (s *Service) lively(tx *store.Tx, id string) (grant.Grant, error) {
	g, err := s.Grants.Load(tx, id)
	if err != nil {
		return g, err
	}
	return g, g.Live()
}

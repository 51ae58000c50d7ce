package token

import (
	"context"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/usage"
)

// Topic of the change feed: the key is the token's digest in hex, so that nodes
// can drop it from memory without a look-up.
const Topic = "token"

// kept is how long an ended access token can still be told from an unknown one.
const kept = 24 * time.Hour

// Service holds the operations on tokens.
type Service struct {
	DB    *store.DB
	Audit *audit.Log
	Keys  *secret.Keyring
	// Usage tells what static tokens are used for.
	Usage *usage.Service
	// Notices tells people that a token is about to be disabled.
	Notices *notice.Service
	// MinIdle is the shortest idle expiry that an account may ask for; 0: UsualMinIdle.
	MinIdle time.Duration
	// Holders say what a grant of some kind is called and who is told about its
	// tokens; without one it is the account's administrators. Wired by the server.
	Holders map[grant.Kind]Describe
	// Keepers decide about the tokens of some kinds of grant; without one the
	// grant's resource and its application decide. Wired by the server.
	Keepers map[grant.Kind]Keeper

	issuing issuing
}

// Order asks for a token.
type Order struct {
	Grant  grant.Grant
	Kind   Kind
	Life   time.Duration // 0: never expires
	Key    string        // the application key that asked, if one did
	Scopes []string      // narrower than the grant's; empty: all of them
	Idle   time.Duration // of disuse after which it is disabled; 0: as the account's policy says
	Rotate time.Duration // age at which it should be rotated; 0: as the account's policy says

	ClientID     string // of the client that asked
	Family       string // the line of refresh tokens it belongs to
	Confirmation string // thumbprint of the key it is bound to
	Resource     string // where it may be used; "": at the gateway
	Origin       string // the token that it was exchanged for

	// Mint makes the text of a token that can be read, once everything else about
	// it is settled; nil: random.
	Mint func(Token) (secret.Text, error)

	replaces string // the token whose place it takes
}

// prefix tells what the secret opens: a static token's by whose grant it is.
func (o Order) prefix() secret.Prefix {
	switch {
	case o.Kind == Static && o.Grant.Kind == grant.KindMember:
		return secret.PersonalToken
	case o.Kind == Static && o.Grant.Kind == grant.KindService:
		return secret.ServiceToken
	}
	return o.Kind.Prefix()
}

// Issued is a new token with its secret, which is never shown again.
type Issued struct {
	Token
	Secret secret.Text `json:"-"`
}

// Issue makes a token for a live grant. It joins and does not authorise.
func (s *Service) Issue(tx *store.Tx, o Order) (Issued, error) {
	if err := o.Grant.Live(); err != nil {
		return Issued{}, err
	}
	made, err := s.make(tx, o)
	if err != nil {
		return Issued{}, err
	}
	return made, insert(tx, made.Token)
}

func (s *Service) make(tx *store.Tx, o Order) (Issued, error) {
	t := Token{ID: ident.New[Token](tx.Now()), Grant: o.Grant.ID.String(), Kind: o.Kind, Key: o.Key, Scopes: o.Scopes, State: Active, Created: tx.Now(), Life: SpanOf(o.Life), Idle: SpanOf(o.Idle),
		Rotate: SpanOf(o.Rotate), Replaces: o.replaces, ClientID: o.ClientID, Family: o.Family, Confirmation: o.Confirmation, Resource: o.Resource, Origin: o.Origin}
	if o.Life > 0 {
		t.Expires = tx.Now().Add(o.Life)
	}
	var text secret.Text
	if o.Mint == nil {
		text = secret.GenerateAt(o.prefix(), tx.Now())
	} else {
		t.Expires = upToSecond(t.Expires) // as the token itself says
		var err error
		if text, err = o.Mint(t); err != nil {
			return Issued{}, err
		}
	}
	t.Digest, t.Hint = s.Keys.Digest(text.Reveal()), text.Hint()
	return Issued{Token: t, Secret: text}, nil
}

// upToSecond rounds up to a whole second, so that a short life stays one.
func upToSecond(t time.Time) time.Time {
	if s := t.Truncate(time.Second); !s.Equal(t) {
		return s.Add(time.Second)
	}
	return t
}

// RevokeGrant ends every live token of a grant. It joins.
func (s *Service) RevokeGrant(tx *store.Tx, grantID, reason string) error {
	return s.revokeAll(tx, "grant_id = ?", grantID, reason)
}

// RevokeKey ends every live token that an application key obtained. It joins.
func (s *Service) RevokeKey(tx *store.Tx, keyID, reason string) error {
	return s.revokeAll(tx, "key_id = ?", keyID, reason)
}

func (s *Service) revokeAll(tx *store.Tx, where, arg, reason string) error {
	tokens, err := live(tx, where, arg)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if err := s.revoke(tx, t, reason); err != nil {
			return err
		}
	}
	// What they were exchanged for may stand elsewhere: by another key.
	return s.revokeFrom(tx, "origin IN (SELECT id FROM token_token WHERE "+where+")", arg, reason)
}

// revokeFrom ends tokens that others were exchanged for, and those exchanged for
// them.
func (s *Service) revokeFrom(tx *store.Tx, where, arg, reason string) error {
	tokens, err := live(tx, "origin <> '' AND "+where, arg)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if err := s.revoke(tx, t, reason); err != nil {
			return err
		}
		if err := s.revokeFrom(tx, "origin = ?", t.ID.String(), reason); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) revoke(tx *store.Tx, t Token, reason string) error {
	was := t
	t.Revoke(tx.Now(), reason)
	if t.State == was.State {
		return nil
	}
	tx.Changed(Topic, t.Digest.String())
	return save(tx, t, was)
}

// Revoke ends the token that raw is, if there is one (RFC 7009). It joins; the
// caller has checked that the token belongs to the client.
func (s *Service) Revoke(tx *store.Tx, by access.Principal, t Token, g grant.Grant) error {
	before := t
	t.Revoke(tx.Now(), "revoked")
	if t.State == before.State {
		return nil // it has ended already (RFC 7009 section 2.2)
	}
	if err := s.revoke(tx, before, "revoked"); err != nil {
		return err
	}
	if err := s.revokeFrom(tx, "origin = ?", t.ID.String(), "revoked"); err != nil {
		return err
	}
	return s.Audit.Record(tx, by, recorded(entry{action: "token.revoke", after: t}, before, g))
}

// RevokeFamily ends every live token of a line of refresh tokens. It joins.
func (s *Service) RevokeFamily(tx *store.Tx, family, reason string) error {
	return s.revokeAll(tx, "family = ?", family, reason)
}

// Spend ends a refresh token that was exchanged for its successor. It joins. Of
// parallel attempts one wins; the others get Conflict `token_changed`.
func (s *Service) Spend(tx *store.Tx, t Token) error {
	was := t
	t.State, t.Reason, t.Ended = Expired, "exchanged", tx.Now()
	return save(tx, t, was)
}

// Find gives the token that raw is, usable or not; NotFound otherwise.
func (s *Service) Find(tx *store.Tx, raw string) (Token, error) {
	if !secret.WellFormed(raw) && !signedForm(raw) {
		return find(tx, "1 = ?", 0)
	}
	for _, d := range s.Keys.Digests(raw) {
		t, err := find(tx, "digest = ?", d.String())
		if !absent(err) {
			return t, err
		}
	}
	return find(tx, "1 = ?", 0)
}

// Sweep removes access tokens that ended more than a day ago.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Batch(ctx, func(tx *store.Tx) error { return sweep(tx, tx.Now().Add(-kept)) })
}

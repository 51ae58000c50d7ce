package token

import (
	"time"

	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// ID identifies a Token.
type ID = ident.ID[Token]

// Kind of a token.
type Kind string

// The kinds.
const (
	Static  Kind = "static"
	Access  Kind = "access"
	Refresh Kind = "refresh"
)

// State of a token.
type State string

// The states.
const (
	Active   State = "active"
	Retiring State = "retiring"
	Expired  State = "expired"
	Revoked  State = "revoked"
)

// Token is a secret that opens a grant.
type Token struct {
	ID       ID            `json:"id"`
	Grant    string        `json:"grant"`
	Kind     Kind          `json:"kind" enum:"static,access,refresh"`
	Digest   secret.Digest `json:"-"`
	Hint     string        `json:"hint" doc:"Last four characters"`
	Key      string        `json:"key,omitempty" doc:"The application key that obtained it"`
	Scopes   []string      `json:"scopes,omitempty" doc:"When narrower than the grant"`
	State    State         `json:"state" enum:"active,retiring,expired,revoked"`
	Reason   string        `json:"reason,omitempty"`
	Replaces string        `json:"replaces,omitempty"`
	Expires  time.Time     `json:"expires,omitzero"`
	Idle     time.Duration `json:"idle,omitempty" doc:"Nanoseconds of disuse after which it expires"`
	Created  time.Time     `json:"created"`
}

// IDPrefix implements ident.Named.
func (Token) IDPrefix() string { return "tok" }

// Usable reports whether the token opens its grant at now.
func (t Token) Usable(now time.Time) bool {
	return (t.State == Active || t.State == Retiring) && (t.Expires.IsZero() || now.Before(t.Expires))
}

// Retire lets the token live on for grace, then expire; zero ends it at once.
func (t *Token) Retire(now time.Time, grace time.Duration) error {
	if t.State == Retiring {
		return problem.Conflict("token_already_retiring", "This token is being replaced already.")
	}
	if !t.Usable(now) {
		return problem.Conflict("token_not_active", "This token has ended already.")
	}
	t.State = Retiring
	if end := now.Add(grace); t.Expires.IsZero() || end.Before(t.Expires) {
		t.Expires = end
	}
	if grace <= 0 {
		t.State, t.Reason = Expired, "rotated"
	}
	return nil
}

// Revoke ends the token at once; revoking what has ended is no error (RFC 7009
// section 2.2).
func (t *Token) Revoke(reason string) {
	if t.State == Active || t.State == Retiring {
		t.State, t.Reason = Revoked, reason
	}
}

// Prefix is the credential prefix of a kind of token.
func (k Kind) Prefix() secret.Prefix {
	switch k {
	case Access:
		return secret.AccessToken
	case Refresh:
		return secret.RefreshToken
	}
	return secret.PrivateKey
}

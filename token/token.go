package token

import (
	"time"

	"github.com/guestright/guestright/kit/ident"
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
	Replaces string        `json:"replaces,omitempty" doc:"The token whose place it took"`
	Expires  time.Time     `json:"expires,omitzero"`
	Idle     time.Duration `json:"idle,omitempty" doc:"Nanoseconds of disuse after which it expires"`
	Created  time.Time     `json:"created"`

	Life       time.Duration `json:"life,omitempty" doc:"Nanoseconds from issue to expiry; a successor lives as long. Absent: it never expires"`
	Successor  string        `json:"successor,omitempty" doc:"The token that takes its place"`
	Retired    time.Time     `json:"retired,omitzero" doc:"When its rotation began"`
	Earlier    time.Time     `json:"earlier,omitzero" doc:"Its expiry before the rotation: cancelling brings it back"`
	BrownFrom  time.Time     `json:"brown_from,omitzero" doc:"Begin of the latest brown-out"`
	BrownUntil time.Time     `json:"brown_until,omitzero" doc:"End of the latest brown-out"`
	Ended      time.Time     `json:"ended,omitzero" doc:"When it was revoked or ended early"`

	ClientID     string `json:"client_id,omitempty" doc:"Of the client that obtained it"`
	Family       string `json:"family,omitempty" doc:"The line of refresh tokens that it comes from"`
	Confirmation string `json:"confirmation,omitempty" doc:"Thumbprint of the key that its holder proves to have (RFC 9449)"`
	Resource     string `json:"resource,omitempty" doc:"Where it may be used (RFC 8707); absent: at the gateway"`
}

// IDPrefix implements ident.Named.
func (Token) IDPrefix() string { return "tok" }

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

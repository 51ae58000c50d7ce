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
	Legacy  Kind = "legacy" // a key that the product made itself, before Guestright
)

// State of a token.
type State string

// The states.
const (
	Active   State = "active"
	Retiring State = "retiring"
	Disabled State = "disabled" // for disuse; it can be restored for a while
	Expired  State = "expired"
	Revoked  State = "revoked"
)

// Span is a duration in whole seconds.
type Span int64

// SpanOf rounds down to seconds.
func SpanOf(d time.Duration) Span { return Span(d / time.Second) }

// Duration is the span as Go counts it.
func (s Span) Duration() time.Duration { return time.Duration(s) * time.Second }

// Token is a secret that opens a grant.
type Token struct {
	ID       ID            `json:"id"`
	Grant    string        `json:"grant"`
	Kind     Kind          `json:"kind" enum:"static,access,refresh,legacy"`
	Digest   secret.Digest `json:"-"`
	Hint     string        `json:"hint" doc:"Last four characters"`
	Key      string        `json:"key,omitempty" doc:"The application key that obtained it"`
	Scopes   []string      `json:"scopes,omitempty" doc:"When narrower than the grant"`
	State    State         `json:"state" enum:"active,retiring,disabled,expired,revoked"`
	Reason   string        `json:"reason,omitempty"`
	Replaces string        `json:"replaces,omitempty" doc:"The token whose place it took"`
	Expires  time.Time     `json:"expires,omitzero"`
	Created  time.Time     `json:"created"`
	Ended    time.Time     `json:"ended,omitzero" doc:"When it was revoked or ended early"`

	Life   Span `json:"life_seconds,omitempty" doc:"From issue to expiry; a successor lives as long. Absent: it never expires"`
	Idle   Span `json:"idle_seconds,omitempty" doc:"Disuse after which it is disabled. Absent: as the account's policy says"`
	Rotate Span `json:"rotate_seconds,omitempty" doc:"Age at which it should be rotated. Absent: as the account's policy says"`

	Successor  string    `json:"successor,omitempty" doc:"The token that takes its place"`
	Retired    time.Time `json:"retired,omitzero" doc:"When its rotation began"`
	Earlier    time.Time `json:"earlier,omitzero" doc:"Its expiry before the rotation: cancelling brings it back"`
	BrownFrom  time.Time `json:"brown_from,omitzero" doc:"Begin of the latest brown-out"`
	BrownUntil time.Time `json:"brown_until,omitzero" doc:"End of the latest brown-out"`

	IdleFrom time.Time `json:"idle_from,omitzero" doc:"Disuse counts from here at the earliest: it was restored or put off"`
	Warned   int       `json:"warned,omitempty" doc:"Days of the latest notice before it is disabled: 15, 7 or 1"`
	WarnedAt time.Time `json:"warned_at,omitzero"`
	Deadline time.Time `json:"deadline,omitzero" doc:"When it is disabled unless it is used"`
	Disabled time.Time `json:"disabled,omitzero" doc:"Since when it is disabled"`
	Reminded time.Time `json:"reminded,omitzero" doc:"When its rotation was asked for"`

	ClientID     string `json:"client_id,omitempty" doc:"Of the client that obtained it"`
	Family       string `json:"family,omitempty" doc:"The line of refresh tokens that it comes from"`
	Confirmation string `json:"confirmation,omitempty" doc:"Thumbprint of the key that its holder proves to have (RFC 9449)"`
	Resource     string `json:"resource,omitempty" doc:"Where it may be used (RFC 8707); absent: at the gateway"`
	Origin       string `json:"origin,omitempty" doc:"The token that it was exchanged for (RFC 8693); it ends with that one"`
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

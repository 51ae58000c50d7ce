package authorization

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/token"
)

// numericDate is a time in whole seconds since 1970: a number, not a text that
// holds one, and not a fraction, although RFC 7519 section 2 lets issuers other
// than us write those.
type numericDate int64

// UnmarshalJSON implements json.Unmarshaler.
func (d *numericDate) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || n <= 0 || n > 1<<40 {
		return problem.Invalid("invalid_token", "A time in a token is a whole number of seconds.")
	}
	*d = numericDate(n)
	return nil
}

func (d numericDate) time() time.Time { return time.Unix(int64(d), 0).UTC() }

// accessClaims are the claims of an access token that is a JWT (RFC 9068 section
// 2.2). They tell a reader what the token was issued for; what it opens now is
// known here only.
type accessClaims struct {
	Issuer    string      `json:"iss"`
	Subject   string      `json:"sub"`
	Audience  audience    `json:"aud"`
	Expires   numericDate `json:"exp"`
	Issued    numericDate `json:"iat"`
	ID        string      `json:"jti"`
	ClientID  string      `json:"client_id"`
	Scope     string      `json:"scope"`
	AuthTime  numericDate `json:"auth_time,omitempty"`
	AccountID string      `json:"account_id"`
	Confirm   *keyClaim   `json:"cnf,omitempty"`
}

// keyClaim names the key that a token is bound to (RFC 9449 section 6.1).
type keyClaim struct {
	Thumbprint string `json:"jkt"`
}

// check judges the form of claims that we signed. That the time is not over is the
// stored token's to say.
func (c accessClaims) check(issuer, resource string) error {
	_, err := ident.Parse[token.Token](c.ID)
	switch {
	case err != nil, c.Issuer != issuer, !slices.Contains(c.Audience, resource), c.Expires == 0, c.Issued == 0, c.Subject == "", c.ClientID == "":
		return errSigned
	}
	return nil
}

// Readable fails unless raw is an access token that we signed, for the gateway
// (RFC 9068 section 4). Errors: Unauthenticated `invalid_token`; Unavailable when
// it cannot be told.
func (s *Service) Readable(ctx context.Context, raw string) error {
	var c accessClaims
	if err := s.Signer.Verify(ctx, TypeAccess, raw, &c); err != nil {
		return err
	}
	return c.check(s.Issuer, s.Resource)
}

// ready fetches what a client's tokens are made with, before a transaction is
// open.
func (s *Service) ready(ctx context.Context, a *Asked) error {
	if a.Client.Settings.TokenFormat != application.FormatJWT {
		return nil
	}
	k, err := s.Signer.current(ctx)
	a.key = k
	return err
}

// mint makes the text of an access token for a client that wants to read it; nil
// for any other client.
func (s *Service) mint(a Asked, g grant.Grant, scopes []string, signedIn time.Time) func(token.Token) (secret.Text, error) {
	if a.key == nil {
		return nil
	}
	return func(t token.Token) (secret.Text, error) {
		c := accessClaims{Issuer: s.Issuer, Subject: g.Subject, Audience: audience{s.Resource}, Expires: numericDate(t.Expires.Unix()),
			Issued: numericDate(t.Created.Unix()), ID: t.ID.String(), ClientID: t.ClientID, Scope: strings.Join(scopes, " "), AccountID: g.Account}
		if c.Subject == "" {
			c.Subject = t.ClientID // section 2.2: nobody but the client itself
		}
		if !signedIn.IsZero() {
			c.AuthTime = numericDate(signedIn.Unix())
		}
		if t.Confirmation != "" {
			c.Confirm = &keyClaim{Thumbprint: t.Confirmation}
		}
		body, err := json.Marshal(c)
		if err != nil {
			return secret.Text{}, problem.Internal("authorization.mint", err)
		}
		raw, err := a.key.sign(TypeAccess, body)
		if err == nil && len(raw) > token.SignedMost {
			err = problem.Invalid("invalid_scope", "With so many scopes the token would be too long to be sent. Ask for fewer.")
		}
		return secret.New(raw), err
	}
}

package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// leeway is how far the clocks of Guestright and the product may differ.
const leeway = 5 * time.Second

// claims are read strictly: times are whole numbers, so that "1e99", "12" in quotes and fractions are refused.
type claims struct {
	Issuer       string   `json:"iss"`
	Audience     audience `json:"aud"`
	Expires      *int64   `json:"exp"`
	Issued       *int64   `json:"iat"`
	NotBefore    *int64   `json:"nbf"`
	ID           string   `json:"jti"`
	Subject      string   `json:"sub"`
	Account      string   `json:"account"`
	AccountID    string   `json:"account_id"`
	Application  string   `json:"application"`
	Installation string   `json:"installation"`
	Grant        string   `json:"grant"`
	Actor        string   `json:"actor"`
	Scopes       []string `json:"scopes"`
	Decision     string   `json:"decision"`
}

// audience is one string or a list of strings (RFC 7519 section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte{'"'}) {
		var one string
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		*a = audience{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(raw, &many); err != nil {
		return err
	}
	*a = many
	return nil
}

// expected is what the product knows of the identities that are meant for it.
type expected struct {
	issuer, audience string
	now              time.Time
}

func parseClaims(payload []byte, want expected) (Identity, error) {
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return Identity{}, fmt.Errorf("claims: %w", err)
	}
	if c.Issuer != want.issuer {
		return Identity{}, errors.New("another issuer")
	}
	if !slices.Contains(c.Audience, want.audience) {
		return Identity{}, errors.New("another audience")
	}
	if c.Expires == nil || c.Issued == nil {
		return Identity{}, errors.New("exp or iat is missing")
	}
	if c.ID == "" || c.Account == "" || c.Subject == "" {
		return Identity{}, errors.New("jti, account or sub is missing")
	}
	issued, expires := time.Unix(*c.Issued, 0).UTC(), time.Unix(*c.Expires, 0).UTC()
	switch {
	case !want.now.Before(expires.Add(leeway)):
		return Identity{}, errors.New("expired")
	case issued.After(want.now.Add(leeway)):
		return Identity{}, errors.New("issued in the future")
	case c.NotBefore != nil && time.Unix(*c.NotBefore, 0).After(want.now.Add(leeway)):
		return Identity{}, errors.New("not valid yet")
	case expires.Sub(issued) > Lifetime || expires.Before(issued):
		return Identity{}, fmt.Errorf("valid for longer than %s", Lifetime)
	}
	return Identity{
		Account: c.Account, AccountID: c.AccountID, Application: c.Application, Installation: c.Installation,
		Grant: c.Grant, Subject: c.Subject, Actor: c.Actor, Scopes: c.Scopes, Decision: c.Decision, ID: c.ID,
		Issued: issued, Expires: expires,
	}, nil
}

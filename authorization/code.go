package authorization

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// CodeState of a code.
type CodeState string

// The states of a code.
const (
	CodeIssued   CodeState = "issued"
	CodeRedeemed CodeState = "redeemed"
	CodeReused   CodeState = "reused"
)

// Code is an authorization code, or a recovery code, which stands for a person's
// earlier answer.
type Code struct {
	Digest      secret.Digest
	Request     string // "" for a recovery code
	Application string
	Grant       string
	Account     string
	User        string
	Params      Params
	Scopes      []string
	SignedIn    time.Time
	State       CodeState
	Family      string // what it produced
	Created     time.Time
	Expires     time.Time
	Redeemed    time.Time
}

// Redemption is a client's attempt to exchange a code.
type Redemption struct {
	Application  string
	RedirectURI  string
	Verifier     string
	Confirmation string    // thumbprint of the proven key, "" without a proof
	Begun        time.Time // when the request arrived
	Answered     time.Time // when the first use was answered, if the code was used
}

// errGrant is the one answer to a code or refresh token that opens nothing: who
// holds somebody else's learns nothing about it (RFC 6749 section 5.2).
func errGrant(detail string) *problem.Error { return problem.Invalid("invalid_grant", detail) }

var errCode = errGrant("The code is wrong, has expired or was used already.")

// replayed reports whether an attempt is a second use, and not a duplicate that
// was under way before the first was answered at used.
func replayed(used, begun time.Time) bool { return begun.IsZero() || !begun.Before(used) }

// redeem exchanges the code once. reused means that what it produced must end.
func (c *Code) redeem(now time.Time, r Redemption) (reused bool, err error) {
	switch {
	case c.Application != r.Application:
		return false, errCode
	case c.State == CodeRedeemed && replayed(r.Answered, r.Begun):
		c.State = CodeReused
		return true, errCode
	case c.State != CodeIssued || !now.Before(c.Expires):
		return false, errCode
	case c.Params.RedirectGiven && c.Params.RedirectURI != r.RedirectURI,
		!c.Params.RedirectGiven && r.RedirectURI != "" && c.Params.RedirectURI != r.RedirectURI:
		return false, errGrant("redirect_uri is not the one of the authorization request.")
	case c.Params.Confirmation != "" && c.Params.Confirmation != r.Confirmation:
		return false, errGrant("The code is bound to another DPoP key.")
	}
	if err := verify(c.Params.Challenge, r.Verifier); err != nil {
		return false, err
	}
	c.State, c.Redeemed = CodeRedeemed, now
	return false, nil
}

// verify checks a PKCE verifier (RFC 7636 section 4.6). A verifier without a
// challenge is refused too (RFC 9700 section 4.8.2).
func verify(challenge, verifier string) error {
	if challenge == "" {
		if verifier != "" {
			return errGrant("The code was issued without a code_challenge.")
		}
		return nil
	}
	if verifier == "" {
		return errGrant("code_verifier is missing.")
	}
	if len(verifier) < verifierLeast || len(verifier) > verifierMost {
		return errGrant("code_verifier has 43 to 128 characters.")
	}
	sum := sha256.Sum256([]byte(verifier))
	got := base64.RawURLEncoding.EncodeToString(sum[:])
	if subtle.ConstantTimeCompare([]byte(got), []byte(challenge)) != 1 {
		return errGrant("code_verifier does not match the code_challenge.")
	}
	return nil
}

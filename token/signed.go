package token

import (
	"context"
	"crypto/sha256"
	"strings"

	"github.com/guestright/guestright/kit/secret"
)

// SignedMost bounds an access token that is a JWT, in bytes.
const SignedMost = 8 << 10

// signedForm reports whether raw has the form of a JWT in its compact form (RFC
// 7515 section 3.1): three parts, the first of which begins an object.
func signedForm(raw string) bool {
	return len(raw) > secret.Length && len(raw) <= SignedMost && strings.HasPrefix(raw, "eyJ") && strings.Count(raw, ".") == 2
}

// signed finds what an access token stands for that is a JWT (RFC 9068). Its
// signature and claims are to it what the checksum is to other tokens: they stop
// garbage before it reaches the database. What it opens is decided by the stored
// token with its digest, so it ends like any other.
func (a *Authenticator) signed(ctx context.Context, raw string) (Bearer, error) {
	presented := secret.Digest(sha256.Sum256([]byte(raw)))
	presented[0] ^= 2 // other kinds of tokens are found by their hash itself, or with another bit turned
	if b, ok := a.memory.Load().find(presented); ok {
		return b, nil
	}
	if a.Signed == nil {
		return Bearer{}, errUnknown
	}
	if err := a.Signed(ctx, raw); err != nil {
		return Bearer{}, err
	}
	return a.load(ctx, a.keys.Digests(raw), presented)
}

// Issued reports whether raw is a JWT that we signed as an access token, whether
// or not it opens anything: whoever sees it where it does not belong need not look
// it up.
func (a *Authenticator) Issued(ctx context.Context, raw string) bool {
	return signedForm(raw) && a.Signed != nil && a.Signed(ctx, raw) == nil
}

package gateway

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/dpop"
	"github.com/guestright/guestright/kit/problem"
)

// Proofs says how tokens that are bound to a key are proven (RFC 9449 section 7).
type Proofs struct {
	Base   string        // public address of the gateway, without a slash at its end
	Window time.Duration // around now in which a proof may have been made
	// Nonces that proofs have to carry; nil: none.
	Nonces *dpop.Nonces
	// Once notes a proof until a time; false when it was seen before.
	Once func(ctx context.Context, p dpop.Proof, now, until time.Time) (bool, error)
}

// proven reports whether a call shows its token with the scheme DPoP.
func proven(c *Call) bool {
	const scheme = "dpop "
	all := c.Header["Authorization"]
	return len(all) == 1 && len(all[0]) > len(scheme) && equalFold(all[0][:len(scheme)], scheme)
}

// prove fails unless a token that is bound to a key comes with a fresh proof by
// that key, for this call; any other token has to come without.
func (e *Engine) prove(ctx context.Context, c *Call, v *Verdict) error {
	bound, shown := v.Bearer.Confirmation, proven(c)
	switch {
	case bound == "" && !shown:
		return nil
	case bound == "":
		return errUnbound
	case !shown:
		return errBound
	}
	sent := c.Header[dpop.Header]
	if len(sent) != 1 {
		return unproven("Send one DPoP header with one proof.")
	}
	p, err := dpop.Parse(sent[0])
	if err != nil {
		return unproven(problem.Of(err).Detail)
	}
	if subtle.ConstantTimeCompare([]byte(p.Thumbprint), []byte(bound)) != 1 {
		return unproven("The proof is by another key than the token is bound to.")
	}
	raw, err := bearer(c)
	if err != nil {
		return err
	}
	r := dpop.Request{Method: c.Method, URL: e.Proofs.Base + c.Path.Escaped, Token: raw, Now: v.At, Window: e.Proofs.Window}
	// Another name that this door answers for is as good as the public one.
	r.Also = []string{"https://" + c.Host + c.Path.Escaped}
	if strings.HasPrefix(e.Proofs.Base, "http://") {
		r.Also = append(r.Also, "http://"+c.Host+c.Path.Escaped)
	}
	if err := p.Check(r); err != nil {
		return unproven(problem.Of(err).Detail)
	}
	if n := e.Proofs.Nonces; n != nil && !n.Good(p.Nonce, v.At) {
		return errNonce
	}
	first, err := e.Proofs.Once(ctx, p, v.At, p.Until(e.Proofs.Window))
	if err != nil {
		return err
	}
	if !first {
		return unproven("This proof was used already. Make a new one for every call.")
	}
	return nil
}

var (
	errBound   = problem.Unauthenticated("dpop_required", "This token is bound to a key. Send it with the scheme DPoP and a proof (RFC 9449).")
	errNonce   = problem.Unauthenticated("use_dpop_nonce", "Make a new proof with the nonce in the header DPoP-Nonce of this answer.")
	errUnbound = problem.Unauthenticated("dpop_unbound", "This token is not bound to a key. Send it with the scheme Bearer.")
)

func unproven(detail string) error { return problem.Unauthenticated("invalid_dpop_proof", detail) }

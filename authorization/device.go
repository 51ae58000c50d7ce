package authorization

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// userLetters are those of user codes (RFC 8628 section 6.1): no vowels, so no
// words; nothing that looks like a digit.
const (
	userLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userLength  = 8
)

// newUserCode makes a code that people type: 34 random bits, which is enough for
// something that lives for minutes and is tried few times.
func newUserCode() string {
	out := make([]byte, 0, userLength)
	var pool [32]byte
	for len(out) < userLength {
		_, _ = rand.Read(pool[:]) // never fails (Go 1.24)
		for _, b := range pool {
			// 240 is the largest multiple of 20 in a byte: no modulo bias.
			if b < 240 && len(out) < userLength {
				out = append(out, userLetters[b%20])
			}
		}
	}
	return string(out)
}

// shownUserCode is the code as a device shows it.
func shownUserCode(code string) string { return code[:userLength/2] + "-" + code[userLength/2:] }

// typedUserCode reads what a person has typed: case, spaces and hyphens do not
// count; "" when it can't be a code.
func typedUserCode(typed string) string {
	if len(typed) > 100 {
		return ""
	}
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case strings.ContainsRune(" \t\u00a0-_.\u2010\u2011\u2012\u2013\u2014", r):
			return -1
		}
		return r
	}, typed)
	if len(out) != userLength || strings.Trim(out, userLetters) != "" {
		return ""
	}
	return out
}

var (
	errDevice     = errGrant("The device code is wrong, or was used already.")
	errDeviceOver = bad("expired_token", "The device code has expired. Begin again.")
	errDenied     = bad("access_denied", "The person did not approve.")
	errPending    = bad("authorization_pending", "The person has not decided yet.")
	errSlow       = bad("slow_down", "You ask too often: wait five seconds longer between two requests from now on.")
	errUserCode   = problem.Invalid("user_code_wrong", "No device waits with this code. Compare it with what your device shows, or have it show a new one.",
		problem.Field{Pointer: "/user_code", Code: "wrong", Detail: "Type the eight letters that your device shows."})
)

// slower is by how much the time between two polls grows (RFC 8628 section 3.5).
const slower = 5 * time.Second

// redeemedLate is how long after an approval a device may still fetch its tokens,
// although the code has expired meanwhile.
const redeemedLate = time.Minute

// poll answers a device that asks. The request is changed whether or not there is
// an error.
func (r *Request) poll(now time.Time, application, confirmation string) error {
	switch {
	case r.Kind != KindDevice, r.Application != application, r.State == Redeemed:
		return errDevice
	case r.State == Denied:
		return errDenied
	case r.State == Pending && !now.Before(r.Expires),
		r.State == Approved && !now.Before(r.Expires.Add(redeemedLate)):
		return errDeviceOver
	case r.Params.Confirmation != "" && r.Params.Confirmation != confirmation:
		return errGrant("The device code is bound to another DPoP key.")
	case r.State == Approved:
		r.State = Redeemed
		return nil
	}
	early := !r.polled.IsZero() && now.Before(r.polled.Add(r.every))
	r.polled = now
	if early {
		r.every += slower
		return errSlow
	}
	return errPending
}

// waits reports whether the person can still decide on what a device asks.
func (r Request) waits(now time.Time) bool {
	return r.Kind == KindDevice && r.State == Pending && now.Before(r.Expires)
}

// splitScopes tells the scopes about the person from those of the product.
func splitScopes(all []string) (product, identity []string) {
	for _, s := range all {
		into := &product
		if slices.Contains(IdentityScopes, s) {
			into = &identity
		}
		if !slices.Contains(*into, s) {
			*into = append(*into, s)
		}
	}
	return product, identity
}

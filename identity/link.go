package identity

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/secret"
)

// LinkKind says what a mailed link is for.
type LinkKind string

// The kinds.
const (
	LinkVerify   LinkKind = "verify"   // prove the address of a sign-up
	LinkEmail    LinkKind = "email"    // prove a new address
	LinkReset    LinkKind = "reset"    // choose a new password
	LinkDeletion LinkKind = "deletion" // confirm that the account is to be deleted
)

// The pages that links lead to, below the base address. They show a form; no
// link does anything when it is merely fetched, as mail scanners do.
const (
	PathVerify   = "/verify"
	PathEmail    = "/verify-email"
	PathReset    = "/reset"
	PathDeletion = "/delete-account"
	PathSignIn   = "/sign-in"
	PathSignUp   = "/sign-up"
	PathForgot   = "/forgot"
)

func (k LinkKind) path() string {
	switch k {
	case LinkVerify:
		return PathVerify
	case LinkEmail:
		return PathEmail
	case LinkReset:
		return PathReset
	}
	return PathDeletion
}

// life is how long a link of the kind opens.
func (k LinkKind) life(l Lifetimes) time.Duration {
	if k == LinkReset {
		return l.Reset
	}
	return l.Verify
}

// address is the URL of a page on base with the secret of a link.
func (k LinkKind) address(base string, s secret.Text) string {
	return strings.TrimSuffix(base, "/") + k.path() + "?link=" + url.QueryEscape(s.Reveal())
}

// link is a stored one-time link.
type link struct {
	kind    LinkKind
	user    ID
	email   string
	expires time.Time
}

// period says a lifetime in words.
func period(d time.Duration) string {
	plural := func(n int, unit string) string {
		names := [...]string{"no", "one", "two", "three", "four", "five", "six"}
		word := ""
		if n < len(names) {
			word = names[n]
		} else {
			word = strconv.Itoa(n)
		}
		if n != 1 {
			unit += "s"
		}
		return word + " " + unit
	}
	switch {
	case d >= 48*time.Hour:
		return plural(int(d.Hours()+0.5)/24, "day")
	case d >= time.Hour:
		return plural(int(d.Hours()+0.5), "hour")
	}
	return plural(int(d.Minutes()+0.5), "minute")
}

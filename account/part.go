package account

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// NamedMost is how many accounts are named where something reaches some of them.
const NamedMost = 500

// CheckNamed returns the findings about a list of accounts.
func CheckNamed(ids []string) []problem.Field {
	var f []problem.Field
	if len(ids) > NamedMost {
		f = append(f, problem.Field{Pointer: "/accounts", Code: "too_many", Detail: "At most 500 accounts; use a percentage instead."})
	}
	if slices.ContainsFunc(ids, func(a string) bool { return strings.TrimSpace(a) == "" || len(a) > 100 }) {
		f = append(f, problem.Field{Pointer: "/accounts", Code: "account_invalid", Detail: "These are ids of accounts."})
	}
	return f
}

// Drawn reports whether an account is in a part of all accounts: always the same
// ones of one thing, more as the part grows, and others for another thing, so that
// the same customers are not always first. of names the thing.
func Drawn(id, of string, percent int) bool {
	if id == "" {
		return false
	}
	sum := sha256.Sum256([]byte(id + "/" + of))
	return binary.BigEndian.Uint64(sum[:8])%10_000 < uint64(max(percent, 0))*100
}

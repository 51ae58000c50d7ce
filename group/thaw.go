package group

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Thaw says in which accounts something that is suspended works again. Each part
// includes those before it: the group's own sandboxes always, then accounts that
// are named, then a part of all.
type Thaw struct {
	Accounts []string `json:"accounts,omitempty" maxItems:"500" doc:"Ids of accounts"`
	Percent  int      `json:"percent,omitempty" minimum:"0" maximum:"99" doc:"Part of all accounts. An account that is in stays in when it grows."`
}

// thawAccountsMost is how many accounts are named.
const thawAccountsMost = 500

// Check returns the findings.
func (t Thaw) Check() []problem.Field {
	var f []problem.Field
	if t.Percent < 0 || t.Percent > 99 {
		f = append(f, problem.Field{Pointer: "/percent", Code: "percent_invalid", Detail: "Between 0 and 99; for everybody, lift the suspension."})
	}
	if len(t.Accounts) > thawAccountsMost {
		f = append(f, problem.Field{Pointer: "/accounts", Code: "too_many", Detail: "At most 500 accounts; use a percentage instead."})
	}
	if slices.ContainsFunc(t.Accounts, func(a string) bool { return strings.TrimSpace(a) == "" || len(a) > 100 }) {
		f = append(f, problem.Field{Pointer: "/accounts", Code: "account_invalid", Detail: "These are ids of accounts."})
	}
	return f
}

// Admits reports whether the account is among them. of is the id of what is
// suspended, so that not the same customers are always first; own is a sandbox of
// the developer group. Nil admits nobody.
func (t *Thaw) Admits(of, account string, own bool) bool {
	switch {
	case t == nil:
		return false
	case own, slices.Contains(t.Accounts, account):
		return true
	}
	sum := sha256.Sum256([]byte(account + "/" + of))
	return account != "" && binary.BigEndian.Uint64(sum[:8])%100 < uint64(max(t.Percent, 0))
}

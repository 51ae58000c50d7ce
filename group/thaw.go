package group

import (
	"slices"

	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/kit/problem"
)

// Thaw says in which accounts something that is suspended works again. Each part
// includes those before it: the group's own sandboxes always, then accounts that
// are named, then a part of all.
type Thaw struct {
	Accounts []string `json:"accounts,omitempty" maxItems:"500" doc:"Ids of accounts"`
	Percent  int      `json:"percent,omitempty" minimum:"0" maximum:"99" doc:"Part of all accounts. An account that is in stays in when it grows."`
}

// Check returns the findings.
func (t Thaw) Check() []problem.Field {
	var f []problem.Field
	if t.Percent < 0 || t.Percent > 99 {
		f = append(f, problem.Field{Pointer: "/percent", Code: "percent_invalid", Detail: "Between 0 and 99; for everybody, lift the suspension."})
	}
	return append(f, account.CheckNamed(t.Accounts)...)
}

// Admits reports whether the account is among them. of is the id of what is
// suspended; own: the account is a sandbox of the developer group. Nil admits
// nobody.
func (t *Thaw) Admits(of, id string, own bool) bool {
	switch {
	case t == nil:
		return false
	case own, slices.Contains(t.Accounts, id):
		return true
	}
	return account.Drawn(id, of, t.Percent)
}

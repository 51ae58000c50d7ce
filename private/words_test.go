package private_test

import (
	"github.com/guestright/guestright/account"
	"github.com/guestright/guestright/audit"
	"github.com/guestright/guestright/grant"
	"github.com/guestright/guestright/token"
)

var (
	reachAll   = grant.Reach{Rule: grant.RuleAll}
	tokenQuery = token.Query{Limit: 10}
)

func listed(future bool, children ...account.Account) grant.Reach {
	r := grant.Reach{Rule: grant.RuleList, Future: future}
	for _, c := range children {
		r.Accounts = append(r.Accounts, c.ID.String())
	}
	return r
}

func countActions(log []audit.Entry, action string) int {
	n := 0
	for _, e := range log {
		if e.Action == action {
			n++
		}
	}
	return n
}

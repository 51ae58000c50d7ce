package server

import (
	"fmt"
	"strings"
	"time"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/notice"
	"github.com/guestright/guestright/quota"
)

// crossed is what people are told when a level of a long limit is reached. The
// operator hears of calls that are billed, and of a limit that only delays.
func crossed(c quota.Crossing) notice.Notice {
	n := notice.Notice{Kind: "group.quota", To: notice.To{Group: c.Owner}, Severity: notice.Warning, Link: "/groups/" + c.Owner + "/usage",
		Dedupe: c.Holder + "/" + c.Limit.Name + "/" + string(c.Level) + "/" + c.Starts.Format(time.RFC3339)}
	if strings.HasPrefix(c.Owner, "acc_") { // integrations of an account's own
		n.Kind, n.To, n.Link = "account.quota", notice.To{Account: c.Owner, AccountRole: access.AccountAdmin}, "/accounts/"+c.Owner
	}
	limit := fmt.Sprintf("%d calls %s", c.Limit.Calls, period(c.Limit))
	until := " until " + c.Ends.Format("2 January 2006, 15:04 UTC") + "."
	above := "Calls beyond it are refused with 429" + until
	if c.Limit.Mode == quota.ModeDelay {
		above = "Calls beyond it still pass, but slowly: one every " + c.Limit.Pace.String() + until
	}
	switch c.Level {
	case quota.LevelSoft:
		n.Severity = notice.Info
		n.Subject = fmt.Sprintf("%d of the %s are used", c.Used, limit)
		n.Text = "This is only to let you know; nothing changes for your calls yet."
	case quota.LevelContract:
		n.To.Operators = true
		n.Subject = fmt.Sprintf("The %d calls %s of the contract are used up", c.Limit.Contract, period(c.Limit))
		n.Text = "Calls go on; from now on they count as overage" + until
	case quota.LevelNear:
		n.Subject = "80 % of the " + limit + " are used"
		n.Text = "When all are used: " + lowered(above)
	default:
		n.To.Operators = c.Limit.Mode == quota.ModeDelay
		n.Subject = "The " + limit + " are used up"
		n.Text = above
	}
	if c.Holder != "" {
		n.Text += "\n\nCounted for " + strings.ReplaceAll(strings.ReplaceAll(c.Holder, "/", " "), ":", " in ") + "."
	}
	return n
}

func lowered(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func period(l quota.Limit) string {
	switch {
	case l.Shape == quota.ShapeMonth:
		return "per month"
	case l.Per%time.Hour == 0:
		return fmt.Sprintf("in %d hours", l.Per/time.Hour)
	}
	return "in " + l.Per.String()
}

package hook

import (
	"strconv"
	"strings"
	"time"
)

// WaitMost is the longest pause that a receiver may ask for.
const WaitMost = 24 * time.Hour

// Wait reads Retry-After (RFC 9110 section 10.2.3): seconds or a date, at most
// WaitMost; 0 for anything else.
func Wait(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	if strings.Trim(text, "0123456789") == "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n > int64(WaitMost/time.Second) {
			return WaitMost
		}
		return time.Duration(n) * time.Second
	}
	for _, form := range []string{"Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 GMT", "Mon Jan _2 15:04:05 2006"} {
		if at, err := time.Parse(form, text); err == nil {
			return max(0, min(at.Sub(now), WaitMost))
		}
	}
	return 0
}

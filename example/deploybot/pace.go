package deploybot

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter reads Retry-After, seconds or a date (RFC 9110 section 10.2.3). 0: it isn't there or can't be read.
func retryAfter(h http.Header, now time.Time) time.Duration {
	raw := strings.TrimSpace(h.Get("Retry-After"))
	seconds, err := strconv.ParseInt(raw, 10, 32)
	if err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	at, err := http.ParseTime(raw)
	if err != nil {
		return 0
	}
	return max(at.Sub(now), 0)
}

// remaining reads the RateLimit header, a list such as "burst";r=0;t=3, and answers how long to pause before the next
// request: the longest t, in seconds, of a policy with nothing left.
func remaining(h http.Header) time.Duration {
	var pause time.Duration
	for item := range strings.SplitSeq(strings.Join(h.Values("RateLimit"), ","), ",") {
		left, reset := int64(1), int64(0)
		for param := range strings.SplitSeq(item, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
			n, err := strconv.ParseInt(value, 10, 32)
			if err != nil {
				continue
			}
			switch name {
			case "r":
				left = n
			case "t":
				reset = n
			}
		}
		if left <= 0 {
			pause = max(pause, time.Duration(reset)*time.Second)
		}
	}
	return pause
}

package quota

import "strconv"

// Policy is the value of RateLimit-Policy
// (draft-ietf-httpapi-ratelimit-headers-10, section 3), such as
// `"burst";q=100;w=10, "day";q=10000;w=86400`. Empty: send no such field.
func (d *Decision) Policy() string { return d.policy }

// AppendPolicy appends Policy.
func (d *Decision) AppendPolicy(dst []byte) []byte { return append(dst, d.policy...) }

func appendPolicy(dst []byte, buckets []*bucket) []byte {
	for i, b := range buckets {
		if i == maxShown {
			break
		}
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, '"')
		dst = append(dst, b.limit.Name...)
		dst = append(dst, `";q=`...)
		dst = strconv.AppendInt(dst, b.limit.Calls, 10)
		dst = append(dst, ";w="...)
		dst = strconv.AppendInt(dst, b.limit.Window(), 10)
	}
	return dst
}

// AppendState appends the value of RateLimit (section 4 of the same draft), such
// as `"burst";r=99;t=10`. A refusal names the refusing bucket only, so that
// Retry-After and t agree.
func (d *Decision) AppendState(dst []byte) []byte {
	for i := range d.states[:d.shown] {
		s := &d.states[i]
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, '"')
		dst = append(dst, s.limit.Name...)
		dst = append(dst, `";r=`...)
		dst = strconv.AppendInt(dst, s.left, 10)
		dst = append(dst, ";t="...)
		reset := seconds(s.reset)
		if !d.Allowed {
			reset = d.RetryAfter()
		}
		dst = strconv.AppendInt(dst, reset, 10)
	}
	return dst
}

// AppendRetryAfter appends the value of Retry-After (RFC 9110 section 10.2.3) in
// seconds; nothing for an allowed call.
func (d *Decision) AppendRetryAfter(dst []byte) []byte {
	if d.Allowed {
		return dst
	}
	return strconv.AppendInt(dst, d.RetryAfter(), 10)
}

// Style names the older header fields that are sent besides the standard ones.
type Style string

// The styles.
const (
	StyleNone      Style = ""
	StyleXRate     Style = "x-rate-limit" // X-Rate-Limit-Limit, -Remaining
	StyleXRateReal Style = "x-ratelimit"  // X-RateLimit-Limit, -Remaining, -Reset (seconds from now)
	// StyleInterval has X-RateLimit-Max, -Remaining, -Interval-Milliseconds of the
	// shortest limit and -Limit-Daily, -Daily-Remaining of the longest.
	StyleInterval Style = "x-ratelimit-interval"
)

// Field is one compatible header field.
type Field struct {
	Name  string
	Value int64
}

// Compatible appends the older fields to dst. The tightest bucket, or the one
// that refused, speaks for all.
func (d *Decision) Compatible(style Style, dst []Field) []Field {
	if d.shown == 0 || style == StyleNone {
		return dst
	}
	short, long := &d.states[0], &d.states[0]
	tight := &d.states[0]
	for i := range d.states[:d.shown] {
		s := &d.states[i]
		if s.limit.Window() < short.limit.Window() {
			short = s
		}
		if s.limit.Window() > long.limit.Window() {
			long = s
		}
		if s.left < tight.left {
			tight = s
		}
	}
	switch style {
	case StyleXRate:
		return append(dst, Field{"X-Rate-Limit-Limit", long.limit.Calls}, Field{"X-Rate-Limit-Remaining", long.left})
	case StyleXRateReal:
		return append(dst, Field{"X-Ratelimit-Limit", tight.limit.Calls}, Field{"X-Ratelimit-Remaining", tight.left},
			Field{"X-Ratelimit-Reset", seconds(tight.reset)})
	case StyleInterval:
		if !short.limit.Long() {
			dst = append(dst, Field{"X-Ratelimit-Max", short.limit.Calls}, Field{"X-Ratelimit-Remaining", short.left},
				Field{"X-Ratelimit-Interval-Milliseconds", short.limit.Window() * 1000})
		}
		if long.limit.Long() {
			dst = append(dst, Field{"X-Ratelimit-Limit-Daily", long.limit.Calls}, Field{"X-Ratelimit-Daily-Remaining", long.left})
		}
	}
	return dst
}

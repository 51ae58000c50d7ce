package strict

import (
	"net/http"
	"strings"
)

// judgeHeader refuses headers that two servers may read in two ways.
func (u *Rules) judgeHeader(r *http.Request) *Refusal {
	if len(r.TransferEncoding) > 0 {
		if len(r.TransferEncoding) > 1 || !strings.EqualFold(r.TransferEncoding[0], "chunked") || len(r.Header["Content-Length"]) > 0 {
			return errFraming
		}
	}
	if (len(r.TransferEncoding) > 0 || r.ProtoMajor == 1 && r.ProtoMinor == 0) && oddFraming(r) {
		return errFraming
	}
	fields, size, standard, nonstandard := 0, 0, false, false
	for name, values := range r.Header {
		fields += len(values)
		if u.Unparsed {
			if !wellFormed(name, values) {
				return errHeader
			}
			for _, v := range values {
				size += len(name) + len(v)
			}
		}
		switch {
		case name == "Authorization":
			if !oneCredential(values) {
				return errAuth
			}
		case name == "Cookie":
			if cookies(values) > limit(u.MaxCookies, 50) {
				return errCookies
			}
		case name == "Connection":
			if bad := u.judgeConnection(values); bad != nil {
				return bad
			}
		case name == "Forwarded":
			standard = true
		case len(name) > 12 && hasPrefix(name, "x-forwarded-"):
			nonstandard = true
		}
	}
	if fields > limit(u.MaxHeaders, 200) || size > unparsedMost {
		return errHeaders
	}
	if u.Forwarded && standard && nonstandard {
		return errFamilies
	}
	return nil
}

// unparsedMost bounds a header that net/http's server has not bounded, in bytes.
const unparsedMost = 32 << 10

// oneCredential accepts one value. For Bearer and Basic it must be the
// scheme, one space and one word (RFC 9110 11.4); what other schemes mean is
// for those who know them.
func oneCredential(values []string) bool {
	if len(values) != 1 {
		return false
	}
	scheme, credential, ok := strings.Cut(values[0], " ")
	if !ok || scheme == "" || credential == "" {
		return false
	}
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "Basic") {
		return true
	}
	for i := range len(credential) {
		if b := credential[i]; b <= ' ' || b >= 0x7f || b == ',' {
			return false
		}
	}
	return true
}

func cookies(values []string) int {
	n := 0
	for _, v := range values {
		n += 1 + strings.Count(v, ";")
	}
	return n
}

// judgeConnection refuses to have headers removed that somebody relies on.
func (u *Rules) judgeConnection(values []string) *Refusal {
	for _, list := range values {
		for list != "" {
			var item string
			item, list, _ = strings.Cut(list, ",")
			item = strings.Trim(item, " \t")
			if u.Hygiene.Drops(item) || relied(item) {
				return errConnect
			}
		}
	}
	return nil
}

// relied reports whether the name carries framing, routing or credentials.
func relied(name string) bool {
	for _, other := range [...]string{"authorization", "cookie", "host", "content-length", "content-type",
		"content-encoding", "transfer-encoding", "expect", "origin", "idempotency-key"} {
		if alias(name, other) {
			return true
		}
	}
	return false
}

// wellFormed reports whether a field could come from a real HTTP message
// (RFC 9110 5.1 and 5.5).
func wellFormed(name string, values []string) bool {
	for i := range len(name) {
		b := name[i]
		letter := 'a' <= b|0x20 && b|0x20 <= 'z'
		if !letter && (b < '0' || b > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", b) < 0 {
			return false
		}
	}
	for _, v := range values {
		for i := range len(v) {
			if b := v[i]; b < ' ' && b != '\t' || b == 0x7f {
				return false
			}
		}
	}
	return name != ""
}

// oddFraming asks the connection what the parser has hidden; see Listener.
func oddFraming(r *http.Request) bool {
	c, ok := r.Context().Value(connKey{}).(*recorded)
	return ok && c.oddFraming(r)
}

// connKey carries the recorded connection in a request's context.
type connKey struct{}

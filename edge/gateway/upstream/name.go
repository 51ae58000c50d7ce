package upstream

import "net/textproto"

// interned maps the common spellings of common answer header names to their
// canonical form, so that a lookup by bytes needs no allocation. Read only.
var interned = internNames(
	"Accept-Ranges", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers",
	"Access-Control-Allow-Methods", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers",
	"Access-Control-Max-Age", "Age", "Allow", "Alt-Svc", "Cache-Control", "Connection",
	"Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Location",
	"Content-Range", "Content-Security-Policy", "Content-Type", "Cross-Origin-Opener-Policy",
	"Cross-Origin-Resource-Policy", "Date", "Deprecation", "Etag", "Expires", "Keep-Alive", "Last-Modified", "Link",
	"Location", "Permissions-Policy", "Pragma", "Proxy-Authenticate", "Proxy-Connection", "Ratelimit", "Ratelimit-Policy",
	"Referrer-Policy", "Retry-After", "Sec-Websocket-Accept", "Sec-Websocket-Protocol", "Server", "Server-Timing",
	"Set-Cookie", "Strict-Transport-Security", "Sunset", "Traceparent", "Tracestate", "Trailer", "Transfer-Encoding",
	"Upgrade", "Vary", "Via", "Www-Authenticate", "X-Content-Type-Options", "X-Correlation-Id", "X-Frame-Options",
	"X-Powered-By", "X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "X-Request-Id",
	"X-Runtime", "X-Total-Count", "X-Xss-Protection",
)

func internNames(names ...string) map[string]string {
	m := make(map[string]string, 2*len(names))
	for _, name := range names {
		m[name] = name
		lower := []byte(name)
		for i, b := range lower {
			if 'A' <= b && b <= 'Z' {
				lower[i] = b + 'a' - 'A'
			}
		}
		m[string(lower)] = name
	}
	return m
}

// canonical returns the canonical form of a header name that has been checked
// to be a token.
func canonical(name []byte) string {
	if known, ok := interned[string(name)]; ok {
		return known
	}
	return textproto.CanonicalMIMEHeaderKey(string(name))
}

// hopByHop reports whether a canonical name concerns one connection only
// (RFC 9110 7.6.1, and RFC 2616 13.5.1 for old peers).
func hopByHop(name string) bool {
	switch name {
	case "Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// nominated reports whether a Connection header lists the name, which makes it
// hop-by-hop.
func nominated(connection []string, name string) bool {
	for _, list := range connection {
		for list != "" {
			var item string
			item, list = cutItem(list)
			if foldEqual(item, name) {
				return true
			}
		}
	}
	return false
}

// cutItem takes the first item of a comma-separated list (RFC 9110 5.6.1).
func cutItem(list string) (string, string) {
	rest := ""
	for i := range len(list) {
		if list[i] == ',' {
			list, rest = list[:i], list[i+1:]
			break
		}
	}
	for list != "" && (list[0] == ' ' || list[0] == '\t') {
		list = list[1:]
	}
	for list != "" && (list[len(list)-1] == ' ' || list[len(list)-1] == '\t') {
		list = list[:len(list)-1]
	}
	return list, rest
}

// foldEqual compares ASCII text without regard to case.
func foldEqual(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// token marks the bytes of a header name (RFC 9110 5.6.2).
var token = func() [256]bool {
	var t [256]bool
	for _, b := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		t[b] = true
	}
	return t
}()

func isToken[T string | []byte](name T) bool {
	for i := range len(name) {
		if !token[name[i]] {
			return false
		}
	}
	return len(name) > 0
}

// isText reports whether a field value or reason has no control bytes except
// tab (RFC 9110 5.5). CR, LF and NUL are what an attacker would need.
func isText[T string | []byte](value T) bool {
	i := 0
	for ; i+8 <= len(value); i += 8 {
		if suspect(uint64(value[i]) | uint64(value[i+1])<<8 | uint64(value[i+2])<<16 | uint64(value[i+3])<<24 |
			uint64(value[i+4])<<32 | uint64(value[i+5])<<40 | uint64(value[i+6])<<48 | uint64(value[i+7])<<56) {
			break
		}
	}
	for ; i < len(value); i++ {
		if b := value[i]; b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return true
}

// suspect reports whether one of eight bytes is below space or DEL; the signed
// identity is long enough for looking at eight at once to count. It may suspect
// a word without reason, never clear one: a borrow only spreads from a byte that
// is itself a hit.
func suspect(word uint64) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	del := word ^ 0x7f*ones
	return ((word-' '*ones)&^word|(del-ones)&^del)&tops != 0
}

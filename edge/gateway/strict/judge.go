package strict

import (
	"net/http"
	"strings"
)

// Rules say what a door accepts. The zero value accepts every host and no
// forwarded headers, and has the limits named below.
type Rules struct {
	// Hosts this door answers for, in lower case, with or without a port
	// (without: any port). "*.example.com" stands for one more label. Empty:
	// every host, and only the origin form of request targets.
	Hosts []string

	// Forwarded says that the peer is a named proxy whose forwarding headers
	// are believed, so that sending two families of them is a contradiction.
	Forwarded bool

	// Unparsed says that the request was put together from a message of
	// another server (Envoy's check, forward-auth headers) and not parsed by
	// net/http, which refuses malformed names and values itself.
	Unparsed bool

	// Hygiene also knows which names Connection must not mention.
	Hygiene *Hygiene

	MaxTarget  int // bytes; default 8,192
	MaxHeaders int // fields; default 200
	MaxParams  int // query parameters; default 200
	MaxCookies int // default 50
}

// Judge returns the canonical path, or why the request is refused. It
// allocates nothing for requests without escapes in the path.
func (u *Rules) Judge(r *http.Request) (Path, *Refusal) {
	switch r.Method {
	case http.MethodTrace, http.MethodConnect, "TRACK":
		return Path{}, errMethod
	}
	if bad := u.judgeHeader(r); bad != nil {
		return Path{}, bad
	}
	if !u.serves(r.Host) {
		return Path{}, errHost
	}
	target := r.RequestURI
	if target == "" {
		target = r.URL.RequestURI()
	}
	if len(target) > limit(u.MaxTarget, 8192) {
		return Path{}, errLong
	}
	if target == "" || target[0] != '/' {
		var bad *Refusal
		if target, bad = u.originForm(target, r); bad != nil {
			return Path{}, bad
		}
	}
	path, query, _ := strings.Cut(target, "?")
	if query != "" {
		if bad := judgeQuery(query, limit(u.MaxParams, 200)); bad != nil {
			return Path{}, bad
		}
	}
	return Canonical(path)
}

func limit(v, otherwise int) int {
	if v > 0 {
		return v
	}
	return otherwise
}

// originForm takes the path out of an absolute target (RFC 9112 3.2.2). The
// server has put the target's host in the place of the Host header, so the
// host was judged already, provided that hosts are judged at all.
func (u *Rules) originForm(target string, r *http.Request) (string, *Refusal) {
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok || len(u.Hosts) == 0 || r.URL.User != nil || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", errForm
	}
	at := strings.IndexAny(rest, "/?#")
	if at < 0 {
		at = len(rest)
	}
	if rest[:at] != r.Host {
		return "", errForm
	}
	if rest = rest[at:]; rest == "" || rest[0] != '/' {
		rest = "/" + rest
	}
	return rest, nil
}

// judgeQuery refuses what query parsers read differently. Go drops parameters
// with a raw semicolon, others split there.
func judgeQuery(q string, most int) *Refusal {
	params := 1
	for i := range len(q) {
		switch b := q[i]; {
		case b == '&':
			params++
		case b == '%':
			if i+2 >= len(q) || !isHex(q[i+1]) || !isHex(q[i+2]) {
				return errPercent
			}
			if q[i+1] == '0' && q[i+2] == '0' {
				return errControl
			}
		case b == '#':
			return errFragment
		case b <= ' ' || b >= 0x7f || b == ';':
			return errQuery
		}
	}
	if params > most {
		return errParams
	}
	return nil
}

// serves reports whether the host is one of ours.
func (u *Rules) serves(host string) bool {
	if len(u.Hosts) == 0 {
		return host != ""
	}
	name := host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.IndexByte(host[i:], ']') < 0 {
		name = host[:i]
		if !isPort(host[i+1:]) {
			return false
		}
	}
	for _, ours := range u.Hosts {
		if strings.EqualFold(ours, host) || strings.EqualFold(ours, name) {
			return true
		}
		if len(ours) > 2 && ours[:2] == "*." {
			label, rest, ok := strings.Cut(name, ".")
			if ok && isLabel(label) && strings.EqualFold(rest, ours[2:]) {
				return true
			}
		}
	}
	return false
}

func isPort(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 5
}

// isLabel reports whether s is one label of a host name (RFC 1123 2.1).
func isLabel(s string) bool {
	for i := range len(s) {
		b := s[i] | 0x20
		if (b < 'a' || b > 'z') && (s[i] < '0' || s[i] > '9') && s[i] != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 63 && s[0] != '-'
}

package strict

import (
	"net/http"
	"strings"
)

// Hygiene says which request headers stay behind. A header that the product
// believes must come from us, so every spelling of it is removed first: '-',
// '_' and '.' are the same to servers that turn names into variables, and
// case never matters. The nil Hygiene is usable.
type Hygiene struct {
	// Also lists further names in lower case with '-': the header in which
	// the operator's product expects the identity, for instance.
	Also []string
	// Credentials removes the client's Authorization and Proxy-Authorization.
	Credentials bool
}

// Drops reports whether the header stays behind, in whatever spelling.
func (y *Hygiene) Drops(name string) bool {
	if name == "" {
		return false
	}
	switch fold(name[0]) {
	case 'x':
		if len(name) > 1 && strange(name) {
			return true
		}
	case 'g':
		if hasPrefix(name, "guestright-") {
			return true
		}
	case 'f':
		if alias(name, "forwarded") {
			return true
		}
	case 't':
		if alias(name, "true-client-ip") {
			return true
		}
	case 'c':
		if alias(name, "client-ip") || alias(name, "cf-connecting-ip") {
			return true
		}
	case 'a':
		if y != nil && y.Credentials && alias(name, "authorization") {
			return true
		}
	case 'p':
		if alias(name, "proxy") || y != nil && y.Credentials && alias(name, "proxy-authorization") {
			return true
		}
	}
	if y != nil {
		for _, other := range y.Also {
			if alias(name, other) {
				return true
			}
		}
	}
	return false
}

// strange knows the headers of the X family: identity, the client's address,
// and those by which frameworks replace the method or the path.
func strange(name string) bool {
	if hasPrefix(name, "x-guestright-") || hasPrefix(name, "x-forwarded-") {
		return true
	}
	for _, other := range [...]string{"x-real-ip", "x-forwarded", "x-client-ip", "x-cluster-client-ip",
		"x-http-method-override", "x-http-method", "x-method-override",
		"x-original-url", "x-original-uri", "x-rewrite-url", "x-original-method", "x-original-host", "x-host"} {
		if alias(name, other) {
			return true
		}
	}
	return false
}

// Remove deletes from h what Drops names.
func (y *Hygiene) Remove(h http.Header) {
	for name := range h {
		if y.Drops(name) {
			delete(h, name)
		}
	}
}

// RemoveIdentity deletes every spelling of the headers by which the gateway
// tells the product who calls.
func RemoveIdentity(h http.Header) { (*Hygiene)(nil).Remove(h) }

// RemoveHopByHop deletes what concerns one connection only (RFC 9110 7.6.1).
// Call it before setting the identity header: a client's Connection header
// can then remove nothing that we add.
func RemoveHopByHop(h http.Header) {
	for _, list := range h["Connection"] {
		for list != "" {
			var item string
			item, list, _ = strings.Cut(list, ",")
			h.Del(strings.Trim(item, " \t"))
		}
	}
	for _, name := range [...]string{"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate",
		"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade"} {
		delete(h, name)
	}
}

// alias reports whether name is a spelling of want, which is in lower case
// with '-'.
func alias(name, want string) bool {
	return len(name) == len(want) && hasPrefix(name, want)
}

// SameName reports whether two header names are spellings of one another: case
// and the separators '-', '_' and '.' do not count.
func SameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if fold(a[i]) != fold(b[i]) {
			return false
		}
	}
	return true
}

func hasPrefix(name, want string) bool {
	if len(name) < len(want) {
		return false
	}
	for i := range len(want) {
		if fold(name[i]) != want[i] {
			return false
		}
	}
	return true
}

// fold maps letters to lower case and the separators to '-'.
func fold(b byte) byte {
	switch {
	case 'A' <= b && b <= 'Z':
		return b + 'a' - 'A'
	case b == '_' || b == '.':
		return '-'
	}
	return b
}

package gateway

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Family is the set of headers in which a proxy describes the call that it asks
// about. A listener believes exactly one; a request that carries a header of
// the other could come from a client who tries to talk over the proxy.
type Family string

// The families.
const (
	// FamilyOriginal is X-Original-Method, -URI and -Host and X-Real-IP, which an
	// nginx configuration sets by itself.
	FamilyOriginal Family = "original"
	// FamilyForwarded is X-Forwarded-Method, -Uri, -Host and -For, which Caddy's
	// forward_auth and Traefik's forwardAuth send.
	FamilyForwarded Family = "forwarded"
)

func (f Family) prefix() string {
	if f == FamilyForwarded {
		return "X-Forwarded-"
	}
	return "X-Original-"
}

// read takes the description out of h and removes it there. It refuses, without
// guessing, what is missing, said twice, or said in the other family or in a
// spelling that some servers take for a header of these families.
func (f Family) read(h http.Header) (*Asked, *problem.Error) {
	for name := range h {
		if f.foreign(name) {
			return nil, errTwoFamilies
		}
	}
	a := &Asked{Header: h}
	for _, part := range []struct {
		name     string
		into     *string
		required bool
	}{{"Method", &a.Method, true}, {"Uri", &a.Target, true}, {"Host", &a.Host, false}} {
		values := h[f.prefix()+part.name]
		if len(values) > 1 || part.required && (len(values) == 0 || values[0] == "") {
			return nil, errUndescribed
		}
		if len(values) == 1 {
			*part.into = values[0]
		}
	}
	a.Client = f.client(h)
	for name := range h {
		if strings.HasPrefix(name, f.prefix()) {
			delete(h, name)
		}
	}
	delete(h, "X-Real-Ip")
	return a, nil
}

// foreign reports whether the header could be taken for a description that the
// asking proxy has not given in this family's own spelling.
func (f Family) foreign(name string) bool {
	if strings.HasPrefix(name, f.prefix()) {
		return false
	}
	folded := strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
	return folded == "forwarded" || folded == "x-forwarded" || strings.HasPrefix(folded, "x-forwarded-") ||
		strings.HasPrefix(folded, "x-original-") || strings.HasPrefix(folded, "x-rewrite-")
}

// client is the caller's address in the words of the proxy, which knows its own
// peer: the last entry is the one that it added itself.
func (f Family) client(h http.Header) netip.Addr {
	said := h["X-Real-Ip"]
	if f == FamilyForwarded {
		said = h["X-Forwarded-For"]
	}
	if len(said) == 0 {
		return netip.Addr{}
	}
	last := said[len(said)-1]
	if i := strings.LastIndexByte(last, ','); i >= 0 {
		last = last[i+1:]
	}
	a, err := netip.ParseAddr(strings.TrimSpace(last))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

var (
	errTwoFamilies = problem.Invalid("check_two_families", "The request describes the call in headers of two families. Let the proxy remove what clients send of the other one.")
	errUndescribed = problem.Invalid("check_incomplete", "The proxy must describe the call: method and URI, each once, in the family of headers that this listener is configured for.")
)

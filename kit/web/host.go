package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Hosts is the set of names under which we answer: exact, lower case, with the
// port when it is not the scheme's own. Empty allows any.
type Hosts []string

// Allow reports whether a Host header names one of ours.
func (hs Hosts) Allow(host string) bool {
	if len(hs) == 0 {
		return true
	}
	bare := host
	if h, port, err := net.SplitHostPort(host); err == nil && (port == "443" || port == "80") {
		bare = h
	}
	for _, h := range hs {
		if strings.EqualFold(h, host) || strings.EqualFold(h, bare) {
			return true
		}
	}
	return false
}

// Proxies is the set of networks whose forwarded headers are believed.
type Proxies []netip.Prefix

// ParseProxies reads addresses and CIDR ranges. It refuses ranges that hold
// everybody, and IPv6 spellings of IPv4 ranges: believing the whole internet
// means believing whoever asks.
func ParseProxies(list []string) (Proxies, error) {
	var out Proxies
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, aerr := netip.ParseAddr(s)
			if aerr != nil || a.Zone() != "" {
				return nil, fmt.Errorf("trusted proxy %q is neither an address nor a CIDR range", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Addr().Is4In6() {
			return nil, fmt.Errorf("trusted proxy %q: write it as IPv4", s)
		}
		if p.Bits() < 8 {
			return nil, fmt.Errorf("trusted proxy %q covers a whole internet; name your proxies", s)
		}
		if p != p.Masked() {
			return nil, fmt.Errorf("trusted proxy %q has bits beyond its length; did you mean %s?", s, p.Masked())
		}
		out = append(out, p)
	}
	return out, nil
}

// Trust reports whether an address is a trusted proxy's.
func (ps Proxies) Trust(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range ps {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Client returns the caller's address. Behind a trusted proxy that is the last
// entry of X-Forwarded-For that is not itself a trusted proxy; entries further
// left are what the caller claims. A chain with an entry that is not an address
// ends at the proxy that passed it on.
func (ps Proxies) Client(r *http.Request) netip.Addr {
	peer := peerOf(r)
	if !peer.IsValid() || !ps.Trust(peer) {
		return peer
	}
	var chain []string
	for _, h := range r.Header.Values("X-Forwarded-For") {
		chain = append(chain, strings.Split(h, ",")...)
	}
	client := peer
	for i := len(chain) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(chain[i]))
		if err != nil || a.Zone() != "" {
			return client
		}
		client = a.Unmap()
		if !ps.Trust(client) {
			return client
		}
	}
	return client
}

func peerOf(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// Forwarded reports whether the request carries any forwarding header, and
// whether it came from a trusted proxy.
func (ps Proxies) Forwarded(r *http.Request) (bool, bool) {
	carries := false
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
		carries = carries || r.Header.Get(name) != ""
	}
	return carries, ps.Trust(peerOf(r))
}

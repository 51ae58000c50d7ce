package grant

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Networks are the networks from which a grant may be used; none: from anywhere.
type Networks []netip.Prefix

// NetworksMost bounds an allow list.
const NetworksMost = 50

// Allow reports whether a caller's address is in one of the networks. An address
// that could not be determined is in none.
func (ns Networks) Allow(a netip.Addr) bool {
	if len(ns) == 0 {
		return true
	}
	a = a.Unmap().WithZone("")
	for _, n := range ns {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// Strings gives the networks in CIDR notation (RFC 4632).
func (ns Networks) Strings() []string {
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = n.String()
	}
	return out
}

// ParseNetworks reads addresses and networks in CIDR notation. at is the JSON
// pointer of the list. What could be read in two ways is refused.
func ParseNetworks(at string, list []string) (Networks, []problem.Field) {
	var out Networks
	var faults []problem.Field
	if len(list) > NetworksMost {
		return nil, []problem.Field{{Pointer: at, Code: "too_many", Detail: "At most 50 networks."}}
	}
	for i, text := range list {
		n, why := parseNetwork(strings.TrimSpace(text))
		if why != "" {
			faults = append(faults, problem.Field{Pointer: at + "/" + strconv.Itoa(i), Code: "network_invalid", Detail: why})
			continue
		}
		out = append(out, n)
	}
	return out, faults
}

func parseNetwork(text string) (netip.Prefix, string) {
	if a, err := netip.ParseAddr(text); err == nil {
		if a.Zone() != "" || a.Is4In6() {
			return netip.Prefix{}, "Write the address without a zone, and IPv4 as IPv4."
		}
		return netip.PrefixFrom(a, a.BitLen()), ""
	}
	n, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return n, "Give an address such as 203.0.113.7, or a network such as 203.0.113.0/24."
	case n.Addr().Is4In6():
		return n, "Write an IPv4 network as IPv4."
	case n.Bits() == 0:
		return n, "This network holds every address. Leave the list empty to allow calls from anywhere."
	case n != n.Masked():
		return n, "The address has bits beyond the length of the network; the network is " + n.Masked().String() + "."
	}
	return n, ""
}

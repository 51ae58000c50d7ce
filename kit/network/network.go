// Package network names the network that an address belongs to, which is what we
// keep of people's addresses and what we slow down: enough to recognise a place,
// too little to name a person.
package network

import "net/netip"

// Of is the part of an address that one customer of a provider usually holds: /24
// of IPv4, /48 of IPv6. It is invalid when the address is.
func Of(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// Name is Of as text; "" when the address is unknown.
func Name(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return Of(a).String()
}

// Room makes room for one more in a memory of networks that holds most: first what
// is over goes, then any.
func Room[V any](all map[netip.Prefix]V, most int, over func(V) bool) {
	if len(all) < most {
		return
	}
	for n, v := range all {
		if over(v) {
			delete(all, n)
		}
	}
	for n := range all { // map order is random
		if len(all) < most {
			return
		}
		delete(all, n)
	}
}

package network_test

import (
	"net/netip"
	"testing"

	"github.com/guestright/guestright/kit/network"
)

func TestNamesOfNetworks(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"203.0.113.77": "203.0.113.0/24", "::ffff:203.0.113.77": "203.0.113.0/24", "2001:db8:1:2::3": "2001:db8:1::/48",
		"fe80::1%eth0": "fe80::/48", "": "",
	} {
		a, _ := netip.ParseAddr(in)
		if got := network.Name(a); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if network.Of(a).IsValid() != (want != "") {
			t.Errorf("%q: %v", in, network.Of(a))
		}
	}
}

func TestRoom(t *testing.T) {
	t.Parallel()
	prefix := func(i byte) netip.Prefix { return network.Of(netip.AddrFrom4([4]byte{10, 0, i, 0})) }
	over := func(v bool) bool { return v }
	all := map[netip.Prefix]bool{prefix(1): true, prefix(2): false}
	network.Room(all, 3, over)
	if len(all) != 2 {
		t.Errorf("there was room: %v", all)
	}
	network.Room(all, 2, over)
	if len(all) != 1 || all[prefix(1)] {
		t.Errorf("what is over goes first: %v", all)
	}
	network.Room(all, 1, over)
	if len(all) != 0 {
		t.Errorf("then any: %v", all)
	}
}

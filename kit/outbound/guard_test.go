package outbound

import (
	"net/netip"
	"strings"
	"testing"
)

func newClient(t testing.TB, cfg Config) *Client {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Every listed range is refused at its first, second and last address.
func TestEveryListedRangeIsRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{})
	// Written out again from the public registries, not taken from the table.
	ranges := strings.Fields(`0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12
		192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
		::/128 ::1/128 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/32 2001:db8::/32 2002::/16 3fff::/20 5f00::/16
		fc00::/7 fe80::/10 fec0::/10 ff00::/8`)
	if len(ranges) != len(spans) {
		t.Errorf("the table has %d ranges, the list %d", len(spans), len(ranges))
	}
	for _, r := range ranges {
		p := netip.MustParsePrefix(r)
		for _, a := range []netip.Addr{p.Addr(), p.Addr().Next(), last(p)} {
			if p.Contains(a) && c.judge(a).refused == "" {
				t.Errorf("%s of %s is allowed", a, r)
			}
			if !a.Is4() || !p.Contains(a) {
				continue
			}
			if mapped := netip.AddrFrom16(a.As16()); c.judge(mapped.Unmap()).refused == "" {
				t.Errorf("%s is allowed", mapped)
			}
		}
	}
}

func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{Own: []netip.AddrPort{netip.MustParseAddrPort("8.8.4.4:443")}})
	for addr, allowed := range map[string]bool{
		"8.8.8.8": true, "93.184.216.34": true, "2606:4700::1111": true, "2a00:1450:4001::1": true, "::ffff:8.8.8.8": true,
		"11.0.0.0": true, "9.255.255.255": true, "172.32.0.1": true, "172.15.255.255": true, "100.128.0.1": true, "168.63.129.17": true,
		"8.8.4.4": false, "::ffff:8.8.4.4": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false, "64:ff9b::8.8.8.8": false,
		"2002:7f00:1::1": false, "2001:0:4136:e378:8000:63bf:3fff:fdd2": false, "fe80::1%eth0": false, "2606:4700::1111%eth0": false,
		"4000::1": false, "2600::5efe:7f00:1": false, "2600::200:5efe:7f00:1": false, "255.255.255.255": false, "fd00:ec2::254": false,
		"192.31.196.1": false, "2620:4f:8000::1": false,
	} {
		if got := c.judge(netip.MustParseAddr(addr).Unmap()); (got.refused == "") != allowed {
			t.Errorf("%s: %+v, want allowed %v", addr, got, allowed)
		}
	}
}

func TestExceptionsAreNarrow(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"0.0.0.0/0", "0.0.0.0/1", "::/0", "fc00::/7", "127.0.0.0/8", "127.0.0.1/32", "::1/128", "224.0.0.0/8", "10.1.0.0/8"} {
		if _, err := New(Config{Exceptions: []Exception{{Name: "x", Network: netip.MustParsePrefix(p)}}}); err == nil {
			t.Errorf("an exception for %s is accepted", p)
		}
	}
	if _, err := New(Config{Exceptions: []Exception{{Network: netip.MustParsePrefix("10.1.0.0/16")}}}); err == nil {
		t.Error("an exception without a name is accepted")
	}
	c := newClient(t, Config{
		Own: []netip.AddrPort{netip.MustParseAddrPort("10.1.2.3:80")},
		Exceptions: []Exception{
			{Name: "office", Network: netip.MustParsePrefix("10.1.0.0/16")},
			{Name: "link", Network: netip.MustParsePrefix("169.254.0.0/16")},
		}})
	for addr, exception := range map[string]string{"10.1.0.1": "office", "10.2.0.1": "", "10.1.2.3": "", "169.254.1.1": "link", "169.254.169.254": ""} {
		v := c.judge(netip.MustParseAddr(addr))
		if v.exception != exception || (v.refused == "") != (exception != "") {
			t.Errorf("%s: %+v", addr, v)
		}
	}
}

func TestOwnEverywhereMeansEveryInterface(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{Own: []netip.AddrPort{netip.MustParseAddrPort("[::]:8080")}})
	if len(c.own) < 2 {
		t.Errorf("own addresses: %v", c.own)
	}
}

package outbound

import (
	"net/netip"

	"code.dny.dev/ssrf"
)

// span is a range of addresses that never belongs to a stranger's server.
type span struct{ prefix, why string }

// spans lists what the guard refuses (IANA special-purpose registries, RFC 6890,
// and the metadata services of cloud providers).
var spans = []span{
	{"0.0.0.0/8", "this network"},
	{"10.0.0.0/8", "private"},
	{"100.64.0.0/10", "shared by carriers"},
	{"127.0.0.0/8", "loopback"},
	{"168.63.129.16/32", "cloud metadata"},
	{"169.254.0.0/16", "link local"},
	{"172.16.0.0/12", "private"},
	{"192.0.0.0/24", "protocol assignments"},
	{"192.0.2.0/24", "documentation"},
	{"192.88.99.0/24", "6to4 relays"},
	{"192.168.0.0/16", "private"},
	{"198.18.0.0/15", "benchmarks"},
	{"198.51.100.0/24", "documentation"},
	{"203.0.113.0/24", "documentation"},
	{"224.0.0.0/4", "multicast"},
	{"240.0.0.0/4", "reserved"},
	{"::/128", "unspecified"},
	{"::1/128", "loopback"},
	{"64:ff9b::/96", "NAT64"},
	{"64:ff9b:1::/48", "NAT64"},
	{"100::/64", "discard"},
	{"2001::/32", "Teredo"},
	{"2001:db8::/32", "documentation"},
	{"2002::/16", "6to4"},
	{"3fff::/20", "documentation"},
	{"5f00::/16", "segment routing"},
	{"fc00::/7", "private"},
	{"fe80::/10", "link local"},
	{"fec0::/10", "site local"},
	{"ff00::/8", "multicast"},
}

// metadata are addresses of cloud metadata services: no exception opens them.
var metadata = []string{"169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "fd00:ec2::254"}

type refusedSpan struct {
	prefix netip.Prefix
	why    string
}

// table is the compiled list.
type table struct {
	spans    []refusedSpan
	metadata []netip.Addr
	second   *ssrf.Guardian
}

func newTable() *table {
	t := &table{second: ssrf.New(ssrf.WithAnyPort(), ssrf.WithAnyNetwork())}
	for _, s := range spans {
		t.spans = append(t.spans, refusedSpan{netip.MustParsePrefix(s.prefix), s.why})
	}
	for _, m := range metadata {
		t.metadata = append(t.metadata, netip.MustParseAddr(m))
	}
	return t
}

// refusal says why an address is refused, "" when it is not. a is unmapped
// already; a zone always counts.
func (t *table) refusal(a netip.Addr) string {
	switch {
	case !a.IsValid():
		return "not an address"
	case a.Zone() != "":
		return "has a zone"
	}
	for _, s := range t.spans {
		if s.prefix.Contains(a) {
			return s.why
		}
	}
	if isatap(a) {
		return "ISATAP"
	}
	// A second opinion: registry entries that came later, and everything outside
	// 2000::/3.
	if t.second.SafeAddr(a) != nil {
		return "special purpose"
	}
	return ""
}

// isatap recognises RFC 5214 interface identifiers, which carry an IPv4 address
// that a tunnel would unpack.
func isatap(a netip.Addr) bool {
	if !a.Is6() {
		return false
	}
	b := a.As16()
	return (b[8] == 0 || b[8] == 2) && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

func (t *table) isMetadata(a netip.Addr) bool {
	for _, m := range t.metadata {
		if m == a {
			return true
		}
	}
	return false
}

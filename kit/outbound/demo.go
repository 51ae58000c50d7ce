package outbound

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// NewDemo makes a client for the demo, which runs its example programs on this
// machine. hosts maps a name to the loopback address of a program; exact lists
// those addresses. Everything else is judged as always.
func NewDemo(hosts map[string]string, exact []netip.AddrPort) (*Client, error) {
	return NewDemoWith(Config{}, hosts, exact)
}

// NewDemoWith is NewDemo with a configuration, whose Dial is not asked for those
// addresses.
func NewDemoWith(cfg Config, hosts map[string]string, exact []netip.AddrPort) (*Client, error) {
	cfg.PerHost = 128 // as the server has it
	if others := cfg.Dial; others != nil {
		cfg.Dial = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			if slices.Contains(exact, to) {
				return (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", to.String())
			}
			return others(ctx, to)
		}
	}
	c, err := New(cfg)
	if err != nil {
		return nil, err
	}
	for _, ap := range exact {
		if !ap.Addr().IsLoopback() || ap.Port() == 0 || ap.Addr().Is4In6() {
			return nil, fmt.Errorf("outbound: the demo address %s is not an exact loopback address", ap)
		}
	}
	c.exempt = slices.Clone(exact)
	c.demo = map[string]netip.AddrPort{}
	for host, at := range hosts {
		ap, err := netip.ParseAddrPort(at)
		if err != nil || !slices.Contains(c.exempt, ap) {
			return nil, fmt.Errorf("outbound: the demo host %s leads to %s, which is not listed", host, at)
		}
		c.demo[strings.ToLower(host)] = ap
	}
	return c, nil
}

// exemptLiteral reports whether a URL names a demo address literally.
func (c *Client) exemptLiteral(u *url.URL) bool {
	ap, err := netip.ParseAddrPort(u.Host)
	return err == nil && slices.Contains(c.exempt, ap)
}

package outbound

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// refusedError is a connection that the guard did not make. It names no address:
// the text may reach the person who registered the URL.
type refusedError struct{ why string }

// Error implements error.
func (e *refusedError) Error() string { return "the address is refused: " + e.why }

// dial resolves, judges every address of the name, and connects to the first
// that answers. One refused address condemns the name: an honest host has none.
func (c *Client) dial(ctx context.Context, _, address string) (net.Conn, error) {
	return c.reach(ctx, address, false)
}

// reach is dial; opened: only to addresses that somebody's leave opens.
func (c *Client) reach(ctx context.Context, address string, opened bool) (net.Conn, error) {
	host, port, err := splitAddress(address)
	if err != nil {
		return nil, err
	}
	if at, ok := c.demo[host]; ok {
		return c.connect(ctx, at)
	}
	addrs, err := c.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var uses []Use
	for i, a := range addrs {
		a = a.Unmap()
		addrs[i] = a
		if slices.Contains(c.exempt, netip.AddrPortFrom(a, port)) && a.String() == host {
			continue
		}
		v := c.judge(a)
		if v.refused != "" {
			return nil, &refusedError{v.refused}
		}
		if opened && v.exception == "" {
			return nil, &refusedError{"not encrypted"}
		}
		if v.exception != "" {
			uses = append(uses, Use{Exception: v.exception, Host: host, Addr: netip.AddrPortFrom(a, port)})
		}
	}
	var last error
	for _, a := range addrs[:min(len(addrs), dialAddresses)] {
		at := netip.AddrPortFrom(a, port)
		conn, err := c.connect(ctx, at)
		if err != nil {
			last = err
			continue
		}
		c.report(uses, at)
		return conn, nil
	}
	return nil, last
}

func (c *Client) report(uses []Use, at netip.AddrPort) {
	for _, u := range uses {
		if u.Addr == at && c.cfg.Report != nil {
			c.cfg.Report(u)
		}
	}
}

func splitAddress(address string) (string, uint16, error) {
	host, p, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err := net.LookupPort("tcp", p)
	if err != nil || port <= 0 || port > 65535 {
		return "", 0, &refusedError{"port"}
	}
	return strings.ToLower(host), uint16(port), nil
}

func (c *Client) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	a, err := netip.ParseAddr(host)
	if err == nil {
		return []netip.Addr{a}, nil
	}
	addrs, err := c.cfg.Resolver.LookupNetIP(ctx, "ip", host+".")
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true}
	}
	return addrs, nil
}

func (c *Client) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := c.cfg.Dial(ctx, to)
	if err != nil {
		return nil, err
	}
	return &judged{Conn: conn, at: to}, nil
}

// judged remembers which address was judged and dialled.
type judged struct {
	net.Conn
	at netip.AddrPort
}

// dialNetwork is the real network. Control sees the address that the kernel is
// about to connect to, after everything else; it judges once more.
func (c *Client) dialNetwork(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{Control: c.control, KeepAlive: 30 * time.Second}
	return d.DialContext(ctx, "tcp", to.String())
}

func (c *Client) control(network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return &refusedError{"not TCP"}
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &refusedError{"not an address"}
	}
	a := ap.Addr().Unmap()
	if slices.Contains(c.exempt, netip.AddrPortFrom(a, ap.Port())) {
		return nil
	}
	if v := c.judge(a); v.refused != "" {
		return &refusedError{v.refused}
	}
	return nil
}

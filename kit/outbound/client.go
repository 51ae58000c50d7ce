package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

// Resolver looks names up; *net.Resolver is one. host ends with a dot, so that
// no search domain is tried.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Exception opens a network that is otherwise refused. Its name appears in every
// report of its use.
type Exception struct {
	Name    string
	Network netip.Prefix
}

// Use is one connection that an exception allowed.
type Use struct {
	Exception string
	Host      string
	Addr      netip.AddrPort
}

// Policy widens what URLs may say for one purpose. The name goes into reports.
type Policy struct {
	Name  string
	Plain bool     // http, on port 80
	Ports []uint16 // besides 443 and 8443
}

// Config is what a client needs; the zero value is the strict default.
type Config struct {
	Own        []netip.AddrPort // our listeners; an unspecified address stands for every interface
	OwnNames   []string         // our public host names
	Exceptions []Exception
	Report     func(Use) // told of every connection that an exception allowed; nil: nobody

	Timeout  time.Duration // for a whole exchange; 0 means 15 s
	MaxBody  int64         // bytes read of an answer; 0 means 64 KiB
	PerHost  int           // connections to one host at most; 0 means 16
	Agent    string        // User-Agent; "" means Guestright
	Roots    *x509.CertPool
	Resolver Resolver // nil: the system's
	// Dial connects to an address that has been judged; nil: the network.
	Dial func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
}

const (
	defaultTimeout = 15 * time.Second
	defaultBody    = 64 << 10
	defaultPerHost = 16
	headerMost     = 32 << 10
	dialTimeout    = 5 * time.Second
	dialAddresses  = 4 // of one name that are tried
)

// Client calls addresses that strangers gave. It is safe for concurrent use.
type Client struct {
	cfg       Config
	policy    Policy
	table     *table
	own       []netip.Addr
	ownNames  []string
	lines     *lines
	transport *http.Transport // for what lines are not made for

	demo   map[string]netip.AddrPort // host → exact loopback address
	exempt []netip.AddrPort
}

// New makes a client. It refuses exceptions that would amount to an off switch:
// unnamed ones, wide ones, and any that hold loopback or a metadata service only.
func New(cfg Config) (*Client, error) {
	c := &Client{cfg: cfg, table: newTable()}
	for _, e := range cfg.Exceptions {
		if err := checkException(e); err != nil {
			return nil, err
		}
	}
	for _, n := range cfg.OwnNames {
		c.ownNames = append(c.ownNames, strings.ToLower(strings.TrimSuffix(n, ".")))
	}
	if err := c.learnOwn(); err != nil {
		return nil, err
	}
	if c.cfg.Timeout <= 0 {
		c.cfg.Timeout = defaultTimeout
	}
	if c.cfg.MaxBody <= 0 {
		c.cfg.MaxBody = defaultBody
	}
	if c.cfg.PerHost <= 0 {
		c.cfg.PerHost = defaultPerHost
	}
	if c.cfg.Agent == "" {
		c.cfg.Agent = "Guestright"
	}
	if c.cfg.Resolver == nil {
		c.cfg.Resolver = net.DefaultResolver
	}
	if c.cfg.Dial == nil {
		c.cfg.Dial = c.dialNetwork
	}
	c.lines = &lines{client: c, servers: map[origin]*server{}}
	c.transport = &http.Transport{
		Proxy:                  nil, // never from the environment
		DialContext:            c.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.Roots},
		TLSHandshakeTimeout:    dialTimeout,
		MaxConnsPerHost:        c.cfg.PerHost,
		MaxIdleConnsPerHost:    c.cfg.PerHost,
		MaxIdleConns:           idleMost,
		IdleConnTimeout:        idleTime,
		MaxResponseHeaderBytes: headerMost,
		DisableCompression:     true, // what we do not ask for cannot burst
	}
	return c, nil
}

func checkException(e Exception) error {
	least := 8
	if e.Network.Addr().Is6() {
		least = 32
	}
	switch {
	case e.Name == "":
		return fmt.Errorf("outbound: the exception for %s has no name", e.Network)
	case !e.Network.IsValid() || e.Network.Addr().Is4In6() || e.Network.Masked() != e.Network:
		return fmt.Errorf("outbound: exception %q is not a plain CIDR range", e.Name)
	case e.Network.Bits() < least:
		return fmt.Errorf("outbound: exception %q is wider than /%d; name the networks you mean", e.Name, least)
	case e.Network.Addr().IsLoopback() || e.Network.Addr().IsMulticast() || e.Network.Addr().IsUnspecified():
		return fmt.Errorf("outbound: exception %q covers addresses of this machine or of groups", e.Name)
	}
	return nil
}

// learnOwn collects our own addresses. Whoever reaches one of them reaches what
// else listens on this machine, so the port does not matter.
func (c *Client) learnOwn() error {
	everywhere := false
	for _, ap := range c.cfg.Own {
		everywhere = everywhere || ap.Addr().IsUnspecified()
		c.own = append(c.own, ap.Addr().Unmap())
	}
	if !everywhere {
		return nil
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("outbound: own addresses: %w", err)
	}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err == nil {
			c.own = append(c.own, p.Addr().Unmap().WithZone(""))
		}
	}
	return nil
}

// Under returns a client with the same connections and a wider policy.
func (c *Client) Under(p Policy) *Client {
	w := *c
	w.policy = p
	return &w
}

// Close drops idle connections.
func (c *Client) Close() {
	c.lines.close()
	c.transport.CloseIdleConnections()
}

// verdict is the judgement of one address.
type verdict struct {
	refused   string // why; "" when allowed
	exception string // by whose leave
}

// judge decides about a concrete address, unmapped.
func (c *Client) judge(a netip.Addr) verdict {
	if slices.Contains(c.own, a) {
		return verdict{refused: "our own"}
	}
	why := c.table.refusal(a)
	if why == "" || a.Zone() != "" || c.table.isMetadata(a) || a.IsLoopback() {
		return verdict{refused: why}
	}
	for _, e := range c.cfg.Exceptions {
		if e.Network.Contains(a) {
			return verdict{exception: e.Name}
		}
	}
	return verdict{refused: why}
}

// Declared returns the codes of this package for the catalogue of errors.
func Declared() []problem.Declared {
	inv := problem.KindInvalid
	return []problem.Declared{
		{Code: "url_invalid", Kind: inv, Cause: "The text is not an absolute URL.", Remedy: "Send a URL such as https://example.com/hook."},
		{Code: "url_scheme", Kind: inv, Cause: "The URL's scheme is not open here.", Remedy: "Use https."},
		{Code: "url_port", Kind: inv, Cause: "The URL's port is not open here.", Remedy: "Use port 443 or 8443, or ask the operator."},
		{Code: "url_userinfo", Kind: inv, Cause: "The URL holds a user name or password.", Remedy: "Leave it out; send credentials in a header."},
		{Code: "url_fragment", Kind: inv, Cause: "The URL holds a fragment.", Remedy: "Leave out everything from the # on."},
		{Code: "url_host", Kind: inv, Cause: "The URL's host is not a public name in ASCII.", Remedy: "Use a public name; write international names in their xn-- form, without a dot at the end."},
		{Code: "url_address", Kind: inv, Cause: "The URL names an address that is private, reserved or oddly written.", Remedy: "Use a public name."},
		{Code: "url_own_host", Kind: inv, Cause: "The URL points back at this service.", Remedy: "Use the address of your own server."},
	}
}

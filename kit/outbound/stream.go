package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Encryption says how a connection that does not carry HTTP is protected.
type Encryption int

// The ways.
const (
	Encrypted Encryption = iota // TLS from the first byte on
	Upgraded                    // the caller begins TLS, with the configuration of TLS, before it says anything
	Plain                       // none: only to addresses that an exception or the demo opens
)

// streamPortLeast is the lowest port, besides 443, of a server that does not
// speak HTTP. What listens below was never meant for strangers.
const streamPortLeast = 1024

// CheckStream judges the address of a server that does not speak HTTP as text,
// as CheckURL does: any port from 1024 on, or 443. Plain connections need an
// exception of the operator for the network; whether the name leads there is
// seen when it is called.
func (c *Client) CheckStream(u *url.URL, plain bool) error {
	host := strings.ToLower(u.Hostname())
	switch {
	case u.Opaque != "" || u.Host == "" || host == "":
		return problem.Invalid("url_invalid", "This is not an absolute URL.")
	case u.User != nil || strings.Contains(u.Host, "@"):
		return problem.Invalid("url_userinfo", "The URL must not hold a user name or password.")
	case u.Fragment != "":
		return problem.Invalid("url_fragment", "The URL must not hold a fragment.")
	}
	if _, ok := c.demo[host]; ok || c.exemptLiteral(u) {
		return nil
	}
	if plain && len(c.cfg.Exceptions) == 0 {
		return problem.Invalid("url_scheme", "The connection must be encrypted: use the scheme with TLS.")
	}
	if u.Port() != "" {
		port, err := portOf(u)
		if err != nil {
			return err
		}
		if port != 443 && port < streamPortLeast {
			return problem.Invalid("url_port", "The URL's port is not open here.")
		}
	}
	return c.checkHost(u.Host, host)
}

// Stream connects to a server that does not speak HTTP; address is a host with a
// port. Every address that the name leads to is judged as it is for a request.
func (c *Client) Stream(ctx context.Context, address string, e Encryption) (net.Conn, error) {
	conn, err := c.reach(ctx, address, e == Plain)
	if err != nil || e != Encrypted {
		return conn, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	secured := tls.Client(conn, c.TLS(host))
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

// TLS is how the certificate of a host is checked.
func (c *Client) TLS(host string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.cfg.Roots, ServerName: host}
}

// FailureOf says why a stream brought no answer; begun is the context it was
// used under.
func FailureOf(begun context.Context, err error) Failure { return failureOf(begun, err) }

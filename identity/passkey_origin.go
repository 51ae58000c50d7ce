package identity

import (
	"net"
	"net/netip"
	"net/url"
)

// PasskeyOrigin is where browsers offer passkeys of this site, without a slash at
// the end. It differs from Base on a loopback address only: a relying party is
// known by a host name, never by an IP address
// (https://www.w3.org/TR/webauthn-3/#relying-party-identifier), and this machine's
// name is localhost. False: Base is another IP address, so there are no passkeys.
func (s *Service) PasskeyOrigin() (string, bool) {
	base, err := url.Parse(s.Base)
	if err != nil {
		return "", false
	}
	ip, err := netip.ParseAddr(base.Hostname())
	if err != nil {
		return base.Scheme + "://" + base.Host, true
	}
	if !ip.IsLoopback() {
		return base.Scheme + "://" + base.Host, false
	}
	host := "localhost"
	if port := base.Port(); port != "" {
		host = net.JoinHostPort(host, port)
	}
	return base.Scheme + "://" + host, true
}

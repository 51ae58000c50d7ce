package outbound

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

const urlMost = 2048

// target is a URL that passed CheckURL.
type target struct {
	url  *url.URL
	host string
	port uint16
}

// CheckURL judges an address as text, at registration and before each use. It
// passes names without looking them up: what they resolve to is judged at every
// connection. Codes: url_invalid, url_scheme, url_port, url_userinfo,
// url_fragment, url_host, url_address, url_own_host.
func (c *Client) CheckURL(raw string) error {
	_, err := c.parse(raw)
	return err
}

func (c *Client) parse(raw string) (target, error) {
	invalid := problem.Invalid("url_invalid", "This is not an absolute URL.")
	if raw == "" || len(raw) > urlMost || strings.ContainsFunc(raw, func(r rune) bool { return r <= 0x20 || r == 0x7f || r == '\\' }) {
		return target{}, invalid
	}
	scheme, _, found := strings.Cut(raw, ":")
	scheme = strings.ToLower(scheme)
	if !found {
		return target{}, invalid
	}
	u, err := url.Parse(raw)
	if err != nil {
		return target{}, c.whyNot(raw, invalid)
	}
	t := target{url: u, host: strings.ToLower(u.Hostname())}
	if at, ok := c.demo[t.host]; ok && (scheme == "http" || scheme == "https") {
		t.port = at.Port()
		return t, nil
	}
	exempt := c.exemptLiteral(u)
	if scheme != "https" && !(scheme == "http" && (c.policy.Plain || exempt)) {
		return target{}, problem.Invalid("url_scheme", "The URL must begin with "+c.schemes()+".")
	}
	switch {
	case u.Opaque != "" || u.Host == "":
		return target{}, invalid
	case u.User != nil || strings.Contains(u.Host, "@"):
		return target{}, problem.Invalid("url_userinfo", "The URL must not hold a user name or password.")
	case strings.Contains(raw, "#"):
		return target{}, problem.Invalid("url_fragment", "The URL must not hold a fragment.")
	}
	t.port, err = portOf(u)
	if err != nil {
		return target{}, err
	}
	if exempt {
		return t, nil
	}
	if !c.portAllowed(scheme, t.port) {
		return target{}, problem.Invalid("url_port", "The URL's port is not open here.")
	}
	return t, c.checkHost(u.Host, t.host)
}

// whyNot gives url.Parse's refusals the code of what is wrong with the host,
// which is what its strictness is about.
func (c *Client) whyNot(raw string, otherwise error) error {
	_, rest, ok := strings.Cut(raw, "//")
	if !ok {
		return otherwise
	}
	host, _, _ := strings.Cut(rest, "/")
	if strings.Contains(host, "[") || strings.Contains(host, "%") {
		return problem.Invalid("url_address", "The URL's address is not one that we call.")
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.Contains(host, "@") {
		return problem.Invalid("url_port", "The URL's port is not a number.")
	}
	return otherwise
}

func (c *Client) schemes() string {
	if c.policy.Plain {
		return "https or http"
	}
	return "https"
}

func portOf(u *url.URL) (uint16, error) {
	p := u.Port()
	if p == "" {
		if strings.HasSuffix(u.Host, ":") {
			return 0, problem.Invalid("url_port", "The URL's port is not a number.")
		}
		if strings.EqualFold(u.Scheme, "http") {
			return 80, nil
		}
		return 443, nil
	}
	n, err := strconv.ParseUint(p, 10, 16)
	if err != nil || n == 0 || p[0] == '0' {
		return 0, problem.Invalid("url_port", "The URL's port is not a number.")
	}
	return uint16(n), nil
}

func (c *Client) portAllowed(scheme string, port uint16) bool {
	if scheme == "http" && port == 80 {
		return c.policy.Plain
	}
	return port == 443 || port == 8443 || slices.Contains(c.policy.Ports, port)
}

func (c *Client) checkHost(written, host string) error {
	badHost := problem.Invalid("url_host", "The URL's host must be a public name in ASCII.")
	badAddr := problem.Invalid("url_address", "The URL's address is not one that we call.")
	if strings.HasPrefix(written, "[") || endsInNumber(host) {
		a, err := netip.ParseAddr(host)
		if err != nil || a.Zone() != "" {
			return badAddr // also 127.1, 0x7f000001 and 017700000001
		}
		if c.judge(a.Unmap()).refused != "" {
			return badAddr
		}
		return nil
	}
	if !publicName(host) {
		return badHost
	}
	if slices.Contains(c.ownNames, host) {
		return problem.Invalid("url_own_host", "The URL points back at this service.")
	}
	return nil
}

// endsInNumber follows the WHATWG URL standard: such a host is an IPv4 address
// to some parsers, whatever else it may look like.
func endsInNumber(host string) bool {
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	last := labels[len(labels)-1]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	hex, ok := strings.CutPrefix(last, "0x")
	return ok && strings.Trim(hex, "0123456789abcdef") == ""
}

// privateEndings are names that resolve inside somebody's own network only
// (RFC 6761, RFC 6762, RFC 8375, RFC 9476 and ICANN's reservation of .internal).
var privateEndings = []string{"localhost", "local", "internal", "home.arpa", "intranet", "lan", "corp", "home", "alt", "onion", "invalid", "test", "localdomain"}

// publicName accepts letters, digits and hyphens in two or more labels (RFC 1123
// section 2.1), and punycode only where it stands for something else than ASCII:
// two spellings of one name are two chances to be judged differently.
func publicName(host string) bool {
	if len(host) > 253 || !strings.Contains(host, ".") {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
		if len(label) >= 4 && label[2:4] == "--" && !strings.HasPrefix(label, "xn--") || label == "xn--" {
			return false
		}
	}
	for _, end := range privateEndings {
		if host == end || strings.HasSuffix(host, "."+end) {
			return false
		}
	}
	return true
}

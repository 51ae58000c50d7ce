package broker

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// Target is a broker and where in it messages go.
type Target struct {
	kind     *kind
	URL      *url.URL
	Plain    bool // without TLS
	Username string
	Password secret.Text
}

// kind is what we know of one kind of broker.
type kind struct {
	name  string
	plain []string // schemes without TLS
	tls   []string // schemes with TLS, in the same order
	port  string   // when the address names none
	ports string   // the same with TLS
	needs []string // parameters, one of which must be there
	takes []string // parameters that may be there
	check func(u *url.URL) string
	open  func(t Target, d *dialer) (line, error)
}

var kinds = []*kind{redisKind, natsKind, rabbitKind, kafkaKind}

// kindOf finds who speaks a scheme, and whether that is without TLS.
func kindOf(scheme string) (*kind, bool) {
	for _, k := range kinds {
		if slices.Contains(k.plain, scheme) {
			return k, true
		}
		if slices.Contains(k.tls, scheme) {
			return k, false
		}
	}
	return nil, false
}

func schemeOf(address string) string {
	scheme, _, _ := strings.Cut(address, ":")
	return strings.ToLower(strings.TrimSpace(scheme))
}

// Speaks reports whether an address is a broker's, by its scheme.
func Speaks(address string) bool {
	k, _ := kindOf(schemeOf(address))
	return k != nil
}

// Name is what people call the kind of broker at an address; "" for any other
// address.
func Name(address string) string {
	if k, _ := kindOf(schemeOf(address)); k != nil {
		return k.name
	}
	return ""
}

// Place is the part of an address that credentials are for.
func Place(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

const (
	addressMost   = 2048
	parameterMost = 249 // the longest name of a topic of Kafka
)

// Parse reads an address. Errors: Invalid url_invalid, destination_parameter.
func Parse(address string) (Target, error) {
	invalid := problem.Invalid("url_invalid", "This is not an absolute URL.")
	if len(address) > addressMost || strings.ContainsFunc(address, func(r rune) bool { return r <= 0x20 || r == 0x7f || r == '\\' }) {
		return Target{}, invalid
	}
	u, err := url.Parse(address)
	if err != nil {
		return Target{}, invalid
	}
	k, plain := kindOf(strings.ToLower(u.Scheme))
	if k == nil {
		return Target{}, invalid
	}
	bad := func(text string) (Target, error) { return Target{}, problem.Invalid("destination_parameter", text) }
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return bad("What stands behind the ? can't be read.")
	}
	for name, values := range query {
		if !slices.Contains(k.needs, name) && !slices.Contains(k.takes, name) {
			return bad("An address of " + k.name + " has no parameter of this name; it may have " + strings.Join(slices.Concat(k.needs, k.takes), ", ") + ".")
		}
		if len(values) != 1 || values[0] == "" || len(values[0]) > parameterMost || strings.ContainsFunc(values[0], func(r rune) bool { return r <= 0x20 || r == 0x7f }) {
			return bad("The parameter " + name + " must stand there once, with 1 to 249 characters and no spaces.")
		}
	}
	if !slices.ContainsFunc(k.needs, query.Has) {
		return bad("The address must say where messages go: add ?" + k.needs[0] + "=NAME.")
	}
	if why := k.check(u); why != "" {
		return bad(why)
	}
	return Target{kind: k, URL: u, Plain: plain}, nil
}

// address is the host with its port.
func (t Target) address() string {
	port := t.URL.Port()
	switch {
	case port != "":
	case t.Plain:
		port = t.kind.port
	default:
		port = t.kind.ports
	}
	return net.JoinHostPort(t.URL.Hostname(), port)
}

func (t Target) param(name string) string { return t.URL.Query().Get(name) }

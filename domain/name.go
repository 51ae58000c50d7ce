package domain

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"github.com/guestright/guestright/kit/problem"
)

// ascii maps what people write to what stands in DNS (UTS 46, not transitional:
// ß and ss are two names) and refuses what a host name cannot hold.
var ascii = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// nameMost leaves room for the label of the record in the 253 characters of DNS.
const nameMost = 253 - len(label) - 1

func invalid(code, detail string) error {
	return problem.Invalid("domain_name_invalid", detail, problem.Field{Pointer: "/name", Code: code, Detail: detail})
}

// Normal gives the one spelling of a name that somebody typed: lower case,
// ASCII, without a dot at the end. It refuses whatever nobody can own: addresses,
// and endings under which anybody registers names, such as co.uk or github.io.
func Normal(typed string) (string, error) {
	name := strings.TrimSuffix(strings.TrimSpace(typed), ".")
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return "", invalid("address", "This is an address. Give the name of the domain, such as example.com.")
	}
	if name == "" || strings.ContainsAny(name, "/:@?#*[]%\\ \t\r\n") {
		return "", invalid("form", "Give the name alone, such as example.com: without https://, port, path or *.")
	}
	name, err := ascii.ToASCII(name)
	if err != nil || len(name) > nameMost || strings.HasSuffix(name, ".") {
		return "", invalid("form", "This is not a name of a domain. A name is letters, digits and hyphens with dots between, such as example.com.")
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last[0] < 'a' || last[0] > 'z' {
		return "", invalid("address", "This reads like an address. Give the name of the domain, such as example.com.")
	}
	if suffix, _ := publicsuffix.PublicSuffix(name); suffix == name {
		return "", invalid("public_suffix", "Anybody can register names below this one, so no group can own it. Give the name that you registered.")
	}
	return name, nil
}

// Covers reports whether host is one of the names or lies below one.
func Covers(names []string, host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if mapped, err := ascii.ToASCII(host); err == nil {
		host = mapped
	}
	for _, n := range names {
		if host == n || strings.HasSuffix(host, "."+n) {
			return true
		}
	}
	return false
}

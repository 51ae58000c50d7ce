package application

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Limits of redirect URIs.
const (
	RedirectsMost      = 50
	RedirectLengthMost = 2000 // bytes
)

// loopbacks are the origins on which a native application may listen for the
// answer at any port (RFC 8252 section 7.3, RFC 9700 section 4.1.3).
var loopbacks = []string{"http://127.0.0.1", "http://[::1]", "http://localhost"}

// loopback cuts a loopback address into its origin without the port and what
// follows; ok is false for every other address. It reads bytes, not a parsed
// URL, so that nothing is equal here which is different elsewhere.
func loopback(uri string) (origin, rest string, ok bool) {
	for _, o := range loopbacks {
		after, found := strings.CutPrefix(uri, o)
		if !found {
			continue
		}
		if port, found := strings.CutPrefix(after, ":"); found {
			end := strings.IndexAny(port, "/?")
			if end < 0 {
				end = len(port)
			}
			if !isPort(port[:end]) {
				return "", "", false
			}
			after = port[end:]
		}
		if after == "" || after[0] == '/' || after[0] == '?' {
			return o, after, true
		}
		return "", "", false // such as http://localhost.example
	}
	return "", "", false
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && s[0] >= '1' && s[0] <= '9'
}

// Redirects reports whether uri is one of the redirect URIs: equal byte for
// byte (RFC 9700 section 2.1), but for the port of a loopback address.
func (c Client) Redirects(uri string) bool {
	if slices.Contains(c.RedirectURIs, uri) {
		return true
	}
	origin, rest, ok := loopback(uri)
	if !ok {
		return false
	}
	return slices.ContainsFunc(c.RedirectURIs, func(have string) bool {
		o, r, ok := loopback(have)
		return ok && o == origin && r == rest
	})
}

// fault is a finding without its place.
type fault struct{ code, detail string }

func (f fault) at(pointer string) problem.Field {
	return problem.Field{Pointer: pointer, Code: f.code, Detail: f.detail}
}

// scripts are schemes under which a browser runs or opens what stands in the
// address itself.
var scripts = []string{"javascript", "data", "vbscript", "blob", "file", "about", "filesystem", "view-source", "ws", "wss", "ftp"}

// redirectFault judges one redirect URI as text; the zero fault: it is sound.
func redirectFault(raw string, native bool) fault {
	switch {
	case raw == "":
		return fault{"required", "Enter an address."}
	case len(raw) > RedirectLengthMost:
		return fault{"too_long", "At most 2,000 characters."}
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= 0x20 || r == 0x7f || r == '\\' || strings.ContainsRune("\"<>^`{|}", r) }):
		return fault{"redirect_unreadable", "Write it without blanks, backslashes, quotation marks and control characters."}
	case strings.ContainsFunc(raw, func(r rune) bool { return r > 0x7f }):
		return fault{"redirect_non_ascii", "Use ASCII only: write an international host in its xn-- form, and encode other characters with %."}
	case strings.Contains(raw, "#"):
		return fault{"redirect_fragment", "Leave out the part from # on: it never reaches your server."}
	case strings.Contains(raw, "*"):
		return fault{"redirect_wildcard", "Wildcards are refused. Register every address by itself; you can have several."}
	}
	scheme, rest, found := strings.Cut(raw, ":")
	if !found || !isScheme(scheme) {
		return fault{"redirect_relative", "Enter a whole address, such as https://example.com/callback."}
	}
	if lower := strings.ToLower(scheme); lower != scheme {
		return fault{"redirect_case", "Write the scheme in lower case: addresses are compared byte for byte."}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return fault{"redirect_unreadable", "This address can't be read."}
	}
	switch {
	case slices.Contains(scripts, scheme):
		return fault{"redirect_scheme", "A browser would run or open what stands in this address. Use https."}
	case scheme == "https" || scheme == "http":
		return webFault(u, raw)
	case !native:
		return fault{"redirect_scheme", "Use https. A scheme of your own is for public native applications only."}
	case !strings.Contains(scheme, "."):
		return fault{"redirect_scheme", "Build a scheme of your own from a domain name that you control, backwards: com.example.app (RFC 8252 section 7.1)."}
	case u.User != nil:
		return fault{"redirect_userinfo", "Leave out the user name and password before the @."}
	case !strings.HasPrefix(rest, "/"):
		return fault{"redirect_unreadable", "Put a path behind the scheme: com.example.app:/callback."}
	}
	return dotFault(u)
}

func webFault(u *url.URL, raw string) fault {
	host := u.Hostname()
	_, _, local := loopback(raw)
	switch {
	case u.User != nil || strings.Contains(u.Host, "@"):
		return fault{"redirect_userinfo", "Leave out the user name and password before the @."}
	case u.Opaque != "" || host == "":
		return fault{"redirect_host", "Name a host: https://example.com/callback."}
	case strings.ToLower(u.Host) != u.Host:
		return fault{"redirect_case", "Write the host in lower case: addresses are compared byte for byte."}
	case u.Scheme == "http" && !local:
		return fault{"redirect_scheme", "Use https. Plain http is for 127.0.0.1, [::1] and localhost only."}
	case strings.HasSuffix(host, ".") || strings.Contains(host, "%") || strings.Contains(host, ".."):
		return fault{"redirect_host", "Write the host plainly, without a dot at its end and without %."}
	case u.Port() != "" && !isPort(u.Port()) || strings.HasSuffix(u.Host, ":"):
		return fault{"redirect_port", "A port is a number between 1 and 65535."}
	case !strings.Contains(host, ":") && strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "":
		return fault{"redirect_host", "A host has letters, digits, hyphens and dots."}
	}
	return dotFault(u)
}

// dotFault refuses dot segments in any spelling: servers resolve them, so that
// what is registered would not be what is called.
func dotFault(u *url.URL) fault {
	for s := range strings.SplitSeq(u.Path, "/") {
		if s == "." || s == ".." {
			return fault{"redirect_path", "Write the path without . and .. in it."}
		}
	}
	return fault{}
}

// isScheme tells a URI scheme (RFC 3986 section 3.1).
func isScheme(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || (r < '0' || r > '9') && r != '+' && r != '-' && r != '.') {
			return false
		}
	}
	return s != ""
}

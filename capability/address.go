package capability

import (
	"net/url"
	"strings"
	"unicode"
)

// addressMost is the longest address that pages lead to.
const addressMost = 2048

// WebAddress gives an address that a page may lead to: absolute, http or https,
// without a user. false for every other, such as one that would run as a script.
func WebAddress(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) > addressMost || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return "", false
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", false
	}
	return u.String(), true
}

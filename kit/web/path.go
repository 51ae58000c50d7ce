package web

import (
	"net/url"
	"path"
	"strings"
	"unicode/utf8"
)

// cleanPath reports whether a path is in the one form that everybody reads
// alike: absolute, no empty or dot segments, no encoded separators, no control
// characters, valid UTF-8.
func cleanPath(u *url.URL) bool {
	p := u.Path
	if p == "" || p[0] != '/' || !utf8.ValidString(p) {
		return false
	}
	want := path.Clean(p)
	if strings.HasSuffix(p, "/") && want != "/" {
		want += "/"
	}
	if want != p || strings.ContainsFunc(p, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' }) {
		return false
	}
	raw := strings.ToLower(u.EscapedPath())
	return !strings.Contains(raw, "%2f") && !strings.Contains(raw, "%5c") && !strings.Contains(raw, "%25")
}

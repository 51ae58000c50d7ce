package strict

import (
	"strings"
	"unicode/utf8"
)

// Path is a request path in its one canonical form. Escaped goes on the wire,
// Plain is what is matched. They are the same string when nothing needs to be
// escaped. A slash in either always separates segments.
type Path struct {
	Escaped string
	Plain   string
}

// plain marks the bytes that stand for themselves in a path: unreserved
// characters and most delimiters (RFC 3986 3.3), without ';'.
var plain = func() [256]bool {
	var t [256]bool
	for _, b := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,=:@/") {
		t[b] = true
	}
	return t
}()

// Canonical returns the canonical form of an escaped path that begins with a
// slash, or why there is none. It allocates only when something is escaped.
// One slash at the end is kept: /a and /a/ are two paths.
func Canonical(escaped string) (Path, *Refusal) {
	if escaped == "" || escaped[0] != '/' {
		return Path{}, errForm
	}
	segment := 1
	for i := 1; i < len(escaped); i++ {
		b := escaped[i]
		if b == '/' {
			if bad := judgeSegment(escaped[segment:i]); bad != nil {
				return Path{}, bad
			}
			segment = i + 1
			continue
		}
		if !plain[b] {
			return decode(escaped)
		}
	}
	if last := escaped[segment:]; last != "" {
		if bad := judgeSegment(last); bad != nil {
			return Path{}, bad
		}
	}
	return Path{Escaped: escaped, Plain: escaped}, nil
}

// judgeSegment refuses what a server might resolve or collapse. Spaces around
// dots are stripped by some file systems, so they do not help.
func judgeSegment(s string) *Refusal {
	if s == "" {
		return errEmpty
	}
	if s[0] != '.' && s[0] != ' ' {
		return nil
	}
	if t := strings.Trim(s, " "); t == "." || t == ".." {
		return errDots
	}
	return nil
}

// decode undoes percent-encoding once, judges the result and encodes it anew.
func decode(escaped string) (Path, *Refusal) {
	text := make([]byte, 0, len(escaped))
	for i := 0; i < len(escaped); i++ {
		b := escaped[i]
		if b != '%' {
			if bad := judgeByte(b); bad != nil {
				return Path{}, bad
			}
			text = append(text, b)
			continue
		}
		if i+2 >= len(escaped) || !isHex(escaped[i+1]) || !isHex(escaped[i+2]) {
			return Path{}, errPercent
		}
		b = unhex(escaped[i+1])<<4 | unhex(escaped[i+2])
		i += 2
		if b == '/' {
			return Path{}, errSlash
		}
		if bad := judgeByte(b); bad != nil && bad != errFragment {
			return Path{}, bad
		}
		text = append(text, b)
	}
	whole := string(text)
	if bad := judgeText(whole); bad != nil {
		return Path{}, bad
	}
	segments := whole[1:]
	for more := true; more; {
		var segment string
		segment, segments, more = strings.Cut(segments, "/")
		if !more && segment == "" {
			break
		}
		if bad := judgeSegment(segment); bad != nil {
			return Path{}, bad
		}
	}
	return Path{Escaped: encode(whole), Plain: whole}, nil
}

// judgeByte refuses bytes that have no place in a path, encoded or not. An
// encoded '#' is harmless and the caller lets it pass.
func judgeByte(b byte) *Refusal {
	switch {
	case b < ' ' || b == 0x7f:
		return errControl
	case b == '\\':
		return errBackslash
	case b == ';':
		return errSemicolon
	case b == '#':
		return errFragment
	}
	return nil
}

// judgeText judges the decoded path: it must be UTF-8 (which excludes overlong
// forms), without C1 controls, and must not decode any further.
func judgeText(s string) *Refusal {
	if !utf8.ValidString(s) {
		return errText
	}
	for i, r := range s {
		if r >= 0x80 && r < 0xa0 {
			return errControl
		}
		if r == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			return errDouble
		}
	}
	return nil
}

// encode escapes what does not stand for itself, with capital digits.
func encode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s) + 12)
	for i := range len(s) {
		if plain[s[i]] {
			b.WriteByte(s[i])
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[s[i]>>4])
		b.WriteByte(digits[s[i]&15])
	}
	return b.String()
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}

func unhex(b byte) byte {
	switch {
	case b <= '9':
		return b - '0'
	case b <= 'F':
		return b - 'A' + 10
	}
	return b - 'a' + 10
}

package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// Least and Most bound the length of a password in characters.
const (
	Least = 8
	Most  = 128
)

// Check returns the findings about a new password; at is the JSON pointer of it.
// own lists words that belong to the person, such as the address and the name: a
// password that is little more than one of them is refused. No finding repeats
// the password.
func Check(p secret.Text, at string, own ...string) []problem.Field {
	fail := func(code, detail string) []problem.Field {
		return []problem.Field{{Pointer: at, Code: code, Detail: detail}}
	}
	raw := p.Reveal()
	if !utf8.ValidString(raw) {
		return fail("not_text", "The password is not valid text.")
	}
	text := norm.NFC.String(raw)
	switch n := utf8.RuneCountInString(text); {
	case n < Least:
		return fail("too_short", "At least 8 characters. Three or four words in a row are easy to remember and hard to guess.")
	case n > Most:
		return fail("too_long", "At most 128 characters.")
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			return fail("control_character", "Leave out line breaks and other control characters.")
		}
	}
	lower := strings.ToLower(text)
	if common(lower) {
		return fail("too_common", "This password is among those that attackers try first. Choose another.")
	}
	if personal(lower, own) {
		return fail("too_personal", "This password is little more than your own name or address. Choose another.")
	}
	return nil
}

// personal reports whether less than four letters and digits remain when the
// person's own words are taken away.
func personal(lower string, own []string) bool {
	isPart := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	rest := lower
	for _, w := range own {
		for _, part := range strings.FieldsFunc(strings.ToLower(w), func(r rune) bool { return !isPart(r) }) {
			if utf8.RuneCountInString(part) >= 4 {
				rest = strings.ReplaceAll(rest, part, "")
			}
		}
	}
	left := 0
	for _, r := range rest {
		if isPart(r) {
			left++
		}
	}
	return rest != lower && left < 4
}

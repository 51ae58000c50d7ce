package role

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/guestright/guestright/kit/problem"
)

// plain is the form in which names are compared: compatibility forms folded
// (Unicode UAX #15), without case, spaces as one. Names with the same plain form
// look alike to people, so a role has only one of them.
func plain(name string) string {
	folded := strings.ToLower(norm.NFKC.String(name))
	return strings.Join(strings.Fields(strings.NewReplacer("_", " ", "-", " ").Replace(folded)), " ")
}

// checkName refuses names that could be mistaken for another role's.
func checkName(name string) []problem.Field {
	say := func(code, detail string) []problem.Field {
		return []problem.Field{{Pointer: "/name", Code: code, Detail: detail}}
	}
	switch n := utf8.RuneCountInString(strings.TrimSpace(name)); {
	case n == 0 || n > 200 || !utf8.ValidString(name):
		return say("name_invalid", "1 to 200 characters.")
	case strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsPrint(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
	}):
		return say("unprintable", "The name has a character that cannot be seen.")
	case encoded(name):
		return say("encoded", "Write the characters themselves instead of % and two digits.")
	case mixed(name):
		return say("mixed_scripts", "A word mixes letters of several alphabets, so that it looks like another word.")
	}
	for _, b := range builtIns {
		if p := plain(name); p == plain(b.Key) || p == plain(b.Name) {
			return say("built_in", "A built-in role has this name.")
		}
	}
	return nil
}

// encoded reports a percent sign with two hexadecimal digits behind it.
func encoded(s string) bool {
	hex := func(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }
	for i := 0; i+2 < len(s); i++ {
		if s[i] == '%' && hex(s[i+1]) && hex(s[i+2]) {
			return true
		}
	}
	return false
}

// mixed reports a word with letters of more than one of the alphabets whose
// letters look alike (Unicode UTS #39 calls such words mixed-script confusables).
func mixed(name string) bool {
	for word := range strings.FieldsSeq(norm.NFKC.String(name)) {
		scripts := 0
		for _, s := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee} {
			if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(s, r) }) {
				scripts++
			}
		}
		if scripts > 1 {
			return true
		}
	}
	return false
}

package password

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
)

//go:embed common.txt
var commonText string

// roots are the words of common.txt, read on first use.
var roots = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, w := range strings.Fields(line) {
			m[w] = true
		}
	}
	return m
})

// rows are the paths that fingers take over the common keyboards.
var rows = [...]string{
	"qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "1234567890", "abcdefghijklmnopqrstuvwxyz",
	"qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujmikolp", "q1w2e3r4t5y6u7i8o9p0",
	"zaq1xsw2cde3vfr4bgt5nhy6mju7", "12qwaszx", "a1b2c3d4e5f6g7h8i9j0", "1a2b3c4d5e6f7g8h9i0j", "147258369", "159357", "741852963", "0987654321",
}

var leet = strings.NewReplacer("0", "o", "1", "i", "!", "i", "3", "e", "4", "a", "@", "a", "5", "s", "$", "s", "7", "t", "+", "t", "8", "b", "9", "g")

// common reports whether a lower-case password is one that the published list of
// leaked passwords holds, or a plain variant of a root.
func common(p string) bool {
	return leaked(p) || repeats(p) || walk(p) || digits(p) || derived(p)
}

// repeats: one piece of up to four characters over and over, or at most two
// different characters.
func repeats(p string) bool {
	rs := []rune(p)
	seen := map[rune]bool{}
	for _, r := range rs {
		seen[r] = true
	}
	if len(seen) <= 2 {
		return true
	}
	for n := 1; n <= 4; n++ {
		same := true
		for i := n; i < len(rs) && same; i++ {
			same = rs[i] == rs[i-n]
		}
		if same && len(rs) >= 2*n {
			return true
		}
	}
	return false
}

// walk: along the keyboard or the alphabet, in either direction, perhaps in two
// pieces of at least three characters.
func walk(p string) bool {
	back := reverse(p)
	for cut := 3; cut <= len(p); cut++ {
		if !onRow(p[:cut], back[len(p)-cut:]) {
			continue
		}
		rest := p[cut:]
		if len(rest) < 3 || onRow(rest, back[:len(p)-cut]) {
			return true
		}
	}
	return false
}

func onRow(piece, back string) bool {
	for _, r := range rows {
		if strings.Contains(r, piece) || strings.Contains(r, back) {
			return true
		}
	}
	return false
}

// digits: dates, telephone numbers and the like.
func digits(p string) bool {
	n := 0
	for _, r := range p {
		switch {
		case unicode.IsDigit(r):
			n++
		case !strings.ContainsRune("-./ ", r):
			return false
		}
	}
	return n < 12
}

// derived: a root, two roots or a doubled root, with look-alike characters and
// up to six characters before and behind.
func derived(p string) bool {
	for _, plain := range []string{p, leet.Replace(p), leet.Replace(strings.ReplaceAll(p, "1", "l"))} {
		if c := core(plain); known(plain) || len(p)-len(c) <= 6 && known(c) {
			return true
		}
	}
	// Endings first, so that "dragon1984" is not read as "dragonig8a".
	c := core(p)
	if len(p)-len(c) <= 6 && (known(leet.Replace(c)) || known(leet.Replace(strings.ReplaceAll(c, "1", "l")))) {
		return true
	}
	// A digit that stands for a letter may be the last one: "p4ssw0rd" keeps its
	// core, "tr0ub4d0r3" loses its end. Longer endings are taken off one by one.
	for cut := 1; cut <= 6 && cut < len(p)-3; cut++ {
		if tail := p[len(p)-cut:]; strings.ContainsFunc(tail, unicode.IsLetter) {
			break
		}
		if known(leet.Replace(p[:len(p)-cut])) {
			return true
		}
	}
	return false
}

// core cuts what is not a letter from both ends.
func core(p string) string {
	return strings.TrimFunc(p, func(r rune) bool { return !unicode.IsLetter(r) })
}

// known: a root, or two of them side by side.
func known(p string) bool {
	m := roots()
	if m[p] || m[reverse(p)] {
		return len(p) >= 3
	}
	if len(p) > 16 {
		return false
	}
	for i := 3; i <= len(p)-3; i++ {
		if m[p[:i]] && m[strings.TrimLeft(p[i:], "-_. ")] {
			return true
		}
	}
	return false
}

func reverse(s string) string {
	rs := []rune(s)
	for i, j := 0, len(rs)-1; i < j; i, j = i+1, j-1 {
		rs[i], rs[j] = rs[j], rs[i]
	}
	return string(rs)
}

package password

import (
	_ "embed"
	"strings"
)

// published holds, a line each, the 15,769 of the 47,023 passwords that leaks hold
// most often which have at least eight characters: the list passwords.txt of
// github.com/trustelem/zxcvbn v1.0.1 (MIT, published.LICENSE), in lower case,
// sorted. NIST SP 800-63B 5.1.1.2 asks for a comparison with such a list.
//
//go:embed published.txt
var published string

// leaked reports whether a lower-case password is in the published list. It reads
// the 150 kB through, so that nothing of it is kept in memory: a new password is
// rare and its hash costs a thousand times as much.
func leaked(p string) bool {
	return !strings.Contains(p, "\n") && strings.Contains(published, "\n"+p+"\n")
}

package problem

import (
	"encoding/json"
	"strings"
	"unicode"
)

// saidMost is how much of somebody else's words is shown, in bytes.
const saidMost = 300

// Said gives the detail of a problem document (RFC 9457) that somebody else has
// sent, "" when there is none, as Words shows it.
func Said(body []byte) string {
	var doc struct{ Detail string }
	if err := json.Unmarshal(body, &doc); err != nil {
		return ""
	}
	return Words(doc.Detail)
}

// Words shows somebody else's words to people: one line of printable characters,
// not too long.
func Words(text string) string {
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)), " ")
	if len(text) > saidMost {
		text = strings.ToValidUTF8(text[:saidMost], "") + "…"
	}
	return text
}

package leak

import (
	"strings"

	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/token"
)

const (
	// TextMost bounds what one report may say, in bytes.
	TextMost = 16 << 10
	// WhereMost bounds the words about where it was found, in bytes.
	WhereMost = 500
	// oursMost and foreignMost bound how many credentials one report may name:
	// of our own form, and keys from before, which have none.
	oursMost    = 100
	foreignMost = 5
	signedMost  = 20
	foreignMin  = 8 // characters of a key from before
)

// Report is what somebody says.
type Report struct {
	Text   secret.Text // a credential, or text that holds some
	Where  string
	Source Source
}

// found are the credentials that a text may hold, each once: those of our form,
// wherever they stand, and lines that might be keys from before.
func found(text string) (ours, foreign []secret.Text) {
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		had := false
		for at := 0; at+secret.Length <= len(line); at++ {
			word := line[at : at+secret.Length]
			if !secret.WellFormed(word) {
				continue
			}
			had = true
			if !seen[word] && len(ours) < oursMost {
				seen[word] = true
				ours = append(ours, secret.New(word))
			}
			at += secret.Length - 1
		}
		if !had && opaque(line) && !seen[line] && len(foreign) < foreignMost {
			seen[line] = true
			foreign = append(foreign, secret.New(line))
		}
	}
	return ours, foreign
}

// signed are the words of a text that may be access tokens in the form of a JWT
// (RFC 7519 section 3), each once.
func signed(text string) []secret.Text {
	var out []secret.Text
	seen := map[string]bool{}
	for rest := text; len(out) < signedMost; {
		i := strings.Index(rest, "eyJ")
		if i < 0 {
			break
		}
		rest = rest[i:]
		word := rest
		if end := strings.IndexFunc(rest, func(r rune) bool {
			return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_' && r != '.'
		}); end >= 0 {
			word = rest[:end]
		}
		rest = rest[len(word):]
		word = strings.TrimRight(word, ".")
		if strings.Count(word, ".") == 2 && len(word) <= token.SignedMost && !seen[word] {
			seen[word] = true
			out = append(out, secret.New(word))
		}
	}
	return out
}

// opaque reports whether a word could be a key that the product made itself.
func opaque(word string) bool {
	if len(word) < foreignMin || len(word) > token.AdoptedMost || secret.Ours(word) {
		return false
	}
	for i := range len(word) {
		if word[i] <= ' ' || word[i] > '~' {
			return false
		}
	}
	return true
}

// place makes what a stranger wrote fit to keep: without the credentials that it
// may repeat, on one line, and not longer than is useful.
func place(where string, without []secret.Text) string {
	for _, s := range without {
		where = strings.ReplaceAll(where, s.Reveal(), "[secret]")
	}
	ours, _ := found(where)
	for _, s := range ours {
		where = strings.ReplaceAll(where, s.Reveal(), "[secret]")
	}
	where = strings.Join(strings.Fields(strings.Map(visible, where)), " ")
	if len(where) > WhereMost {
		where = where[:WhereMost]
	}
	return strings.ToValidUTF8(where, "")
}

func visible(r rune) rune {
	if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x206f {
		return ' ' // also what changes the direction of text or shows as nothing
	}
	return r
}

package access

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseNeeds reads the text form: names joined by `and` and `or` (`and` binds tighter), parentheses, `scope:x`,
// `entitlement:x`. A bare word is an entitlement. A name that would be misread is written in double quotes.
func ParseNeeds(s string) (Needs, error) { return ParseNeedsAs(KindEntitlement, s) }

// ParseNeedsAs is ParseNeeds with the kind that bare words have.
func ParseNeedsAs(bare AtomKind, s string) (Needs, error) {
	p := needsParser{rest: s, size: len(s), bare: bare}
	if err := p.next(); err != nil {
		return Needs{}, err
	}
	n, err := p.any(0)
	if err != nil {
		return Needs{}, err
	}
	if p.word != "" {
		return Needs{}, p.fail("`and`, `or` or the end is expected here")
	}
	return n, nil
}

type needsParser struct {
	rest   string
	size   int
	bare   AtomKind
	word   string // current token as written; empty at the end
	quoted bool
	atoms  int
}

func (p *needsParser) fail(detail string) error {
	at := p.size - len(p.rest) - len(p.word) + 1
	return needsError("", detail+" (at byte "+strconv.Itoa(at)+")")
}

// next reads one token: a parenthesis, or a word that may contain a quoted part.
func (p *needsParser) next() error {
	p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
	p.word, p.quoted = "", false
	if p.rest == "" {
		return nil
	}
	if p.rest[0] == '(' || p.rest[0] == ')' {
		p.word, p.rest = p.rest[:1], p.rest[1:]
		return nil
	}
	n := 0
	for n < len(p.rest) {
		if p.rest[n] == '"' {
			q, err := strconv.QuotedPrefix(p.rest[n:])
			if err != nil {
				return p.fail("the quotation mark is not closed")
			}
			p.quoted = true
			n += len(q)
			break
		}
		r, size := utf8.DecodeRuneInString(p.rest[n:])
		if unicode.IsSpace(r) || r == '(' || r == ')' {
			break
		}
		n += size
	}
	p.word, p.rest = p.rest[:n], p.rest[n:]
	return nil
}

func (p *needsParser) is(word string) bool { return !p.quoted && strings.EqualFold(p.word, word) }

func (p *needsParser) any(depth int) (Needs, error) {
	return p.series(series{word: "or", join: Any, part: p.all, depth: depth})
}

func (p *needsParser) all(depth int) (Needs, error) {
	return p.series(series{word: "and", join: All, part: p.one, depth: depth})
}

type series struct {
	word  string
	join  func(...Needs) Needs
	part  func(int) (Needs, error)
	depth int
}

func (p *needsParser) series(s series) (Needs, error) {
	var of []Needs
	for {
		n, err := s.part(s.depth)
		if err != nil {
			return Needs{}, err
		}
		of = append(of, n)
		if !p.is(s.word) {
			return s.join(of...), nil
		}
		if err := p.next(); err != nil {
			return Needs{}, err
		}
	}
}

func (p *needsParser) one(depth int) (Needs, error) {
	if p.word == "" || p.is(")") || p.is("and") || p.is("or") {
		return Needs{}, p.fail("a name or an opening parenthesis is expected here")
	}
	if !p.is("(") {
		return p.atom()
	}
	if depth == maxDepth {
		return Needs{}, p.fail("the parentheses are nested more than 32 levels deep")
	}
	if err := p.next(); err != nil {
		return Needs{}, err
	}
	n, err := p.any(depth + 1)
	if err != nil {
		return Needs{}, err
	}
	if !p.is(")") {
		return Needs{}, p.fail("a closing parenthesis is expected here")
	}
	return n, p.next()
}

func (p *needsParser) atom() (Needs, error) {
	kind, name := p.bare, p.word
	if rest, ok := strings.CutPrefix(name, "scope:"); ok {
		kind, name = KindScope, rest
	} else if rest, ok := strings.CutPrefix(name, "entitlement:"); ok {
		kind, name = KindEntitlement, rest
	}
	if p.quoted {
		plain, err := strconv.Unquote(name)
		if err != nil {
			return Needs{}, p.fail("a quotation mark may stand only around a whole name")
		}
		name = plain
	}
	if why := checkName(name); why != "" {
		return Needs{}, p.fail(why)
	}
	if p.atoms++; p.atoms > maxParts {
		return Needs{}, p.fail("the requirement names more than 500 scopes and entitlements")
	}
	return Needs{Op: OpAtom, Atom: Atom{Kind: kind, Name: name}}, p.next()
}

// quoteWord quotes what the text form would misread. `scope:` and `entitlement:` are always written before it, so the
// words `and` and `or` are safe.
func quoteWord(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("()\"\\`", r) }) {
		return strconv.Quote(name)
	}
	return name
}

// visible reports whether every character is valid UTF-8 that leaves a mark on the page, so that two names that differ
// also look different (security case M-15: `admin` followed by a zero-width space).
func visible(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r != ' ' && !unicode.IsGraphic(r) || r != ' ' && unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
			return false
		}
	}
	return true
}

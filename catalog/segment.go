package catalog

import (
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// piece is a part of a path segment: a literal (decoded), or a parameter when the literal is empty.
type piece struct{ literal string }

// segment is one segment of an OpenAPI path template.
type segment struct {
	pieces []piece
	params []string
}

func (s segment) isLiteral() bool { return len(s.params) == 0 }

func (s segment) isParam() bool { return len(s.params) == 1 && len(s.pieces) == 1 }

func (s segment) literal() string {
	if len(s.pieces) == 0 {
		return ""
	}
	return s.pieces[0].literal
}

// shape tells segments apart that match different texts; parameter names play no part.
func (s segment) shape() string {
	var b strings.Builder
	for _, p := range s.pieces {
		if p.literal == "" {
			b.WriteByte(0)
		}
		b.WriteString(p.literal)
	}
	return b.String()
}

// weight orders mixed segments: the one with more literal text is tried first.
func (s segment) weight() int {
	w := 0
	for _, p := range s.pieces {
		w += len(p.literal)
	}
	return w
}

// parseSegment reads one segment of a template: literals and {parameters}, never two parameters side by side.
func parseSegment(text string) (segment, error) {
	refuse := func(detail string) (segment, error) { return segment{}, problem.Invalid("catalog.template", detail) }
	var s segment
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if strings.Contains(before, "}") {
			return refuse("A closing brace stands without an opening one.")
		}
		if before != "" {
			s.pieces = append(s.pieces, piece{literal: decode(before)})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.Contains(name, "{") {
			return refuse("A parameter is written {name}.")
		}
		if n := len(s.pieces); n > 0 && s.pieces[n-1].literal == "" {
			return refuse("Two parameters stand side by side, so that nothing says where one ends.")
		}
		s.pieces = append(s.pieces, piece{})
		s.params = append(s.params, name)
		text = after
	}
	return s, nil
}

// parsePath reads a whole template.
func parsePath(text string) ([]segment, error) {
	rest, ok := strings.CutPrefix(text, "/")
	if !ok {
		return nil, problem.Invalid("catalog.template", "A path starts with a slash.")
	}
	if strings.ContainsAny(text, "?#") {
		return nil, problem.Invalid("catalog.template", "A path contains no question mark and no number sign.")
	}
	var out []segment
	count := 0
	for part := range strings.SplitSeq(rest, "/") {
		s, err := parseSegment(part)
		if err != nil {
			return nil, err
		}
		count += len(s.params)
		out = append(out, s)
	}
	if count > MaxParams {
		return nil, problem.Invalid("catalog.template", "A path has at most 16 parameters.")
	}
	return out, nil
}

// matchPieces compares a raw segment with pieces and notes the parameters. Each parameter takes at least one byte, earlier
// ones as much as they can. Working from the right needs no going back: a parameter accepts any text, so the rightmost
// place of a literal leaves the most room for the rest. The cost is linear in the length of the segment.
func matchPieces(s *segment, raw string, p *Params) bool {
	pieces := s.pieces
	if len(pieces) > 0 && pieces[0].literal != "" {
		rest, ok := cutLiteral(raw, pieces[0].literal)
		if !ok {
			return false
		}
		raw, pieces = rest, pieces[1:]
	}
	if p.n+len(s.params) > MaxParams {
		return false
	}
	slot := p.n + len(s.params)
	if end := len(pieces) - 1; end >= 0 && pieces[end].literal != "" {
		at := lastLiteral(raw, pieces[end].literal, len(raw))
		if rest, _ := cutLiteral(raw[max(at, 0):], pieces[end].literal); at < 0 || rest != "" {
			return false
		}
		raw, pieces = raw[:at], pieces[:end]
	}
	for len(pieces) > 1 {
		lit := pieces[len(pieces)-2].literal
		at := lastLiteral(raw, lit, len(raw)-1)
		if at <= 0 {
			return false
		}
		slot--
		p.raw[slot], _ = cutLiteral(raw[at:], lit)
		raw, pieces = raw[:at], pieces[:len(pieces)-2]
	}
	if raw == "" {
		return len(pieces) == 0
	}
	p.raw[p.n] = raw
	p.n += len(s.params)
	return true
}

// lastLiteral finds the last place in a raw segment where a decoded literal stands and ends at or before limit.
func lastLiteral(raw, literal string, limit int) int {
	for at := limit - len(literal); at >= 0; at-- {
		if !boundary(raw, at) {
			continue
		}
		if rest, ok := cutLiteral(raw[at:], literal); ok && len(raw)-len(rest) <= limit {
			return at
		}
	}
	return -1
}

// boundary reports that position i of a raw segment is not inside a percent escape.
func boundary(raw string, i int) bool {
	for back := 1; back <= 2 && back <= i; back++ {
		if raw[i-back] == '%' {
			_, size := unit(raw[i-back:])
			return size == 1
		}
	}
	return true
}

// cutLiteral removes a decoded literal from the front of a raw segment.
func cutLiteral(raw, literal string) (string, bool) {
	for i := range len(literal) {
		if raw == "" {
			return "", false
		}
		c, size := unit(raw)
		if c != literal[i] {
			return "", false
		}
		raw = raw[size:]
	}
	return raw, true
}

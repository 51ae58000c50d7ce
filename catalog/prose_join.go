package catalog

import (
	"slices"
	"strings"

	"github.com/guestright/guestright/access"
)

// word is a joining word and where it stands.
type word struct {
	kind     wordKind
	from, to int
}

// wordsIn finds the joining words of a text, in order. Where expressions overlap the earlier in the list counts.
func (r *proseRule) wordsIn(text string) []word {
	var out []word
	for _, e := range r.words {
		for _, m := range e.FindAllStringSubmatchIndex(text, -1) {
			name, from, to := groupOf(e, m)
			w := word{kind: wordKinds[name], from: from, to: to}
			if w.kind == wordNone || slices.ContainsFunc(out, func(o word) bool { return w.from < o.to && o.from < w.to }) {
				continue
			}
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b word) int { return a.from - b.from })
	return out
}

// overall finds what the words before a list say about the whole list: one of it, or all of it. A `listed` word counts
// only where no other does.
func (r *proseRule) overall(text string) (wordKind, bool) {
	got, listed := wordNone, false
	for _, w := range r.wordsIn(text) {
		kind := w.kind
		switch kind {
		case wordEither:
			kind = wordAny
		case wordBoth:
			kind = wordAll
		case wordListed:
			listed = true
			continue
		case wordOr, wordAnd:
			continue
		}
		if got != wordNone && got != kind {
			return wordNone, false
		}
		got = kind
	}
	if got == wordNone && listed {
		got = wordAll
	}
	return got, true
}

const (
	whyUnjoined = "no word says whether all or any of the entitlements are needed"
	whyMixed    = "\"and\" and \"or\" are mixed without saying what belongs together"
)

// combine makes the expression of one statement, or says why it cannot.
func (r *proseRule) combine(s statement) (access.Needs, string) {
	if !s.list {
		return r.inline(s.items[0])
	}
	overall, clear := r.overall(s.head)
	if !clear {
		return access.Needs{}, whyMixed
	}
	if overall == wordNone {
		overall = s.said
	}
	var parts []part
	for _, it := range s.items {
		n, why := r.inline(it)
		if why == whyUnjoined && overall != wordNone && len(s.items) == 1 {
			n, why = flat(overall, it), ""
		}
		if why != "" {
			return access.Needs{}, why
		}
		parts = append(parts, part{needs: n, sides: r.sides(mask(it.text, it.spans))})
	}
	switch {
	case len(parts) == 1:
		return parts[0].needs, ""
	case overall == wordAny || s.cases && overall == wordNone:
		return anyOf(parts), ""
	case overall == wordAll:
		return r.allOf(parts), ""
	case r.caseEach(parts):
		return anyOf(parts), ""
	}
	return r.trailing(s.items, parts)
}

// flat joins every name of an item alike.
func flat(kind wordKind, it item) access.Needs {
	var of []access.Needs
	for i := range it.names {
		of = append(of, it.name(i))
	}
	if kind == wordAny {
		return access.Any(of...)
	}
	return access.All(of...)
}

// caseEach reports that every part is for another side of one family of cases.
func (r *proseRule) caseEach(parts []part) bool {
	for family := range r.cases {
		var seen []int
		for _, p := range parts {
			if s := p.sides[family]; s >= 0 && !slices.Contains(seen, s) {
				seen = append(seen, s)
			}
		}
		if len(seen) == len(parts) {
			return true
		}
	}
	return false
}

// trailing joins items by the words at their ends: "- a, and", "- b or".
func (r *proseRule) trailing(items []item, parts []part) (access.Needs, string) {
	kind := wordNone
	for i, it := range items {
		text := it.text[it.spans[len(it.spans)-1][1]:]
		if i+1 < len(items) {
			next := items[i+1]
			text += " " + next.text[:next.spans[0][0]]
		} else {
			continue
		}
		for _, w := range r.wordsIn(text) {
			if w.kind != wordOr && w.kind != wordAnd {
				continue
			}
			if kind != wordNone && kind != w.kind {
				return access.Needs{}, whyMixed
			}
			kind = w.kind
		}
	}
	switch {
	case kind == wordOr:
		return anyOf(parts), ""
	case kind == wordAnd:
		return r.allOf(parts), ""
	case r.unjoined == access.OpAny:
		return anyOf(parts), ""
	case r.unjoined == access.OpAll:
		return r.allOf(parts), ""
	}
	return access.Needs{}, whyUnjoined
}

func (it item) name(i int) access.Needs {
	var of []access.Needs
	for _, n := range it.names[i] {
		of = append(of, access.Entitlement(n))
	}
	return access.Any(of...)
}

// gap is what stands between two operands.
type gap struct {
	kind  wordKind // wordOr, wordAnd, or wordNone for a comma or nothing
	comma bool
	opens wordKind // wordEither, wordBoth, wordAny or wordAll right before the next operand
}

// inline combines the names of one sentence or item by the words between them.
func (r *proseRule) inline(it item) (access.Needs, string) {
	if len(it.names) == 1 {
		return it.name(0), ""
	}
	listed := false
	operands := make([]access.Needs, len(it.names))
	gaps := make([]gap, len(it.names)) // gaps[i] stands before operand i
	for i := range it.names {
		operands[i] = it.name(i)
		from := 0
		if i > 0 {
			from = it.spans[i-1][1]
		}
		text := it.text[from:it.spans[i][0]]
		gaps[i].comma = strings.ContainsAny(text, ",;")
		for _, w := range r.wordsIn(text) {
			switch {
			case w.kind == wordEither || w.kind == wordBoth || w.kind == wordAny || w.kind == wordAll:
				if gaps[i].opens != wordNone && gaps[i].opens != w.kind {
					return access.Needs{}, whyMixed
				}
				gaps[i].opens = w.kind
			case w.kind == wordListed:
				listed = listed || i == 0
			case i == 0:
			case gaps[i].opens != wordNone:
				// "or" after "either" belongs to other words
			case gaps[i].kind != wordNone && gaps[i].kind != w.kind:
				return access.Needs{}, whyMixed
			default:
				gaps[i].kind = w.kind
			}
		}
	}
	n, why := r.resolve(operands, gaps)
	if why == whyUnjoined && listed {
		return access.All(operands...), ""
	}
	return n, why
}

// resolve reduces operands and gaps: first the groups that "either", "both", "one of" and "all of" open, then the rest.
func (r *proseRule) resolve(operands []access.Needs, gaps []gap) (access.Needs, string) {
	inherit(gaps)
	if first := gaps[0].opens; first == wordAny || first == wordAll {
		closed := true
		for _, g := range gaps[1:] {
			closed = closed && g.opens == wordNone
		}
		if closed && uniform(gaps[1:]) {
			if first == wordAny {
				return access.Any(operands...), ""
			}
			if kind(gaps[1:]) != wordOr {
				return access.All(operands...), ""
			}
			return access.Needs{}, whyMixed
		}
	}
	for i := len(gaps) - 1; i >= 0; i-- {
		if gaps[i].opens == wordNone {
			continue
		}
		inside := wordAnd
		if gaps[i].opens == wordEither || gaps[i].opens == wordAny {
			inside = wordOr
		}
		end := i + 1
		for end < len(gaps) && gaps[end].kind == inside && gaps[end].opens == wordNone {
			end++
		}
		if end == i+1 || end < len(gaps) && !gaps[end].comma {
			return access.Needs{}, whyMixed
		}
		group := access.All(operands[i:end]...)
		if inside == wordOr {
			group = access.Any(operands[i:end]...)
		}
		gaps[i].opens = wordNone
		operands = slices.Concat(operands[:i], []access.Needs{group}, operands[end:])
		gaps = slices.Concat(gaps[:i+1], gaps[end:])
	}
	return r.level(operands, gaps)
}

// level joins what no group holds: one kind of joining word throughout, or two kinds of which one always stands after a
// comma and therefore binds less.
func (r *proseRule) level(operands []access.Needs, gaps []gap) (access.Needs, string) {
	if len(operands) == 1 {
		return operands[0], ""
	}
	if uniform(gaps[1:]) {
		switch {
		case kind(gaps[1:]) == wordOr, kind(gaps[1:]) == wordNone && r.unjoined == access.OpAny:
			return access.Any(operands...), ""
		case kind(gaps[1:]) == wordAnd, kind(gaps[1:]) == wordNone && r.unjoined == access.OpAll:
			return access.All(operands...), ""
		}
		return access.Needs{}, whyUnjoined
	}
	outer := wordNone
	for _, g := range gaps[1:] {
		if g.kind == wordNone || g.comma && outer != wordNone && outer != g.kind {
			return access.Needs{}, whyMixed
		}
		if g.comma {
			outer = g.kind
		}
	}
	if outer == wordNone {
		return access.Needs{}, whyMixed
	}
	var groups []access.Needs
	from := 0
	for i := 1; i <= len(operands); i++ {
		if i < len(operands) && !(gaps[i].comma && gaps[i].kind == outer) {
			if gaps[i].kind == outer {
				return access.Needs{}, whyMixed
			}
			continue
		}
		if outer == wordOr {
			groups = append(groups, access.All(operands[from:i]...))
		} else {
			groups = append(groups, access.Any(operands[from:i]...))
		}
		from = i
	}
	if outer == wordOr {
		return access.Any(groups...), ""
	}
	return access.All(groups...), ""
}

// inherit gives a bare comma the joining word that follows it: "a, b or c".
func inherit(gaps []gap) {
	for i := len(gaps) - 2; i >= 1; i-- {
		if gaps[i].kind == wordNone && gaps[i].comma && gaps[i+1].opens == wordNone {
			gaps[i].kind = gaps[i+1].kind
			if gaps[i+1].comma {
				continue
			}
		}
	}
}

func uniform(gaps []gap) bool {
	return !slices.ContainsFunc(gaps, func(g gap) bool { return g.kind != gaps[0].kind })
}

func kind(gaps []gap) wordKind {
	if len(gaps) == 0 {
		return wordNone
	}
	return gaps[0].kind
}

package catalog

import (
	"regexp"
	"strings"
)

// statement is a sentence, or a sentence that introduces a list together with the list.
type statement struct {
	kind  statementKind
	head  string
	items []item // the list; for a plain sentence its only item is the sentence itself
	list  bool
	cases bool     // the items are rows of a table whose first column says in which case they count
	said  wordKind // set by a later sentence such as "any of those"
}

// item is a stretch of text and the names in it.
type item struct {
	text  string
	spans [][]int // where the names stand, quotes included
	names [][]string
}

func (s statement) names() []string {
	var out []string
	for _, i := range s.items {
		for _, n := range i.names {
			out = append(out, n...)
		}
	}
	return out
}

// plain is the statement's text without the names, so that "course" inside a name is not taken for the word.
func (s statement) plain() string {
	parts := []string{s.head}
	if !s.list {
		parts = nil
	}
	for _, i := range s.items {
		parts = append(parts, mask(i.text, i.spans))
	}
	return strings.Join(parts, " ")
}

var (
	markup    = regexp.MustCompile(`(?s)<[^<>]{0,200}>`)
	bullet    = regexp.MustCompile(`^\s{0,12}(?:[-*+•]|\d{1,3}[.)])(?:\s+|$)`)
	rule      = regexp.MustCompile(`^[\s|:-]+$`)
	sentence  = regexp.MustCompile(`[.!?]["')]?\s+(?:["'(]?[A-Z]|["'“‘][a-z]|[a-z][\w-]*(?:\.[\w-]+)+)|;\s`)
	lateText  = regexp.MustCompile(`\s{2,}[A-Z]`)
	headLike  = regexp.MustCompile(`(?i):\s*$|\b(?:following|below)\b`)
	topic     = regexp.MustCompile(`(?i)\b(?:entitlement|permission|privilege|scope)s?\b`)
	reference = regexp.MustCompile(`(?i)\b(?:those|these|above)\b`)
)

type blockKind uint8

const (
	blockText blockKind = iota
	blockItem
	blockRow
)

type block struct {
	kind blockKind
	text string
}

// blocks cuts a description into paragraphs, list items and table rows. Descriptions are Markdown with HTML in it; only
// what shows where a statement ends is read.
func blocks(text string) []block {
	text = markup.ReplaceAllStringFunc(text, func(tag string) string {
		switch strings.ToLower(strings.Trim(tag, "</> ")) {
		case "p", "br", "li", "ul", "ol", "div", "tr", "table":
			return "\n\n"
		}
		return ""
	})
	var out []block
	open := false // whether the last block takes further lines
	for line := range strings.SplitSeq(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
			open = false
		case strings.HasPrefix(trimmed, "|"):
			out = append(out, block{kind: blockRow, text: trimmed})
			open = false
		case bullet.MatchString(line):
			if t := strings.TrimSpace(bullet.ReplaceAllString(line, "")); t != "" {
				out = append(out, block{kind: blockItem, text: t})
			}
			open = false
		case open:
			out[len(out)-1].text += " " + trimmed
		default:
			out = append(out, block{kind: blockText, text: trimmed})
			open = true
		}
	}
	return out
}

// sentences cuts a paragraph at full stops and at the places where the rule says that a new statement starts.
func (r *proseRule) sentences(text string) []string {
	cuts := []int{0}
	for _, m := range sentence.FindAllStringIndex(text, -1) {
		cuts = append(cuts, m[0]+1)
	}
	for _, b := range r.breaks {
		for _, m := range b.FindAllStringIndex(text, -1) {
			cuts = append(cuts, m[0])
		}
	}
	return cutAt(text, cuts)
}

func cutAt(text string, cuts []int) []string {
	marks := make([]bool, len(text)+1)
	for _, c := range cuts {
		marks[c] = true
	}
	var out []string
	from := 0
	for i := 1; i <= len(text); i++ {
		if marks[i] || i == len(text) {
			if t := strings.TrimSpace(text[from:i]); t != "" {
				out = append(out, t)
			}
			from = i
		}
	}
	return out
}

// item finds the names in a stretch of text.
func (r *proseRule) item(text string) item {
	it := item{text: text}
	for _, m := range r.entitlement.FindAllStringSubmatchIndex(text, -1) {
		if m[2*r.group] < 0 || m[2*r.group] == m[2*r.group+1] {
			continue
		}
		it.spans = append(it.spans, []int{m[0], m[1]})
		it.names = append(it.names, spellings(text[m[2*r.group]:m[2*r.group+1]]))
	}
	return it
}

// spellings writes out a name in which one segment stands for several, as in system.course|org.properties.MODIFY.
func spellings(name string) []string {
	if !strings.Contains(name, "|") {
		return []string{name}
	}
	out := []string{""}
	for i, segment := range strings.Split(name, ".") {
		var next []string
		for _, o := range out {
			for choice := range strings.SplitSeq(segment, "|") {
				if i > 0 {
					choice = "." + choice
				}
				if len(next) < 64 {
					next = append(next, o+choice)
				}
			}
		}
		out = next
	}
	return out
}

// statementsOf reads a text into statements.
func (r *proseRule) statementsOf(text string) []statement {
	a := assembler{rule: r}
	for _, b := range blocks(text) {
		switch b.kind {
		case blockText:
			a.paragraph(b.text)
		case blockItem:
			a.listItem(b.text)
		case blockRow:
			a.row(b.text)
		}
	}
	return a.out
}

// assembler joins lists to the sentences that introduce them.
type assembler struct {
	rule   *proseRule
	out    []statement
	head   *statement // introduces what follows; not yet in out unless attached
	inList bool       // the head has items
	header string     // header row of the table being read
}

func (a *assembler) paragraph(text string) {
	a.header = ""
	if a.inList {
		a.head, a.inList = nil, false
	}
	for _, s := range a.rule.sentences(text) {
		a.sentence(s)
	}
}

func (a *assembler) sentence(text string) {
	it := a.rule.item(text)
	kind := a.rule.classify(text)
	switch {
	case len(it.names) == 0 && kind == kindOpen:
		a.out = append(a.out, statement{kind: kindOpen, head: text})
	case len(it.names) == 0 && headLike.MatchString(text):
		a.head, a.inList = &statement{kind: kind, head: text, list: true}, false
	case len(it.names) == 0:
		if a.head == nil && kind != kindNone && topic.MatchString(text) {
			a.head, a.inList = &statement{kind: kind, head: text, list: true}, false
		}
		a.refer(text)
	case kind == kindNone && a.head != nil && a.head.kind != kindNone:
		a.attach(it)
	default:
		a.out = append(a.out, statement{kind: kind, head: text, items: []item{it}})
	}
}

// refer lets "any of those" say how the list before it combines.
func (a *assembler) refer(text string) {
	if len(a.out) == 0 || !reference.MatchString(text) {
		return
	}
	last := &a.out[len(a.out)-1]
	for _, w := range a.rule.wordsIn(text) {
		if last.said == wordNone && (w.kind == wordAny || w.kind == wordAll) {
			last.said = w.kind
		}
	}
}

func (a *assembler) attach(it item) {
	if !a.inList {
		a.out = append(a.out, *a.head)
		a.inList = true
	}
	last := &a.out[len(a.out)-1]
	last.items = append(last.items, it)
}

func (a *assembler) listItem(text string) {
	a.header = ""
	rest := ""
	if m := a.rule.entitlement.FindStringIndex(text); m != nil {
		if late := lateText.FindStringIndex(text[m[1]:]); late != nil {
			text, rest = text[:m[1]+late[0]], strings.TrimSpace(text[m[1]+late[0]:])
		}
	}
	it := a.rule.item(text)
	kind := a.rule.classify(text)
	switch {
	case len(it.names) == 0 && kind == kindOpen:
		a.out = append(a.out, statement{kind: kindOpen, head: text})
	case len(it.names) == 0 && a.inList && len(text) <= len("and/or"):
		// a joining word in a line of its own
		last := &a.out[len(a.out)-1]
		last.items[len(last.items)-1].text += " " + text
	case len(it.names) == 0:
	case kind == kindIgnore || kind == kindExtra || kind == kindUnclear:
		a.aside(it, kind)
	case a.head != nil && a.head.kind != kindNone:
		a.attach(it)
	default:
		a.out = append(a.out, statement{kind: kind, head: text, items: []item{it}})
	}
	for _, s := range a.rule.sentences(rest) {
		if a.rule.classify(s) == kindOpen || len(a.rule.item(s).names) > 0 {
			a.sentence(s)
		}
	}
}

// aside keeps an item that asks for something in some cases only in front of the list that it stands in.
func (a *assembler) aside(it item, kind statementKind) {
	s := statement{kind: kind, head: it.text, items: []item{it}}
	if !a.inList {
		a.out = append(a.out, s)
		return
	}
	last := len(a.out) - 1
	a.out = append(a.out[:last], s, a.out[last])
}

// row reads a line of a table. Where the first column names no entitlement, it says in which case the row counts.
func (a *assembler) row(text string) {
	if rule.MatchString(text) {
		return
	}
	it := a.rule.item(text)
	if len(it.names) == 0 {
		a.header = text
		return
	}
	if a.head == nil || a.head.kind == kindNone {
		a.head, a.inList = &statement{kind: a.rule.classify(a.header), head: a.header, list: true}, false
	}
	a.attach(it)
	first, _, _ := strings.Cut(strings.Trim(text, "| "), "|")
	if len(a.rule.item(first).names) == 0 {
		a.out[len(a.out)-1].cases = true
	}
}

// mask blanks out the names in a text.
func mask(text string, spans [][]int) string {
	b := []byte(text)
	for _, s := range spans {
		for i := s[0]; i < s[1]; i++ {
			b[i] = ' '
		}
	}
	return strings.TrimSpace(string(b))
}

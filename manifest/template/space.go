package template

import (
	"strings"
)

// settleProgram takes away the white space that ~ asks for, and the whole line of a
// block, else or comment that stands on it alone: step by step what Handlebars.js
// does, whose output partners compare theirs with.
func settleProgram(p *program, root bool) {
	if p == nil {
		return
	}
	for i, n := range p.body {
		var s strip
		var opens, closes, alone bool
		switch n.kind {
		case content:
			continue
		case comment:
			s, alone = n.strip, true
		case output:
			s = n.strip
		case block:
			s, opens, closes = settleBlock(n)
		}
		before, after := blankBefore(p.body, i, root), blankAfter(p.body, i, root)
		if s.close {
			takeAfter(p.body, i, true)
		}
		if s.open {
			takeBefore(p.body, i, true)
		}
		if alone && before && after {
			takeAfter(p.body, i, false)
			takeBefore(p.body, i, false)
		}
		if opens && before {
			takeAfter(n.first().body, -1, false)
			takeBefore(p.body, i, false)
		}
		if closes && after {
			takeAfter(p.body, i, false)
			last := n.inverse
			if last == nil {
				last = n.program
			}
			takeBefore(last.body, len(last.body), false)
		}
	}
}

// first is the part of a block that stands first; {{^x}} without else has only
// the other one.
func (n *node) first() *program {
	if n.program != nil {
		return n.program
	}
	return n.inverse
}

// settleBlock does the inside of a block and says whether its opening and its
// closing tag may stand alone on their lines.
func settleBlock(n *node) (s strip, opens, closes bool) {
	settleProgram(n.program, false)
	settleProgram(n.inverse, false)
	body, inverse := n.first(), n.inverse
	if n.program == nil {
		inverse = nil
	}
	firstElse, lastElse := inverse, inverse
	if inverse != nil && inverse.chained {
		firstElse = inverse.body[0].program
		for lastElse.chained {
			lastElse = lastElse.body[len(lastElse.body)-1].program
		}
	}
	ends := body
	if firstElse != nil {
		ends = firstElse
	}
	opens, closes = blankAfter(body.body, -1, false), blankBefore(ends.body, len(ends.body), false)
	if n.openStrip.close {
		takeAfter(body.body, -1, true)
	}
	if inverse == nil {
		if n.closeStrip.open {
			takeBefore(body.body, len(body.body), true)
		}
		return strip{n.openStrip.open, n.closeStrip.close}, opens, closes
	}
	if n.inverseStrip.open {
		takeBefore(body.body, len(body.body), true)
	}
	if n.inverseStrip.close {
		takeAfter(firstElse.body, -1, true)
	}
	if n.closeStrip.open {
		takeBefore(lastElse.body, len(lastElse.body), true)
	}
	if blankBefore(body.body, len(body.body), false) && blankAfter(firstElse.body, -1, false) {
		takeBefore(body.body, len(body.body), false)
		takeAfter(firstElse.body, -1, false)
	}
	return strip{n.openStrip.open, n.closeStrip.close}, opens, closes
}

// part gives a part of a body that is words.
func part(body []*node, i int) *node {
	if i < 0 || i >= len(body) || body[i].kind != content {
		return nil
	}
	return body[i]
}

// blankBefore reports whether nothing but white space stands on the line before
// the part i of a body.
func blankBefore(body []*node, i int, root bool) bool {
	if i == 0 {
		return root
	}
	n := part(body, i-1)
	if n == nil {
		return false
	}
	rest := strings.TrimRightFunc(n.original, blank)
	return strings.Contains(n.original[len(rest):], "\n") || rest == "" && i == 1 && root
}

// blankAfter is blankBefore for the rest of the line.
func blankAfter(body []*node, i int, root bool) bool {
	if i+1 >= len(body) {
		return root
	}
	n := part(body, i+1)
	if n == nil {
		return false
	}
	rest := strings.TrimLeftFunc(n.original, blank)
	return strings.Contains(n.original[:len(n.original)-len(rest)], "\n") || rest == "" && i+2 >= len(body) && root
}

// takeAfter takes the rest of the line behind the part i of a body away, or all
// white space.
func takeAfter(body []*node, i int, all bool) {
	n := part(body, i+1)
	if n == nil || !all && n.rightTaken {
		return
	}
	was := n.text
	if all {
		n.text = strings.TrimLeftFunc(n.text, blank)
	} else {
		n.text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimLeft(n.text, " \t"), "\r"), "\n")
	}
	n.at += len(was) - len(n.text)
	n.rightTaken = len(n.text) != len(was)
}

// takeBefore takes the blanks before the part i of a body away, or all white space.
func takeBefore(body []*node, i int, all bool) {
	n := part(body, i-1)
	if n == nil || !all && n.leftTaken {
		return
	}
	was := n.text
	if all {
		n.text = strings.TrimRightFunc(n.text, blank)
	} else {
		n.text = strings.TrimRight(n.text, " \t")
	}
	n.leftTaken = len(n.text) != len(was)
}

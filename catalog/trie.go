package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/guestright/guestright/kit/problem"
)

// Miss says why a path found no route.
type Miss uint8

// The outcomes of a match.
const (
	Found Miss = iota
	NotFound
	MethodNotAllowed
)

// node is one position in the paths. Children are tried in this order: the literal, mixed segments with most literal text
// first, the bare parameter.
type node struct {
	literals map[string]*node
	mixed    []mixedEdge
	param    *node
	routes   []*Route // those that end here, one per method
}

type mixedEdge struct {
	segment segment
	to      *node
}

// add puts a route into the trie. Two routes with the same method may not accept the same paths.
func (n *node) add(segments []segment, r *Route) error {
	for _, s := range segments {
		n = n.child(s)
	}
	if slices.ContainsFunc(n.routes, func(o *Route) bool { return o.Method == r.Method }) {
		return problem.Invalid("catalog.duplicate_route", "Two operations have the same method and accept the same paths: "+r.Method+" "+r.Template+".")
	}
	n.routes = append(n.routes, r)
	return nil
}

func (n *node) child(s segment) *node {
	switch {
	case s.isLiteral():
		if n.literals == nil {
			n.literals = map[string]*node{}
		}
		to := n.literals[s.literal()]
		if to == nil {
			to = &node{}
			n.literals[s.literal()] = to
		}
		return to
	case s.isParam():
		if n.param == nil {
			n.param = &node{}
		}
		return n.param
	}
	for _, e := range n.mixed {
		if e.segment.shape() == s.shape() {
			return e.to
		}
	}
	to := &node{}
	n.mixed = append(n.mixed, mixedEdge{segment: s, to: to})
	slices.SortStableFunc(n.mixed, func(a, b mixedEdge) int {
		return cmp.Or(cmp.Compare(b.segment.weight(), a.segment.weight()), cmp.Compare(len(a.segment.params), len(b.segment.params)), strings.Compare(a.segment.shape(), b.segment.shape()))
	})
	return to
}

// find walks the rest of a path, which starts after a slash, and gives the node where it ends. Each node stands at one
// depth only, so that going back costs at most one visit per node.
func (n *node) find(rest string, p *Params) *node {
	raw, after, more := rest, "", false
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		raw, after, more = rest[:i], rest[i+1:], true
	}
	mark := p.n
	if to := n.literal(raw); to != nil {
		if end := to.then(after, more, p); end != nil {
			return end
		}
	}
	for i := range n.mixed {
		e := &n.mixed[i]
		if matchPieces(&e.segment, raw, p) {
			if end := e.to.then(after, more, p); end != nil {
				return end
			}
		}
		p.n = mark
	}
	if n.param != nil && raw != "" && p.n < MaxParams {
		p.raw[p.n] = raw
		p.n++
		if end := n.param.then(after, more, p); end != nil {
			return end
		}
		p.n = mark
	}
	return nil
}

func (n *node) then(after string, more bool, p *Params) *node {
	if more {
		return n.find(after, p)
	}
	if len(n.routes) == 0 {
		return nil
	}
	return n
}

// literal finds the child whose decoded text is that of the raw segment.
func (n *node) literal(raw string) *node {
	if to := n.literals[raw]; to != nil && strings.IndexByte(raw, '%') < 0 {
		return to
	}
	if strings.IndexByte(raw, '%') < 0 {
		return nil
	}
	for text, to := range n.literals {
		if rest, ok := cutLiteral(raw, text); ok && rest == "" {
			return to
		}
	}
	return nil
}

// at picks the route of a method. HEAD is answered by GET (RFC 9110 section 9.3.2) unless it has a route of its own.
func (n *node) at(method string) *Route {
	var get *Route
	for _, r := range n.routes {
		if r.Method == method {
			return r
		}
		if r.Method == "GET" {
			get = r
		}
	}
	if method == "HEAD" {
		return get
	}
	return nil
}

package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"

	"github.com/guestright/guestright/manifest/value"
)

const (
	// OutputMost bounds what a template makes, in bytes.
	OutputMost = 256 << 10
	// stepsMost bounds the work: parts of the template that are done.
	stepsMost = 200_000
	// stepBytes of a value that is read as text are as much work as a part.
	stepBytes = 64
)

// JSON makes a JSON body. Inside quotation marks a value is escaped text; outside
// of them it is a JSON value of its own, null when it is absent: so data cannot
// change what the body is made of. Error: *Error, also when what comes
// out is not JSON.
func (t *Template) JSON(root value.Value) ([]byte, error) {
	r := &renderer{t: t, scopes: []scope{{this: root}}}
	if err := r.nodes(t.root); err != nil {
		return nil, err
	}
	var shape any
	err := json.Unmarshal(r.out, &shape)
	if err == nil {
		return r.out, nil
	}
	at, what := len(r.out), "what comes out is not JSON: it ends too early"
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok && int(bad.Offset) <= len(r.out) && bad.Error() != "unexpected end of JSON input" {
		at, what = max(int(bad.Offset)-1, 0), "what comes out is not JSON: "+bad.Error()
	}
	return nil, placed(t.source, r.origin(at), what)
}

type scope struct {
	this        value.Value
	key         value.Value // @key or @index
	index       int
	first, last bool
	each        bool
}

// mark says which place of the source made the output from a place on.
type mark struct {
	out, at int
	text    bool
}

type renderer struct {
	t      *Template
	out    []byte
	scopes []scope
	steps  int
	marks  []mark

	inside  bool // a JSON string
	escaped bool // behind a backslash in it
}

func (r *renderer) fail(at int, reason string) error { return placed(r.t.source, at, reason) }

// origin is the place of the source that made a place of the output.
func (r *renderer) origin(out int) int {
	i := sort.Search(len(r.marks), func(i int) bool { return r.marks[i].out > out }) - 1
	if i < 0 {
		return 0
	}
	m := r.marks[i]
	if m.text {
		return m.at + out - m.out
	}
	return m.at
}

func (r *renderer) nodes(list []node) error {
	for i := range list {
		n := &list[i]
		if r.steps++; r.steps > stepsMost {
			return r.fail(n.at, "the template does too much work for this event")
		}
		var err error
		switch n.kind {
		case nodeText:
			r.mark(n.at, true)
			r.words(n.text)
		case nodeOutput:
			r.mark(n.at, false)
			r.print(r.result(n))
		case nodeBlock:
			err = r.block(n)
		}
		if err != nil {
			return err
		}
		if len(r.out) > OutputMost {
			return r.fail(n.at, fmt.Sprintf("the body becomes longer than %d KiB", OutputMost>>10))
		}
	}
	return nil
}

func (r *renderer) mark(at int, text bool) {
	r.marks = append(r.marks, mark{out: len(r.out), at: at, text: text})
}

// words writes text of the template and notes whether a JSON string is open.
func (r *renderer) words(s string) {
	r.out = append(r.out, s...)
	for i := range len(s) {
		switch {
		case r.escaped:
			r.escaped = false
		case r.inside && s[i] == '\\':
			r.escaped = true
		case s[i] == '"':
			r.inside = !r.inside
		}
	}
}

func (r *renderer) print(v value.Value) {
	if r.inside {
		if _, raw := v.(rendered); raw {
			v = string(value.AppendJSON(nil, v.(rendered).v))
		}
		r.out, r.escaped = value.AppendQuoted(r.out, text(v)), false
		return
	}
	if raw, ok := v.(rendered); ok {
		v = raw.v
	}
	r.out = value.AppendJSON(r.out, v)
}

// rendered is a value that is JSON also inside a string.
type rendered struct{ v value.Value }

func (r *renderer) result(n *node) value.Value {
	a := r.get(n.args[0])
	switch n.text {
	case "json":
		return rendered{a}
	case "lookup":
		return step(a, r.text(r.get(n.args[1])))
	case "queryEncode":
		return strings.ReplaceAll(url.QueryEscape(r.text(a)), "+", "%20")
	case "pathEncode":
		return url.PathEscape(r.text(a))
	}
	return a
}

func (r *renderer) block(n *node) error {
	v := r.get(n.args[0])
	switch n.text {
	case "if", "unless":
		return r.either(n, truthy(v) == (n.text == "if"))
	case "equal", "equalWithElse":
		return r.either(n, r.text(v) == r.text(r.get(n.args[1])))
	case "with":
		if !truthy(v) {
			return r.nodes(n.other)
		}
		return r.in(scope{this: v}, n.body)
	}
	switch t := v.(type) {
	case value.List:
		for i, one := range t {
			if err := r.in(scope{this: one, key: json.Number(strconv.Itoa(i)), index: i, first: i == 0, last: i == len(t)-1, each: true}, n.body); err != nil {
				return err
			}
		}
		if len(t) > 0 {
			return nil
		}
	case *value.Object:
		for i := range t.Len() {
			key, one := t.At(i)
			if err := r.in(scope{this: one, key: key, index: i, first: i == 0, last: i == t.Len()-1, each: true}, n.body); err != nil {
				return err
			}
		}
		if t.Len() > 0 {
			return nil
		}
	}
	return r.nodes(n.other)
}

func (r *renderer) either(n *node, yes bool) error {
	if yes {
		return r.nodes(n.body)
	}
	return r.nodes(n.other)
}

func (r *renderer) in(s scope, body []node) error {
	r.scopes = append(r.scopes, s)
	err := r.nodes(body)
	r.scopes = r.scopes[:len(r.scopes)-1]
	return err
}

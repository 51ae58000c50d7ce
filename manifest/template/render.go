package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

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

// Options say how a template is rendered.
type Options struct {
	// Strict is for lint: what is put out or opens a section must be there, and so
	// must everything on the way to an argument of a helper or block. Otherwise what
	// is absent prints nothing.
	Strict bool
	// Signing is for helpers that sign the request; they fail without it.
	Signing *Signing
	// Most bounds the output, in bytes; 0 is OutputMost.
	Most int
}

// Render makes the text. Error: *Error.
func (t *Template) Render(d Dialect, root value.Value, o Options) ([]byte, error) {
	r := renderers.Get().(*renderer)
	defer r.release()
	err := r.render(t, d, root, o)
	if err != nil {
		return nil, err
	}
	return slices.Clone(r.out), nil
}

// Append is Render at the end of b.
func (t *Template) Append(b []byte, d Dialect, root value.Value, o Options) ([]byte, error) {
	r := renderers.Get().(*renderer)
	defer r.release()
	err := r.render(t, d, root, o)
	if err != nil {
		return b, err
	}
	return append(b, r.out...), nil
}

// JSON makes a Native body. Error: *Error, also when what comes out is not JSON.
func (t *Template) JSON(root value.Value) ([]byte, error) { return t.Body(Native, root, Options{}) }

// Body is Render for a JSON body, which must be JSON or, but for a Native one, blank.
func (t *Template) Body(d Dialect, root value.Value, o Options) ([]byte, error) {
	out, err := t.Render(d, root, o)
	if err != nil || json.Valid(out) || d != Native && Blank(out) {
		return out, err
	}
	var shape any
	at, what := len(out), "what comes out is not JSON: it ends too early"
	err = json.Unmarshal(out, &shape)
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok && int(bad.Offset) <= len(out) && bad.Error() != "unexpected end of JSON input" {
		at, what = max(int(bad.Offset)-1, 0), "what comes out is not JSON: "+bad.Error()
	}
	return nil, placed(t.source, t.origin(d, root, o, at), what)
}

// Blank reports whether a body is empty or white space only; such a one is not sent.
func Blank(body []byte) bool {
	for _, c := range body {
		if c != ' ' && (c < '\t' || c > '\r') {
			return false
		}
	}
	return true
}

type scope struct {
	this  value.Value
	over  *value.Object // what each goes over, when that is an object
	index int
	count int
	each  bool
}

// mark says which place of the source made the output from a place on.
type mark struct {
	out, at int
	text    bool
}

type renderer struct {
	t       *Template
	dialect Dialect
	strict  bool
	signing *Signing
	most    int

	out    []byte
	scopes []scope
	steps  int
	state  state // of a JSON text

	marking bool
	marks   []mark
}

var renderers = sync.Pool{New: func() any { return &renderer{scopes: make([]scope, 0, 4)} }}

// keptMost is the largest buffer that is kept for another time.
const keptMost = 64 << 10

func (r *renderer) release() {
	if cap(r.out) > keptMost {
		r.out = nil
	}
	clear(r.scopes[:cap(r.scopes)]) // nobody's data are kept
	*r = renderer{out: r.out[:0], scopes: r.scopes[:0]}
	renderers.Put(r)
}

func (r *renderer) render(t *Template, d Dialect, root value.Value, o Options) error {
	r.t, r.dialect, r.strict, r.signing, r.most = t, d, o.Strict, o.Signing, o.Most
	if r.most == 0 {
		r.most = OutputMost
	}
	r.scopes = append(r.scopes, scope{this: root})
	if err := r.ops(t.code); err != nil {
		return err
	}
	if !d.oneLine() || r.marking {
		return nil
	}
	if i := slices.IndexFunc(r.out, func(c byte) bool { return c == '\r' || c == '\n' || c == 0 }); i >= 0 {
		return placed(t.source, t.origin(d, root, o, i), "a line break or NUL can't stand in a header or address")
	}
	return nil
}

// origin is the place of the source that made a place of the output: it is
// rendered again to find it.
func (t *Template) origin(d Dialect, root value.Value, o Options, out int) int {
	r := &renderer{marking: true}
	if err := r.render(t, d, root, o); err != nil {
		return 0
	}
	i, found := slices.BinarySearchFunc(r.marks, out, func(m mark, out int) int { return m.out - out })
	for ; found && i+1 < len(r.marks) && r.marks[i+1].out == out; i++ { // what made nothing
		continue
	}
	if !found {
		i--
	}
	switch {
	case i < 0:
		return 0
	case r.marks[i].text:
		return r.marks[i].at + out - r.marks[i].out
	}
	return r.marks[i].at
}

func (r *renderer) fail(at int, reason string) error { return placed(r.t.source, at, reason) }

func (r *renderer) ops(list []op) error {
	for i := range list {
		o := &list[i]
		if r.steps++; r.steps > stepsMost {
			return r.fail(o.at, "the template does too much work for this event")
		}
		if r.marking && o.kind != opBlock {
			r.marks = append(r.marks, mark{out: len(r.out), at: o.at, text: o.kind == opText})
		}
		var err error
		switch o.kind {
		case opText:
			r.out, r.state = append(r.out, o.text...), o.next[r.state]
		case opValue:
			err = r.output(o)
		case opBlock:
			err = r.block(o)
		}
		if err != nil {
			return err
		}
		if len(r.out) > r.most {
			return r.fail(o.at, fmt.Sprintf("the body becomes longer than %d KiB", r.most>>10))
		}
	}
	return nil
}

// output writes {{x}} or {{helper x}}.
func (r *renderer) output(o *op) error {
	v, made, err := r.result(o)
	if err != nil {
		return err
	}
	if r.state == escaped {
		r.state = inside
	}
	if r.dialect == Native && r.state == outside {
		r.out = value.AppendJSON(r.out, v)
		return nil
	}
	if r.dialect == Native && o.is == jsonOf {
		v = string(value.AppendJSON(nil, v))
	}
	e := escapes[r.dialect][0]
	if o.raw {
		e = escapes[r.dialect][1]
	}
	if made && e == endpoint {
		e = none
	}
	r.out = r.appendText(r.out, v, e)
	return nil
}

// block does {{#if x}} and the like.
func (r *renderer) block(o *op) error {
	v, err := r.get(&o.args[0], o.is == plain)
	if err != nil {
		return err
	}
	switch o.is {
	case ifBlock, unlessBlock:
		return r.either(o, r.truthy(v) == (o.is == ifBlock))
	case equalBlock:
		b, err := r.get(&o.args[1], false)
		if err != nil {
			return err
		}
		return r.either(o, r.text(v) == r.text(b))
	case withBlock:
		if r.truthy(v) || isZero(v) && !r.dialect.own() {
			return r.in(scope{this: v}, o)
		}
		return r.ops(o.other)
	case plain:
		switch t := v.(type) {
		case nil:
			return r.ops(o.other)
		case bool:
			return r.either(o, t)
		case value.List:
		default:
			return r.in(scope{this: v}, o)
		}
	}
	switch t := v.(type) {
	case value.List:
		return r.each(o, len(t), func(i int) scope { return scope{this: t[i]} })
	case *value.Object:
		return r.each(o, t.Len(), func(i int) scope {
			_, one := t.At(i)
			return scope{this: one, over: t}
		})
	}
	return r.ops(o.other)
}

func (r *renderer) each(o *op, count int, at func(int) scope) error {
	if count == 0 {
		return r.ops(o.other)
	}
	for i := range count {
		if r.steps++; r.steps > stepsMost {
			return r.fail(o.at, "the template does too much work for this event")
		}
		s := at(i)
		s.index, s.count, s.each = i, count, true
		if err := r.in(s, o); err != nil {
			return err
		}
	}
	return nil
}

func (r *renderer) either(o *op, yes bool) error {
	if yes {
		return r.ops(o.body)
	}
	return r.ops(o.other)
}

func (r *renderer) in(s scope, o *op) error {
	r.scopes = append(r.scopes, s)
	err := r.ops(o.body)
	r.scopes = r.scopes[:len(r.scopes)-1]
	return err
}

package template

import (
	"encoding/json"
	"strconv"

	"github.com/guestright/guestright/manifest/value"
)

// get gives the value of an argument; nil when it is absent, which is an error in
// strict mode if needed, or if something on the way to it is absent.
func (r *renderer) get(a *argument, needed bool) (value.Value, error) {
	var v value.Value
	at := len(r.scopes) - 1 - a.up
	switch a.kind {
	case literal:
		return a.literal, nil
	case onPath:
		if at < 0 {
			return nil, r.absent(a, r.strict)
		}
		v = r.scopes[at].this
	case onRoot:
		v = r.scopes[0].this
	default:
		return r.round(a, needed)
	}
	if r.strict {
		return r.walk(a, v, needed)
	}
	for _, part := range a.path {
		v, _ = step(v, part)
	}
	return v, nil
}

// walk is the rest of get in strict mode.
func (r *renderer) walk(a *argument, v value.Value, needed bool) (value.Value, error) {
	for i, part := range a.path {
		switch v.(type) {
		case *value.Object, value.List:
		default:
			return nil, r.fail(a.at, "“"+a.written+"”: there is nothing that could hold “"+part+"”")
		}
		next, ok := step(v, part)
		if !ok && i == len(a.path)-1 {
			return nil, r.absent(a, needed)
		}
		v = next
	}
	return v, nil
}

func (r *renderer) absent(a *argument, wrong bool) error {
	if !wrong {
		return nil
	}
	return r.fail(a.at, "“"+a.written+"” is absent")
}

// round gives @index and the like of the innermost each, or of one around it.
func (r *renderer) round(a *argument, needed bool) (value.Value, error) {
	at, up := len(r.scopes)-1, a.up
	for ; at >= 0; at-- { // with changes this, and not the round
		if r.scopes[at].each {
			if up--; up < 0 {
				break
			}
		}
	}
	if at < 0 {
		return nil, r.absent(a, r.strict && needed)
	}
	s := &r.scopes[at]
	switch a.kind {
	case onFirst:
		return s.index == 0, nil
	case onLast:
		return s.index == s.count-1, nil
	case onKey:
		if s.over != nil {
			key, _ := s.over.At(s.index)
			return key, nil
		}
	}
	return index(s.index), nil
}

// few are the first numbers as values, made once.
var few = func() (all [100]value.Value) {
	for i := range all {
		all[i] = json.Number(strconv.Itoa(i))
	}
	return all
}()

func index(i int) value.Value {
	if i < len(few) {
		return few[i]
	}
	return json.Number(strconv.Itoa(i))
}

// step goes one segment further. Nothing can be reached but members, items and
// the length of lists.
func step(v value.Value, part string) (value.Value, bool) {
	switch t := v.(type) {
	case *value.Object:
		return t.Get(part)
	case value.List:
		if i, ok := value.Index(part); ok && i < len(t) {
			return t[i], true
		}
		if part == "length" {
			return index(len(t)), true
		}
	}
	return nil, false
}

// truthy is what if takes for true: everything but false, null, what is absent,
// "", 0 and the empty list.
func (r *renderer) truthy(v value.Value) bool {
	switch t := v.(type) {
	case nil:
		return false
	case bool:
		return t
	case string:
		return t != ""
	case json.Number:
		r.steps += len(t) / stepBytes
		return !isZero(t)
	case value.List:
		return len(t) > 0
	}
	return true
}

func isZero(v value.Value) bool {
	n, ok := v.(json.Number)
	if !ok {
		return false
	}
	f, err := strconv.ParseFloat(string(n), 64)
	return err == nil && f == 0
}

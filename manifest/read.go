package manifest

import (
	"encoding/json"
	"strconv"
	"strings"
)

// text is a value as text, which is work even when nothing comes out.
func (r *renderer) text(v Value) string {
	s := text(v)
	r.steps += len(s) / stepBytes
	return s
}

// get gives the value of an argument; nil when it is absent.
func (r *renderer) get(a argument) Value {
	if !a.isPath {
		return a.literal
	}
	at := len(r.scopes) - 1 - a.up
	if at < 0 {
		return nil
	}
	if len(a.path) == 1 && strings.HasPrefix(a.path[0], "@") {
		for ; at >= 0 && !r.scopes[at].each; at-- { // with changes this, and not the round
			continue
		}
		if at < 0 {
			return nil
		}
		s := r.scopes[at]
		switch a.path[0] {
		case "@index":
			return json.Number(strconv.Itoa(s.index))
		case "@first":
			return s.first
		case "@last":
			return s.last
		}
		return s.key
	}
	v := r.scopes[at].this
	for _, part := range a.path {
		v = step(v, part)
	}
	return v
}

// step goes one segment further.
func step(v Value, part string) Value {
	switch t := v.(type) {
	case *Object:
		v, _ := t.Get(part)
		return v
	case List:
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(t) {
			return t[i]
		}
		if part == "length" {
			return json.Number(strconv.Itoa(len(t)))
		}
	}
	return nil
}

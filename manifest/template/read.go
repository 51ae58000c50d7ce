package template

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/guestright/guestright/manifest/value"
)

// text is a value as text, which is work even when nothing comes out.
func (r *renderer) text(v value.Value) string {
	s := text(v)
	r.steps += len(s) / stepBytes
	return s
}

// get gives the value of an argument; nil when it is absent.
func (r *renderer) get(a argument) value.Value {
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
func step(v value.Value, part string) value.Value {
	switch t := v.(type) {
	case *value.Object:
		v, _ := t.Get(part)
		return v
	case value.List:
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(t) {
			return t[i]
		}
		if part == "length" {
			return json.Number(strconv.Itoa(len(t)))
		}
	}
	return nil
}

// truthy is what if takes for true: everything but false, null, what is absent,
// "", 0 and the empty list.
func truthy(v value.Value) bool {
	switch t := v.(type) {
	case nil:
		return false
	case bool:
		return t
	case string:
		return t != ""
	case json.Number:
		f, err := strconv.ParseFloat(t.String(), 64)
		return err != nil || f != 0
	case value.List:
		return len(t) > 0
	}
	return true
}

// text is a value in the middle of words: lists with commas, objects as JSON.
func text(v value.Value) string {
	switch t := v.(type) {
	case nil:
		return ""
	case bool:
		return strconv.FormatBool(t)
	case string:
		return t
	case json.Number:
		return t.String()
	case value.List:
		parts := make([]string, len(t))
		for i, one := range t {
			parts[i] = text(one)
		}
		return strings.Join(parts, ",")
	}
	return string(value.AppendJSON(nil, v))
}

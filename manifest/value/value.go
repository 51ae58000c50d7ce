package value

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// Value is a JSON value: nil, bool, json.Number, string, List or *Object.
type Value any

// List is a JSON array.
type List []Value

// Object is a JSON object that knows the order of its members.
type Object struct {
	keys   []string
	values []Value
	index  map[string]int // of many members; few are faster found by looking at each
}

const indexFrom = 12

// Len is how many members there are.
func (o *Object) Len() int { return len(o.keys) }

// At gives a member by its place.
func (o *Object) At(i int) (string, Value) { return o.keys[i], o.values[i] }

func (o *Object) find(key string) int {
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range o.keys {
		if k == key {
			return i
		}
	}
	return -1
}

// Get gives a member.
func (o *Object) Get(key string) (Value, bool) {
	if i := o.find(key); i >= 0 {
		return o.values[i], true
	}
	return nil, false
}

// Set adds a member, or replaces it in its place.
func (o *Object) Set(key string, v Value) {
	if i := o.find(key); i >= 0 {
		o.values[i] = v
		return
	}
	o.keys, o.values = append(o.keys, key), append(o.values, v)
	switch {
	case o.index != nil:
		o.index[key] = len(o.keys) - 1
	case len(o.keys) == indexFrom:
		o.index = make(map[string]int, 2*indexFrom)
		for i, k := range o.keys {
			o.index[k] = i
		}
	}
}

// Of makes an object of names and values in turn.
func Of(pairs ...Value) *Object { return (&Object{}).With(pairs...) }

// With is a copy with more members, names and values in turn; what it holds is
// shared.
func (o *Object) With(pairs ...Value) *Object {
	out := &Object{}
	for i := range o.Len() {
		out.Set(o.At(i))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		out.Set(name, pairs[i+1])
	}
	return out
}

// Inner gives a member that is an object; an empty one when there is none.
func (o *Object) Inner(key string) *Object {
	v, _ := o.Get(key)
	if in, ok := v.(*Object); ok {
		return in
	}
	return &Object{}
}

// AppendJSON writes a value as compact JSON.
func AppendJSON(b []byte, v Value) []byte {
	switch t := v.(type) {
	case bool:
		return strconv.AppendBool(b, t)
	case json.Number:
		return append(b, t...)
	case string:
		return append(AppendQuoted(append(b, '"'), t), '"')
	case List:
		b = append(b, '[')
		for i, one := range t {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendJSON(b, one)
		}
		return append(b, ']')
	case *Object:
		b = append(b, '{')
		for i, key := range t.keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(AppendQuoted(append(b, '"'), key), '"', ':')
			b = AppendJSON(b, t.values[i])
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

// AppendQuoted writes what stands between the quotes of a JSON string.
func AppendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 { // no text: not JSON, either
				b = append(append(b, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += n
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		i++
		from = i
	}
	return append(b, s[from:]...)
}

package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Value is a JSON value: nil, bool, json.Number, string, List or *Object.
type Value any

// List is a JSON array.
type List []Value

// Object is a JSON object that knows the order of its members.
type Object struct {
	keys   []string
	values map[string]Value
}

// Get gives a member.
func (o *Object) Get(key string) (Value, bool) {
	v, ok := o.values[key]
	return v, ok
}

// Set adds or replaces a member.
func (o *Object) Set(key string, v Value) {
	if o.values == nil {
		o.values = map[string]Value{}
	}
	if _, there := o.values[key]; !there {
		o.keys = append(o.keys, key)
	}
	o.values[key] = v
}

// nestMost bounds the depth of data.
const nestMost = 100

var errNested = errors.New("the data is nested too deeply")

// Decode reads JSON with numbers as they are written and members in their order.
func Decode(data []byte) (Value, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := decode(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

func decode(d *json.Decoder, depth int) (Value, error) {
	if depth > nestMost {
		return nil, errNested
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('['):
		list := List{}
		for d.More() {
			v, err := decode(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	case json.Delim('{'):
		o := &Object{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := decode(d, depth+1)
			if err != nil {
				return nil, err
			}
			name, _ := key.(string)
			o.Set(name, v)
		}
		_, err := d.Token()
		return o, err
	}
	return t, nil
}

// truthy is what if takes for true: everything but false, null, what is absent,
// "", 0 and the empty list.
func truthy(v Value) bool {
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
	case List:
		return len(t) > 0
	}
	return true
}

// text is a value in the middle of words: lists with commas, objects as JSON.
func text(v Value) string {
	switch t := v.(type) {
	case nil:
		return ""
	case bool:
		return strconv.FormatBool(t)
	case string:
		return t
	case json.Number:
		return t.String()
	case List:
		parts := make([]string, len(t))
		for i, one := range t {
			parts[i] = text(one)
		}
		return strings.Join(parts, ",")
	}
	return string(appendJSON(nil, v))
}

// appendJSON writes a value as compact JSON.
func appendJSON(b []byte, v Value) []byte {
	switch t := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, t)
	case json.Number:
		return append(b, t...)
	case string:
		b = append(b, '"')
		b = appendQuoted(b, t)
		return append(b, '"')
	case List:
		b = append(b, '[')
		for i, one := range t {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, one)
		}
		return append(b, ']')
	case *Object:
		b = append(b, '{')
		for i, key := range t.keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendQuoted(append(b, '"'), key), '"', ':')
			b = appendJSON(b, t.values[key])
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

// appendQuoted writes what stands between the quotes of a JSON string.
func appendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xf])
		default:
			b = append(b, string(r)...)
		}
	}
	return b
}

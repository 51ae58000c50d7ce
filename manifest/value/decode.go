package value

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// nestMost bounds the depth of data.
const nestMost = 100

var errNested = errors.New("the data is nested too deeply")

// Decode reads JSON with numbers as they are written and members in their order. Of
// members with one name the last wins, in the place of the first.
func Decode(data []byte) (Value, error) {
	if !json.Valid(data) {
		var shape any
		if err := json.Unmarshal(data, &shape); err != nil {
			return nil, err
		}
		return nil, errNested // no other text is valid for one and not for the other
	}
	d := decoder{src: string(data)}
	return d.value(0)
}

// decoder reads a text that is known to be JSON. What it gives shares the memory of
// the text.
type decoder struct {
	src string
	pos int
}

// next skips white space and gives the next byte.
func (d *decoder) next() byte {
	for d.src[d.pos] == ' ' || d.src[d.pos] == '\n' || d.src[d.pos] == '\t' || d.src[d.pos] == '\r' {
		d.pos++
	}
	return d.src[d.pos]
}

func (d *decoder) value(depth int) (Value, error) {
	if depth > nestMost {
		return nil, errNested
	}
	switch c := d.next(); c {
	case '[':
		return d.list(depth)
	case '{':
		return d.object(depth)
	case '"':
		return d.text(), nil
	case 't':
		d.pos += len("true")
		return true, nil
	case 'f':
		d.pos += len("false")
		return false, nil
	case 'n':
		d.pos += len("null")
		return nil, nil
	}
	from := d.pos
	for d.pos < len(d.src) && strings.IndexByte("+-.0123456789Ee", d.src[d.pos]) >= 0 {
		d.pos++
	}
	return json.Number(d.src[from:d.pos]), nil
}

// more steps over the bracket or comma before an item, or over the bracket behind
// the last one.
func (d *decoder) more(end byte) bool {
	d.pos++
	if d.next() == end {
		d.pos++
		return false
	}
	return true
}

func (d *decoder) list(depth int) (Value, error) {
	out := List{}
	for d.more(']') {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if out = append(out, v); d.next() == ']' {
			d.pos++
			break
		}
	}
	return out, nil
}

func (d *decoder) object(depth int) (Value, error) {
	out := &Object{}
	for d.more('}') {
		key := d.text()
		d.next()
		d.pos++ // the colon
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if out.Set(key, v); d.next() == '}' {
			d.pos++
			break
		}
	}
	return out, nil
}

// text reads a string.
func (d *decoder) text() string {
	d.pos++
	from := d.pos
	for d.src[d.pos] != '"' && d.src[d.pos] != '\\' {
		d.pos++
	}
	if d.src[d.pos] == '"' {
		d.pos++
		return sound(d.src[from : d.pos-1])
	}
	b := []byte(d.src[from:d.pos])
	for d.src[d.pos] != '"' {
		c := d.src[d.pos]
		if d.pos++; c != '\\' {
			b = append(b, c)
			continue
		}
		c = d.src[d.pos]
		d.pos++
		switch c {
		case 'u':
			b = utf8.AppendRune(b, d.character())
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		default:
			b = append(b, c)
		}
	}
	d.pos++
	return sound(string(b))
}

// character reads the digits behind \u; two escapes may be one character. Half of
// such a pair is none.
func (d *decoder) character() rune {
	r := d.hex()
	if !utf16.IsSurrogate(r) || !strings.HasPrefix(d.src[d.pos:], `\u`) {
		return r
	}
	d.pos += 2
	pair := utf16.DecodeRune(r, d.hex())
	if pair == utf8.RuneError {
		d.pos -= 6
	}
	return pair
}

func (d *decoder) hex() rune {
	var r rune
	for _, c := range d.src[d.pos : d.pos+4] {
		switch {
		case c >= 'a':
			c -= 'a' - 10
		case c >= 'A':
			c -= 'A' - 10
		default:
			c -= '0'
		}
		r = r<<4 | c
	}
	d.pos += 4
	return r
}

// sound puts U+FFFD in the place of each byte that is no text.
func sound(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

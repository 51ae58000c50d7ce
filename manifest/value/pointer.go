package value

import (
	"errors"
	"strings"
)

// Pointer is a place in a document (RFC 6901).
type Pointer struct{ steps []string }

var (
	errPointerStart  = errors.New("a JSON pointer is empty or begins with /")
	errPointerEscape = errors.New("in a JSON pointer ~ is written ~0 and / in a name ~1")
)

// ParsePointer reads a pointer. "" is the whole document; brackets mean nothing
// and are part of a name.
func ParsePointer(s string) (Pointer, error) {
	if s == "" {
		return Pointer{}, nil
	}
	if s[0] != '/' {
		return Pointer{}, errPointerStart
	}
	steps := strings.Split(s[1:], "/")
	for i, step := range steps {
		name, ok := unescape(step)
		if !ok {
			return Pointer{}, errPointerEscape
		}
		steps[i] = name
	}
	return Pointer{steps: steps}, nil
}

func unescape(step string) (string, bool) {
	if !strings.Contains(step, "~") {
		return step, true
	}
	var b strings.Builder
	for i := 0; i < len(step); i++ {
		if step[i] != '~' {
			b.WriteByte(step[i])
			continue
		}
		if i++; i == len(step) || step[i] != '0' && step[i] != '1' {
			return "", false
		}
		b.WriteByte("~/"[step[i]-'0'])
	}
	return b.String(), true
}

// String gives the pointer as it is written.
func (p Pointer) String() string {
	var b strings.Builder
	for _, step := range p.steps {
		b.WriteByte('/')
		b.WriteString(escaper.Replace(step))
	}
	return b.String()
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// Steps gives the names and indexes, unescaped.
func (p Pointer) Steps() []string { return p.steps }

// Get gives the value at the place. That it is absent, because a member is
// missing or a scalar stands in the way, is no error.
func (p Pointer) Get(v Value) (Value, bool) {
	for _, step := range p.steps {
		switch t := v.(type) {
		case *Object:
			var ok bool
			if v, ok = t.Get(step); !ok {
				return nil, false
			}
		case List:
			i, ok := Index(step)
			if !ok || i >= len(t) {
				return nil, false
			}
			v = t[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// Index reads an index of a list: decimal, without leading zeros.
func Index(step string) (int, bool) {
	if step == "" || len(step) > 9 || step[0] == '0' && len(step) > 1 {
		return 0, false
	}
	n := 0
	for i := range len(step) {
		if step[i] < '0' || step[i] > '9' {
			return 0, false
		}
		n = n*10 + int(step[i]-'0')
	}
	return n, true
}

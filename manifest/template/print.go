package template

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/guestright/guestright/manifest/value"
)

// entities are what Handlebars.js makes of characters; the last two are not for
// endpoints.
var entities = [256]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': "&quot;", '\'': "&#x27;", '`': "&#x60;", '=': "&#x3D;"}

// appendEscaped writes a text.
func appendEscaped(b []byte, s string, e escaping) []byte {
	switch e {
	case none:
		return append(b, s...)
	case quoted:
		return value.AppendQuoted(b, s)
	}
	from := 0
	for i := range len(s) {
		c := s[i]
		if entities[c] == "" || e == endpoint && (c == '`' || c == '=') {
			continue
		}
		b = appendBetween(b, s[from:i], e)
		b = append(b, entities[c]...)
		from = i + 1
	}
	return appendBetween(b, s[from:], e)
}

func appendBetween(b []byte, s string, e escaping) []byte {
	if e == htmlQuoted {
		return value.AppendQuoted(b, s)
	}
	return append(b, s...)
}

// appendText writes a value in the middle of words: lists with commas, objects as
// JSON, nothing for null.
func (r *renderer) appendText(b []byte, v value.Value, e escaping) []byte {
	switch t := v.(type) {
	case string:
		return appendEscaped(b, t, e)
	case json.Number:
		return append(b, r.number(t)...)
	case bool:
		return strconv.AppendBool(b, t)
	case value.List:
		for i, one := range t {
			if i > 0 {
				b = append(b, ',')
			}
			b = r.appendText(b, one, e)
		}
	case *value.Object:
		if e == none || r.dialect == JSON && r.state == outside {
			return value.AppendJSON(b, v)
		}
		b = appendEscaped(b, string(value.AppendJSON(nil, v)), e)
	}
	return b
}

// text is a value as text, which is work even when nothing comes out.
func (r *renderer) text(v value.Value) string {
	var s string
	switch t := v.(type) {
	case nil:
		return ""
	case string:
		s = t
	case json.Number:
		s = r.number(t)
	case bool:
		return strconv.FormatBool(t)
	default:
		s = string(r.appendText(nil, v, none))
	}
	r.steps += len(s) / stepBytes
	return s
}

// number is a number as text. Our own bodies keep it as it was written; otherwise
// it is as JavaScript prints it, but whole numbers never lose a digit and are
// never in exponent form.
func (r *renderer) number(n json.Number) string {
	s := string(n)
	r.steps += len(s) / stepBytes
	if r.dialect == Native {
		return s
	}
	return numeral(s)
}

// digitsMost bounds a number that is written out; larger ones are none in JavaScript.
const digitsMost = 308

func numeral(s string) string {
	if !strings.ContainsAny(s, ".eE") {
		if s == "-0" {
			return "0"
		}
		return s
	}
	if w, ok := whole(s); ok {
		return w
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	if f == 0 {
		return "0"
	}
	if f < 1e-6 && f > -1e-6 {
		out := strconv.FormatFloat(f, 'e', -1, 64)
		return strings.Replace(out, "e-0", "e-", 1)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// whole writes a whole number such as 1.5e12 out.
func whole(s string) (string, bool) {
	rest, minus := strings.CutPrefix(s, "-")
	at := strings.IndexAny(rest, "eE")
	exponent := 0
	if at >= 0 {
		var err error
		if exponent, err = strconv.Atoi(strings.TrimPrefix(rest[at+1:], "+")); err != nil || exponent > digitsMost || exponent < -digitsMost {
			return "", false
		}
		rest = rest[:at]
	}
	digits, fraction, _ := strings.Cut(rest, ".")
	point := len(digits) + exponent
	digits += fraction
	if point < 0 {
		point, digits = 0, strings.Repeat("0", -point)+digits
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	if strings.Trim(digits[point:], "0") != "" {
		return "", false
	}
	out := strings.TrimLeft(digits[:point], "0")
	if out == "" {
		return "0", true
	}
	if minus {
		out = "-" + out
	}
	return out, true
}

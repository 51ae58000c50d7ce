package template

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/guestright/guestright/manifest/value"
)

// result gives what {{x}} or {{helper x}} stands for, and whether a helper made it.
func (r *renderer) result(o *op) (value.Value, bool, error) {
	a, err := r.get(&o.args[0], o.is == plain && r.strict)
	if err != nil || o.is == plain {
		return a, false, err
	}
	rest := make([]value.Value, 0, len(helpers))
	for i := range o.args[1:] {
		v, err := r.get(&o.args[i+1], false)
		if err != nil {
			return nil, false, err
		}
		rest = append(rest, v)
	}
	switch o.is {
	case jsonOf:
		if r.dialect == Native {
			return a, true, nil
		}
		return string(value.AppendJSON(nil, a)), true, nil
	case lookup:
		v, _ := step(a, r.text(rest[0]))
		return v, false, nil
	case queryEncode:
		if r.dialect.own() {
			return percent(r.text(a), "-_.~"), true, nil
		}
		return percent(r.text(a), "-_.!~*'()"), true, nil
	case pathEncode:
		if r.dialect.own() {
			return percent(r.text(a), "-_.~$&+=:@"), true, nil
		}
		return percent(r.text(a), "-_.!~*'();,/?:@&=+$#"), true, nil
	case basicAuth:
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(r.text(a)+":"+r.text(rest[0]))), true, nil
	case formatWithOffset:
		out, reason := r.moment(a, rest[0], r.text(rest[1]))
		if reason != "" && r.strict {
			return nil, false, r.fail(o.at, reason)
		}
		return out, true, nil
	}
	out, reason := r.edgeGrid(o, a, rest)
	if reason != "" {
		return nil, false, r.fail(o.at, reason)
	}
	return out, true, nil
}

// percent encodes all bytes but letters, digits and what is kept.
func percent(s, kept string) string {
	const hex = "0123456789ABCDEF"
	same := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(kept, c) >= 0
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; same(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// millisecondsMost bounds a moment: RFC 3339 has years of four digits.
const millisecondsMost = 253_402_300_799_999

// moment prints a time in Unix milliseconds that is moved by seconds.
func (r *renderer) moment(at, offset value.Value, format string) (out, reason string) {
	ms, ok := r.integer(at)
	if !ok {
		return "", "formatWithOffset takes a time in milliseconds"
	}
	s, ok := r.integer(offset)
	if !ok {
		return "", "formatWithOffset takes an offset in seconds"
	}
	if ms += s * 1000; ms > millisecondsMost || ms < -millisecondsMost {
		return "", "formatWithOffset takes times up to the year 9999"
	}
	t := time.UnixMilli(ms).UTC()
	switch format {
	case "seconds":
		return strconv.FormatInt(t.Unix(), 10), ""
	case "rfc3339":
		return t.Format("2006-01-02T15:04:05Z"), ""
	case "simple":
		return t.Format(time.DateTime), ""
	}
	return strconv.FormatInt(ms, 10), ""
}

// integer reads a number, or a text that is one, of at most 15 digits.
func (r *renderer) integer(v value.Value) (int64, bool) {
	s := ""
	switch t := v.(type) {
	case string:
		s = t
	case json.Number:
		s = r.number(t)
	}
	n, err := strconv.ParseInt(numeral(s), 10, 64)
	return n, err == nil && n < 1e15 && n > -1e15
}

package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/web"
)

// named reads JSON token by token and reports whether an object names a member
// twice: what CheckJSON does in one look.
func named(b []byte) bool {
	type level struct {
		seen map[string]bool
		key  bool
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var open []level
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err != nil {
			return false
		}
		if d, ok := tok.(json.Delim); ok && (d == '}' || d == ']') {
			open = open[:len(open)-1]
			continue
		}
		if n := len(open); n > 0 && open[n-1].seen != nil {
			if s, ok := tok.(string); ok && open[n-1].key {
				if open[n-1].seen[s] {
					return true
				}
				open[n-1].seen[s], open[n-1].key = true, false
				continue
			}
			open[n-1].key = true
		}
		switch tok {
		case json.Delim('{'):
			open = append(open, level{seen: map[string]bool{}, key: true})
		case json.Delim('['):
			open = append(open, level{})
		}
	}
}

// Whatever is valid JSON is refused for a name that comes twice exactly when a
// reader of tokens sees it twice.
func FuzzCheckJSONFindsNamesThatComeTwice(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `"a"`, `1`, `{"a":1,"a":2}`, `{"a":1,"b":{"a":2,"a":3}}`, `[{"a":1},{"a":1}]`, `{"a":["a","a",{"b":"a","c":"b"}],"b":"a"}`,
		`{"a\"":1,"a\"":2}`, `{"\u0061":1,"a":2}`, `{"\\":1,"\\\\":2}`, `{"a":"\\","a":1}`, `{"":1,"":2}`, `{"a":{},"a":[]}`, `[[],{},[{"x":[{"x":1,"x":2}]}]]`,
		`{"\ud800":1,"\ud801":2}`, "{\"a\" : 1 ,\n \"a\"\t: 2}", `{"k":"a,b","b":"{","{":1}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		err := web.CheckJSON(b)
		if err != nil && problem.CodeOf(err) != "body_duplicate_key" {
			return
		}
		if got, want := err != nil, named(b); got != want {
			t.Errorf("%q: twice %v, want %v", b, got, want)
		}
	})
}

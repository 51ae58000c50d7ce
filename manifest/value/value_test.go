package value_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/guestright/guestright/manifest/value"
)

func decode(t testing.TB, data string) value.Value {
	t.Helper()
	v, err := value.Decode([]byte(data))
	if err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return v
}

// What is read is written again as it was: numbers, order, depth.
func TestDecodeKeepsWhatIsWritten(t *testing.T) {
	t.Parallel()
	for _, s := range []string{`{"z":1.50e12,"a":[null,true,"é\n\"\\\u0001"],"m":{"n":12345678901234567890}}`, `[]`, `{}`, `"x"`, `-0.0`, `null`, `false`} {
		if got := string(value.AppendJSON(nil, decode(t, s))); got != s {
			t.Errorf("%s became %s", s, got)
		}
	}
	for _, s := range []string{``, `{`, `[1`, `{"a"}`, `1 2`, `tru`, strings.Repeat("[", 200) + strings.Repeat("]", 200)} {
		if v, err := value.Decode([]byte(s)); err == nil {
			t.Errorf("%.40q was read as %v", s, v)
		}
	}
}

// Objects of few and of many members behave alike.
func TestObjectsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	o := &value.Object{}
	for i := range 40 {
		o.Set(fmt.Sprint("k", i), i)
		o.Set("k0", "again") // in its place
		if v, ok := o.Get(fmt.Sprint("k", i)); !ok || i > 0 && v != i || o.Len() != i+1 {
			t.Fatalf("member %d of %d is %v", i, o.Len(), v)
		}
		if _, ok := o.Get("absent"); ok {
			t.Fatal("there is what was never put")
		}
	}
	if k, v := o.At(0); k != "k0" || v != "again" {
		t.Errorf("first is %s: %v", k, v)
	}
	if k, _ := o.At(39); k != "k39" {
		t.Errorf("last is %s", k)
	}
}

func TestBytesThatAreNoTextBecomeReplacementCharacters(t *testing.T) {
	t.Parallel()
	if got := string(value.AppendJSON(nil, "a\xffb\u2028\x7f")); got != "\"a\ufffdb\u2028\x7f\"" {
		t.Errorf("%q", got)
	}
}

// slow decodes with the standard library, token by token.
func slow(d *json.Decoder) (value.Value, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('['):
		list := value.List{}
		for d.More() {
			v, err := slow(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	case json.Delim('{'):
		o := &value.Object{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := slow(d)
			if err != nil {
				return nil, err
			}
			o.Set(key.(string), v)
		}
		_, err := d.Token()
		return o, err
	}
	return t, nil
}

// Whatever is JSON is read as the standard library reads it, and nothing else is.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,"x",null,true]}`, `"\ud800"`, `"\ud83d\ude00\ud83dx\u00e9\uD83D\uDE00"`, `1e400`, `{"a":1,"a":2}`, "\"\u2028\"", "\"\xff\\n\xc3\"", " [ ] ", "{ }", "[ 1 , { \"a\" : [ ] } ]\n", `"\b\f\n\r\t\/\\\""`, `-0`, ``, `[1,]`, `"\ud800\ud800"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := value.Decode([]byte(s))
		if (err == nil) != json.Valid([]byte(s)) && !strings.Contains(fmt.Sprint(err), "too deeply") {
			t.Fatalf("%q: %v", s, err)
		}
		if err != nil {
			return
		}
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		want, err := slow(d)
		if err != nil || !reflect.DeepEqual(v, want) {
			t.Fatalf("%q is read as %#v, not %#v %v", s, v, want, err)
		}
		once := value.AppendJSON(nil, v)
		again, err := value.Decode(once)
		if err != nil || string(value.AppendJSON(nil, again)) != string(once) {
			t.Errorf("%q became %s %v", s, once, err)
		}
	})
}

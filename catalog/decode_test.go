package catalog

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Data are read as the library of schemas reads them.
func FuzzDataAreReadAsSchemasNeedThem(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":[1,-0.5e3,true,false,null,"x\u00e9"],"b":{"c":[]}}`, `{"a":1,"a":2}`, `[1`, `{"a"`, `{"a":}`, `1 2`, ``, `"x"`, `12345678901234567890.1`, `{"a":"\ud800"}`, ` { } `, `{"a":1,}`, `nul`, "\xff"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want, werr := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		got, err := decoded(data)
		if (err == nil) != (werr == nil) {
			t.Fatalf("%q: %v instead of %v", data, err, werr)
		}
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v instead of %#v", data, got, want)
		}
	})
}

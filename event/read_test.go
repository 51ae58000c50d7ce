package event

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/web"
)

// usual reads a draft as encoding/json does, which is the measure.
func usual(body []byte) (Draft, error) {
	var d Draft
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.DisallowUnknownFields()
	return d, dec.Decode(&d)
}

// The quick reader finds in a draft what encoding/json finds, and what it cannot
// read is refused in the words of that.
func TestDraftsAreReadAlike(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"type":"a.b","account_key":"k","data":{"x":1}}`, `{"Type":"a.b","account_key":"k","data":{}}`, `{"type":"a","type ":"b"}`, `{"id":null,"version":null,"timestamp":null,"data":null}`,
		`{"version":1.0}`, `{"version":1e2}`, `{"version":99999999999999999999}`, `{"version":"1"}`, `{"timestamp":"2026-11-30T18:00:00.123456789Z"}`, `{"timestamp":"2026-11-30T18:00:00,5Z"}`,
		`{"timestamp":"2026-11-30 18:00:00Z"}`, `{"timestamp":"2026-11-30T24:00:00Z"}`, `{"timestamp":"2026-11-30T18:00:00+24:00"}`, `{"timestamp":1}`, `{"data":[1,{"a":"\u00e9\ud83d\ude00"}], "subject" : "proj/x" }`,
		`{"data":"\ud800"}`, `{"id":"\ud800"}`, `{"nothing":1}`, `[]`, `null`, `"x"`, `1`, `{}`, `{"data":{"a":1}}`, `{"id":"a\/b\n"}`,
	} {
		body := []byte(text)
		if err := web.CheckJSON(body); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		want, err := usual(body)
		var got Draft
		found := readDraft(body, &got, reading{})
		if (err == nil) != (len(found) == 0) {
			t.Errorf("%s: %v, and %+v", body, err, found)
		}
		if err != nil {
			continue
		}
		if got.Timestamp != nil && want.Timestamp != nil && got.Timestamp.Equal(*want.Timestamp) {
			got.Timestamp = want.Timestamp
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v instead of %+v", body, got, want)
		}
	}
}

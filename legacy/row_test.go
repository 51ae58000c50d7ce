package legacy

import (
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
)

var sample = strings.Repeat("ab", 32)

func TestRowsAreReadFromCSVAndJSONLines(t *testing.T) {
	t.Parallel()
	csv := "\ufeffAccount, sha256,label,scopes,created\r\n" +
		"north," + sample + `,"ERP, nightly",flags.read  projects.read,2021-05-01` + "\r\n" +
		"south," + sample + ",Zap,*,\r\n"
	lines := `{"account":"north","sha256":"` + sample + `","label":"ERP, nightly","scopes":["flags.read","projects.read"],"created":"2021-05-01T00:00:00Z"}` + "\n\n" +
		`{"account":"south","sha256":"` + sample + `","label":"Zap","everything":true}` + "\n"
	for name, text := range map[string]string{"csv": csv, "json": lines} {
		rows, err := ParseRows([]byte(text))
		if err != nil || len(rows) != 2 {
			t.Fatalf("%s: %d rows, %v", name, len(rows), err)
		}
		a, b := rows[0], rows[1]
		if a.Account != "north" || a.SHA256 != sample || a.Label != "ERP, nightly" || len(a.Scopes) != 2 || a.Everything || a.Created.Year() != 2021 {
			t.Errorf("%s: %+v", name, a)
		}
		if !b.Everything || len(b.Scopes) != 0 || !b.Created.IsZero() {
			t.Errorf("%s: %+v", name, b)
		}
		for i, r := range rows {
			if f := r.check(r.at(i), time.Now()); len(f) > 0 {
				t.Errorf("%s: %v", name, f)
			}
		}
	}
}

func TestUnreadableFilesSayWhereAndNeverWhat(t *testing.T) {
	t.Parallel()
	for text, where := range map[string]string{
		"": "line 1", "account,password\nx,y": "line 1", "account,account\nx,y": "line 1",
		"account,label\nonly-one": "line 2", "account,created\nx,yesterday-secret": "line 2",
		`{"account":"x"` + "\n": "line 1", "{}\n{\"unheard\":1}": "line 2", `{"scopes":7}`: "line 1", `{"created":"secret"}`: "line 1",
		"account,label\n\"open": "line 2",
	} {
		_, err := ParseRows([]byte(text))
		e := problem.Of(err)
		if e == nil || e.Code != "legacy_import_unreadable" || len(e.Fields) != 1 || e.Fields[0].Pointer != where {
			t.Errorf("%q: %v", text, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the value is repeated: %v", text, err)
		}
	}
}

func TestRowRules(t *testing.T) {
	t.Parallel()
	now := time.Now()
	good := `{"account":"north","key":"plain-key-1","label":"x","everything":true}`
	for change, code := range map[string]string{
		`"key":"plain-key-1"|"key":""`: "required", `"key":"plain-key-1"|"sha256":"abc"`: "sha256_invalid",
		`"key":"plain-key-1"|"key":"short"`: "key_invalid", `"key":"plain-key-1"|"key":"with blanks in it"`: "key_invalid",
		`"key":"plain-key-1"|"key":"grpk_plain-key-1"`: "key_ours", `"label":"x"|"label":" "`: "label_invalid",
		`"account":"north"|"account":""`: "required", `,"everything":true|`: "scopes_unclear", `"everything":true|"everything":true,"scopes":["a"]`: "scopes_unclear",
		`"label":"x"|"label":"x","created":"2999-01-01"`: "in_the_future", `"label":"x"|"label":"x","expires":"2001-01-01"`: "in_the_past",
		`"key":"plain-key-1"|"key":"plain-key-1","sha256":"` + sample + `"`: "key_twice",
	} {
		was, is, _ := strings.Cut(change, "|")
		text := strings.Replace(good, was, is, 1)
		rows, err := ParseRows([]byte(text))
		if err != nil || text == good {
			t.Fatalf("%s: %v", text, err)
		}
		f := rows[0].check("line 1", now)
		if len(f) != 1 || f[0].Code != code {
			t.Errorf("%s: %v, want %s", text, f, code)
		}
	}
	a, _ := ParseRows([]byte(good))
	b, _ := ParseRows([]byte(`{"account":"north","sha256":"5e3d86cbb3bb5d6ac3ed0a4c1d36a0ec4d9ea9c9aab1a7f3f8bb3d9f0d4b6d3c","label":"x"}`))
	if s, ok := a[0].sum(); !ok {
		t.Error("no sum")
	} else if other, ok := b[0].sum(); !ok || s == other {
		t.Error("two keys with one sum")
	}
}

package value_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/guestright/guestright/manifest/value"
)

// The first rows are the examples of RFC 6901, chapter 5.
func TestPointers(t *testing.T) {
	t.Parallel()
	doc := decode(t, `{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8,
		"result":[{"sys_id":"s1","no":false,"zero":0,"nil":null}],"batch[0]":{"x":"named"},"batch":[{"x":"listed"}],"01":"key"}`)
	for _, c := range []struct{ pointer, want string }{
		{"/foo", `["bar","baz"]`}, {"/foo/0", `"bar"`}, {"/", "0"}, {"/a~1b", "1"}, {"/c%d", "2"}, {"/e^f", "3"}, {"/g|h", "4"}, {`/i\j`, "5"}, {`/k"l`, "6"}, {"/ ", "7"}, {"/m~0n", "8"},
		{"/result/0/sys_id", `"s1"`}, {"/result/0/no", "false"}, {"/result/0/zero", "0"}, {"/result/0/nil", "null"},
		{"/batch[0]/x", `"named"`}, {"/batch/0/x", `"listed"`}, {"/01", `"key"`},
		{"/foo/2", "absent"}, {"/foo/-", "absent"}, {"/foo/00", "absent"}, {"/foo/+1", "absent"}, {"/foo/bar", "absent"}, {"/foo/99999999999999999999", "absent"}, {"/foo/", "absent"},
		{"/foo/0/x", "absent"}, {"/result/0/nil/x", "absent"}, {"/result/0/zero/x", "absent"}, {"/nobody", "absent"}, {"/nobody/at/home", "absent"}, {"/foo/length", "absent"},
	} {
		p, err := value.ParsePointer(c.pointer)
		if err != nil {
			t.Errorf("%s: %v", c.pointer, err)
			continue
		}
		got := "absent"
		if v, ok := p.Get(doc); ok {
			got = string(value.AppendJSON(nil, v))
		}
		if got != c.want || p.String() != c.pointer {
			t.Errorf("%s gives %s, not %s; it is written %s", c.pointer, got, c.want, p)
		}
	}
	if whole, err := value.ParsePointer(""); err != nil || whole.String() != "" || len(whole.Steps()) != 0 {
		t.Errorf("%v %v", whole, err)
	} else if v, ok := whole.Get(doc); !ok || v != doc {
		t.Errorf("the empty pointer gives %v", v)
	}
	for _, bad := range []string{"a", "a/b", "/~", "/~2", "/a~", "#/a", " /a"} {
		if p, err := value.ParsePointer(bad); err == nil {
			t.Errorf("%q was read as %q", bad, p)
		}
	}
}

// Whatever is a pointer is written again as it was, and looking at it never fails.
func FuzzPointer(f *testing.F) {
	for _, s := range []string{"", "/", "/a/0", "/a~1b/~0", "/batch[0]/x", "/-", "/01", "~", "/\xff", "/result/0/sys_id", "/details/status/value"} {
		f.Add(s)
	}
	files, err := filepath.Glob("../../../shared/corpus/launchdarkly/integrations/*/manifest.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files { // the pointers of the published integrations, where they are at hand
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, s := range regexp.MustCompile(`"(/[^"\\]*)"`).FindAllSubmatch(raw, -1) {
			f.Add(string(s[1]))
		}
	}
	doc := decode(f, `{"a":[{"b":1},[2]],"":{"":null},"x~y":"s"}`)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := value.ParsePointer(s)
		if err != nil {
			return
		}
		if p.String() != s {
			t.Errorf("%q became %q", s, p)
		}
		if v, ok := p.Get(doc); !ok && v != nil {
			t.Errorf("%q is absent and gives %v", s, v)
		}
		if len(p.Steps()) != strings.Count(s, "/") {
			t.Errorf("%q has %d steps", s, len(p.Steps()))
		}
	})
}

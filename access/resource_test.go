package access_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/guestright/guestright/access"
)

func TestResourceForms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct{ text, str, kinds, kind string }{
		"acct":                           {"acct", "acct", "acct", "acct"},
		"platform":                       {"platform", "platform", "platform", "platform"},
		"proj/x:env/y:flag/z;t1,t2":      {"proj/x:env/y:flag/z;t1,t2", "proj/x:env/y:flag/z", "proj:env:flag", "flag"},
		"proj/x:/env/y;":                 {"proj/x:env/y;", "proj/x:env/y", "proj:env", "env"},
		"env/y;{critical:true};a;view:k": {"env/y;a;{critical:true};view:k", "env/y", "env", "env"},
		"env/y;t;view:k:flag/z":          {"env/y;t;view:k:flag/z", "env/y:flag/z", "env:flag", "flag"},
		"course/id%3Aa%2Fb %25":          {"course/id%3Aa%2Fb %25", "course/id%3Aa%2Fb %25", "course", "course"},
	} {
		r, err := access.ParseResource(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		got := struct{ text, str, kinds, kind string }{r.Text(), r.String(), r.Kinds(), r.Kind()}
		if got != want {
			t.Errorf("%q: %+v", in, got)
		}
	}
	for _, in := range []string{"", "proj/", "/", "proj/*", "proj/${roleAttribute/x}", "proj/a:env", "proj/a:", "proj/a/b", "role/%61dmin", "role/Admin ",
		"role/admin\u200b", "role/a;{x}", "role/a;b,,c", "role/a%", "role/a\x00", "role/\xff", "*"} {
		if r, err := access.ParseResource(in); err == nil {
			t.Errorf("%q was read as %q", in, r.Text())
		}
	}
}

func TestResourceConstructors(t *testing.T) {
	t.Parallel()
	app := access.On("group", "g", "application", "a")
	if app.String() != "group/g:application/a" || access.On("group", "g").Child("application", "a").String() != app.String() {
		t.Errorf("On = %s", app)
	}
	for name, r := range map[string]access.Resource{
		"odd": access.On("group"), "empty name": access.On("group", ""), "nothing": access.On(), "empty child": app.Child("key", ""),
		"child of nothing": access.Resource{}.Child("key", "k"), "no kind": access.NewResource(access.Segment{Name: "x"}),
	} {
		if !r.IsZero() {
			t.Errorf("%s: %s", name, r)
		}
	}
	// Names given as they are cannot smuggle structure.
	odd := access.On("course", "a:env/b;c,*")
	if back, err := access.ParseResource(odd.String()); err != nil || back.Kinds() != "course" || !cmp.Equal(back.Segments(), odd.Segments()) {
		t.Errorf("%s read back as %v, %v", odd, back.Segments(), err)
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in, of string
		want   bool
	}{
		{"group/g", "group/g", true}, {"group/g:application/a", "group/g", true}, {"group/g", "group/g:application/a", false},
		{"group/gg", "group/g", false}, {"account/g", "group/g", false}, {"account/a", "platform", true}, {"platform", "group/g", false},
		{"group/G", "group/g", false}, {"group/g", "platform/x", false},
	} {
		if got := resource(t, tc.in).Within(resource(t, tc.of)); got != tc.want {
			t.Errorf("%s within %s: %v", tc.in, tc.of, got)
		}
	}
	if (access.Resource{}).Within(access.Platform()) || access.Platform().Within(access.Resource{}) {
		t.Error("the zero resource lies within something")
	}
}

func TestShapeFill(t *testing.T) {
	t.Parallel()
	shape := access.NewShape("proj", "env", "flag")
	segments := []access.Segment{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	if got := shape.Fill(segments).String(); got != "proj/a:env/b:flag/c" {
		t.Errorf("Fill = %s", got)
	}
	for _, bad := range [][]access.Segment{nil, segments[:2], {{Name: "a"}, {}, {Name: "c"}}, {{}, {Name: "b"}, {Name: "c"}}} {
		if got := shape.Fill(bad); !got.IsZero() {
			t.Errorf("Fill(%v) = %s", bad, got)
		}
	}
}

func FuzzParseResource(f *testing.F) {
	for _, in := range []string{"proj/x:env/y;qa_eu:flag/z;t1,t2", "acct", "env/y;{critical:true};view:k:flag/z", "course/id%3Aa", "a/b;"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		r, err := access.ParseResource(in)
		if err != nil {
			return
		}
		back, err := access.ParseResource(r.Text())
		if err != nil || back.Text() != r.Text() || back.Kinds() != r.Kinds() {
			t.Fatalf("%q → %q → %q, %v", in, r.Text(), back.Text(), err)
		}
	})
}

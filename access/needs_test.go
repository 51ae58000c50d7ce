package access_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/guestright/guestright/access"
)

var (
	a = access.Entitlement("a")
	b = access.Entitlement("b")
	c = access.Entitlement("c")
	d = access.Entitlement("d")
	s = access.Scope("contacts.readonly")
)

// sets writes alternatives as "a+b | c".
func sets(in [][]access.Atom) string {
	var out []string
	for _, set := range in {
		var names []string
		for _, atom := range set {
			names = append(names, atom.Name)
		}
		out = append(out, strings.Join(names, "+"))
	}
	return strings.Join(out, " | ")
}

func having(names ...string) func(access.Atom) bool {
	return func(a access.Atom) bool { return slices.Contains(names, a.Name) }
}

func TestNeedsForms(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		needs   access.Needs
		str     string
		json    string
		minimal string
	}{
		{"unmapped", access.Needs{}, "", `null`, ""},
		{"all of nothing", access.All(), "", `null`, ""},
		{"any of nothing", access.Any(), "", `null`, ""},
		{"all with an unmapped part", access.All(a, access.Needs{}), "", `null`, ""},
		{"any with an unmapped part", access.Any(a, access.Needs{}), "a", `{"entitlement":"a"}`, "a"},
		{"scope", s, "contacts.readonly", `{"scope":"contacts.readonly"}`, "contacts.readonly"},
		{"single collapses", access.All(access.Any(a)), "a", `{"entitlement":"a"}`, "a"},
		{"flat and distinct", access.All(a, access.All(b, a), b), "a and b", `{"all":[{"entitlement":"a"},{"entitlement":"b"}]}`, "a+b"},
		{"mixed", access.All(a, access.Any(b, c)), "a and (b or c)", `{"all":[{"entitlement":"a"},{"any":[{"entitlement":"b"},{"entitlement":"c"}]}]}`, "a+b | a+c"},
		{"shorter absorbs longer", access.Any(access.All(a, b), a), "(a and b) or a", `{"any":[{"all":[{"entitlement":"a"},{"entitlement":"b"}]},{"entitlement":"a"}]}`, "a"},
		{"same name, two kinds", access.All(access.Scope("x"), access.Entitlement("x")), "x and x", `{"all":[{"scope":"x"},{"entitlement":"x"}]}`, "x+x"},
		{"repeated or", access.All(access.Any(a, b), access.Any(a, c)), "(a or b) and (a or c)", `{"all":[{"any":[{"entitlement":"a"},{"entitlement":"b"}]},{"any":[{"entitlement":"a"},{"entitlement":"c"}]}]}`, "a | b+c"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := tc.needs.String(); got != tc.str {
				t.Errorf("String = %q, want %q", got, tc.str)
			}
			out, err := json.Marshal(tc.needs)
			if err != nil || string(out) != tc.json {
				t.Errorf("JSON = %s, %v, want %s", out, err, tc.json)
			}
			var back access.Needs
			if err := json.Unmarshal(out, &back); err != nil || !back.Equal(tc.needs) {
				t.Errorf("read back %v, %v", back, err)
			}
			if got := sets(tc.needs.Minimal()); got != tc.minimal {
				t.Errorf("Minimal = %q, want %q", got, tc.minimal)
			}
			if !tc.needs.Mapped() {
				return
			}
			again, err := access.ParseNeeds(tc.needs.Text())
			if err != nil || !again.Equal(tc.needs) {
				t.Errorf("ParseNeeds(%q) = %v, %v", tc.needs.Text(), again, err)
			}
		})
	}
}

func TestNeedsMissing(t *testing.T) {
	t.Parallel()
	n := access.Any(access.All(a, b), access.All(a, c, d))
	for _, tc := range []struct {
		has     []string
		met     bool
		missing string
	}{
		{nil, false, "a+b | a+c+d"},
		{[]string{"a"}, false, "b | c+d"},
		{[]string{"b"}, false, "a"},
		{[]string{"a", "c"}, false, "b | d"},
		{[]string{"a", "b"}, true, ""},
		{[]string{"a", "c", "d"}, true, ""},
	} {
		if got := n.Met(having(tc.has...)); got != tc.met {
			t.Errorf("Met(%v) = %v", tc.has, got)
		}
		if got := sets(n.Missing(having(tc.has...))); got != tc.missing {
			t.Errorf("Missing(%v) = %q, want %q", tc.has, got, tc.missing)
		}
	}
	if got := (access.Needs{}).Missing(having()); got != nil {
		t.Errorf("an unmapped requirement is missing %v", got)
	}
	if (access.Needs{Op: access.OpAll}).Met(having()) {
		t.Error("a literal empty all was met")
	}
}

// A listing is cut at 256 sets, and what it lists is still minimal.
func TestNeedsMinimalIsBounded(t *testing.T) {
	t.Parallel()
	var parts []access.Needs
	for i := range 24 {
		x, y := string(rune('a'+i)), string(rune('A'+i))
		parts = append(parts, access.Any(access.Entitlement(x), access.All(access.Entitlement(y), access.Entitlement("common"))))
	}
	n := access.All(parts...)
	got := n.Minimal()
	if len(got) == 0 || len(got) > 256 {
		t.Fatalf("%d sets", len(got))
	}
	for _, set := range got {
		for skip := -1; skip < len(set); skip++ {
			met := n.Met(func(a access.Atom) bool {
				i := slices.Index(set, a)
				return i >= 0 && i != skip
			})
			if met != (skip < 0) {
				t.Fatalf("set %v without %d: met %v", set, skip, met)
			}
		}
	}
}

func TestParseNeeds(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]access.Needs{
		"a and b or c":                       access.Any(access.All(a, b), c),
		"a and (b or c)":                     access.All(a, access.Any(b, c)),
		" ( (a) )OR(b AND c) ":               access.Any(a, access.All(b, c)),
		"scope:contacts.readonly":            s,
		"entitlement:a":                      a,
		`entitlement:"and" and "or"`:         access.All(access.Entitlement("and"), access.Entitlement("or")),
		"course.user:VIEW":                   access.Entitlement("course.user:VIEW"),
		`scope:"two words" or scope:"q\"(x"`: access.Any(access.Scope("two words"), access.Scope(`q"(x`)),
	} {
		got, err := access.ParseNeeds(in)
		if err != nil || !got.Equal(want) {
			t.Errorf("ParseNeeds(%q) = %s, %v", in, got.Text(), err)
		}
	}
	if got, err := access.ParseNeedsAs(access.KindScope, "x"); err != nil || !got.Equal(access.Scope("x")) {
		t.Errorf("bare words as scopes: %v, %v", got, err)
	}
	for _, in := range []string{"", " ", "and", "a and", "a b", "(a", "a)", "a or or b", `"a`, `a"b"`, "scope:", `""`, "a\u200bb", `" a"`,
		strings.Repeat("(", 40) + "a" + strings.Repeat(")", 40), strings.Repeat("x", 201), strings.Repeat("a or ", 600) + "a"} {
		if got, err := access.ParseNeeds(in); err == nil {
			t.Errorf("ParseNeeds(%q) = %s", in, got.Text())
		}
	}
}

func TestNeedsJSONIsStrict(t *testing.T) {
	t.Parallel()
	for in, pointer := range map[string]string{
		`{}`: "", `[]`: "", `{"x":1}`: "", `{"scope":""}`: "/scope", `{"scope":1}`: "/scope", `{"scope":"x","scope":"y"}`: "",
		`{"Scope":"x"}`: "", `{"all":[]}`: "/all", `{"all":[{"any":[{"scope":"x"},{"scope":" y"}]}]}`: "/all/0/any/1/scope", `{"any":[null]}`: "/any/0",
	} {
		var n access.Needs
		err := json.Unmarshal([]byte(in), &n)
		if err == nil {
			t.Errorf("%s was read as %v", in, n)
			continue
		}
		if got := pointers(err); !cmp.Equal(got, []string{pointer}) {
			t.Errorf("%s: pointers %q, want %q", in, got, pointer)
		}
	}
}

func TestProgramAgreesWithNeeds(t *testing.T) {
	t.Parallel()
	for _, n := range []access.Needs{
		{}, a, access.All(a, b), access.Any(a, b), access.All(a, access.Any(b, c)), access.Any(access.All(a, b), access.All(c, d)),
		access.Any(access.All(a, access.Any(b, access.All(c, d))), access.All(b, d)), access.All(access.Any(a, b), access.Any(c, d), access.Any(a, d)),
	} {
		atoms := []access.Atom{a.Atom, b.Atom, c.Atom, d.Atom}
		// Far apart, so that more than one word of bits is used.
		p := n.Compile(func(x access.Atom) int { return slices.Index(atoms, x) * 40 })
		for mask := range 16 {
			bits := make([]uint64, 2)
			for i := range atoms {
				if mask>>i&1 == 1 {
					bits[i*40/64] |= 1 << (i * 40 % 64)
				}
			}
			want := n.Met(func(x access.Atom) bool { return mask>>slices.Index(atoms, x)&1 == 1 })
			if got := p.Met(bits); got != want {
				t.Errorf("%s with %04b: %v, want %v", n, mask, got, want)
			}
		}
		if n.Mapped() && p.Met(nil) {
			t.Errorf("%s met by nothing", n)
		}
	}
	nobody := a.Compile(func(access.Atom) int { return -1 })
	if nobody.Met([]uint64{^uint64(0)}) {
		t.Error("an atom without a bit was met")
	}
}

func FuzzParseNeeds(f *testing.F) {
	for _, in := range []string{"a and (b or c)", `scope:"x y" or entitlement:z`, "((a))", `"`, "a or"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		n, err := access.ParseNeeds(in)
		if err != nil {
			return
		}
		again, err := access.ParseNeeds(n.Text())
		if err != nil || !again.Equal(n) {
			t.Fatalf("%q → %q → %v, %v", in, n.Text(), again, err)
		}
		out, err := json.Marshal(n)
		var back access.Needs
		if err != nil || json.Unmarshal(out, &back) != nil || !back.Equal(n) {
			t.Fatalf("%q → %s → %v", in, out, back)
		}
	})
}

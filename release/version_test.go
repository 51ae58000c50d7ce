package release

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/kit/problem"
)

func known(scope string) bool { return scope == "flags.read" || scope == "flags.write" }

func TestContentCheck(t *testing.T) {
	t.Parallel()
	good := Content{Number: "1.0.0", Required: []Request{{Scope: "flags.read", Purpose: "Shows them."}}}
	for _, tc := range []struct {
		name   string
		change func(*Content)
		want   string // pointer and code; "" when sound
	}{
		{"sound", func(*Content) {}, ""},
		{"no number", func(c *Content) { c.Number = "" }, "/number version_invalid"},
		{"two numbers", func(c *Content) { c.Number = "1.0" }, "/number version_invalid"},
		{"a leading zero", func(c *Content) { c.Number = "1.01.0" }, "/number version_invalid"},
		{"a negative number", func(c *Content) { c.Number = "1.-1.0" }, "/number version_invalid"},
		{"a pre-release", func(c *Content) { c.Number = "1.0.0-rc1" }, "/number version_invalid"},
		{"no scopes: it may get a package", func(c *Content) { c.Required = nil }, ""},
		{"an unknown scope", func(c *Content) { c.Optional = []Request{{Scope: "x", Purpose: "y"}} }, "/optional/0/scope scope_unknown"},
		{"a scope twice", func(c *Content) { c.Optional = c.Required }, "/optional/0/scope scope_twice"},
		{"no purpose", func(c *Content) { c.Required = []Request{{Scope: "flags.read", Purpose: " "}} }, "/required/0/purpose required"},
		{"a long purpose", func(c *Content) { c.Required = []Request{{Scope: "flags.read", Purpose: strings.Repeat("ä", 301)}} }, "/required/0/purpose too_long"},
		{"a long name", func(c *Content) { c.RoleName = strings.Repeat("x", 101) }, "/role_name too_long"},
		{"a strange delegation", func(c *Content) { c.Delegation = "always" }, "/delegation unknown"},
	} {
		c := good
		tc.change(&c)
		got := ""
		if f := c.Check(known); len(f) > 0 {
			got = f[0].Pointer + " " + f[0].Code
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestAsksOrDoes(t *testing.T) {
	t.Parallel()
	some := []Request{{Scope: "a"}}
	for _, tc := range []struct {
		v      Version
		packed bool
		code   string
	}{{Version{Required: some}, false, ""}, {Version{Optional: some}, false, ""}, {Version{}, true, ""}, {Version{Required: some}, true, ""}, {Version{}, false, "version_invalid"}} {
		err := tc.v.asksOrDoes(tc.packed)
		if problem.CodeOf(err) != tc.code || err != nil && problem.Of(err).Fields[0].Pointer != "/required" {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}

func TestKeyFrom(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Deploybot": "deploybot", "  Harbour — Watch 2.0! ": "harbour-watch-2-0", "Überwachung": "berwachung", "監視": "integration", "": "integration",
		strings.Repeat("long ", 40): strings.TrimSuffix(strings.Repeat("long-", 20), "-")} {
		if got := keyFrom(name); got != want || soundKey(got) != nil {
			t.Errorf("%q: %q", name, got)
		}
	}
	for _, key := range []string{"", "A", "a_b", "-a", "a-", "a--b", "../a", "a/b", strings.Repeat("a", 101)} {
		if problem.CodeOf(soundKey(key)) != "package_invalid" {
			t.Errorf("%q is a key", key)
		}
	}
}

func TestApprove(t *testing.T) {
	t.Parallel()
	v := Version{Required: []Request{{Scope: "a"}}, Optional: []Request{{Scope: "b"}}}
	for _, tc := range []struct{ scopes, code string }{
		{"a", ""}, {"a b", ""}, {"b", "scope_required"}, {"", "scope_required"}, {"a c", "scope_not_requested"},
	} {
		if got := problem.CodeOf(v.Approve(strings.Fields(tc.scopes))); got != tc.code {
			t.Errorf("%q: %q, want %q", tc.scopes, got, tc.code)
		}
	}
}

func TestHighest(t *testing.T) {
	t.Parallel()
	all := []Version{{Number: "1.9.0", State: Live}, {Number: "1.10.0", State: Live}, {Number: "2.0.0", State: Draft}, {Number: "3.0.0", State: Retired}}
	if v, ok := highest(all, Live); !ok || v.Number != "1.10.0" {
		t.Errorf("live: %v %v", v.Number, ok)
	}
	if v, ok := highest(all, Draft); !ok || v.Number != "2.0.0" {
		t.Errorf("draft: %v %v", v.Number, ok)
	}
	if _, ok := highest(nil, Live); ok {
		t.Error("one of none")
	}
}

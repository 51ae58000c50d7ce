package role_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/role"
)

// M-15: a name or key that could be mistaken for a built-in role, however it is
// spelled, is refused.
func TestM15_NamesThatLookLikeAnother(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, key, want string }{
		{"Ops engineer", "ops", ""},
		{"Größe & Maß", "groesse", ""},
		{"Редактор", "redaktor", ""},
		{"%61dmin", "x", "/name encoded"},
		{"100% sure", "x", ""},
		{"Admin ", "x", "/name built_in"},
		{" ADMIN", "x", "/name built_in"},
		{"admin\u200b", "x", "/name unprintable"},
		{"ad\u00admin", "x", "/name unprintable"},
		{"admin\u3164", "x", "/name unprintable"},
		{"ａｄｍｉｎ", "x", "/name built_in"},
		{"Administrator", "x", "/name built_in"},
		{"аdmin", "x", "/name mixed_scripts"}, // the first letter is Cyrillic
		{"no access", "x", "/name built_in"},
		{"No_Access", "x", "/name built_in"},
		{"no  access", "x", "/name built_in"},
		{"", "x", "/name name_invalid"},
		{"   ", "x", "/name name_invalid"},
		{strings.Repeat("x", 201), "x", "/name name_invalid"},
		{"a\xff", "x", "/name name_invalid"},
		{"Fine", "admin", "/key built_in"},
		{"Fine", "Admin", "/key key_invalid"},
		{"Fine", "%61dmin", "/key key_invalid"},
		{"Fine", "admin ", "/key key_invalid"},
		{"Fine", "admin\u200b", "/key key_invalid"},
		{"Fine", "9x", "/key key_invalid"},
		{"Fine", "", "/key key_invalid"},
		{"Fine", strings.Repeat("x", 101), "/key key_invalid"},
	} {
		got := ""
		if f := (role.Draft{Key: tc.key, Name: tc.name}).Check(); len(f) > 0 {
			got = f[0].Pointer + " " + f[0].Code
		}
		if got != tc.want {
			t.Errorf("%q, key %q: %q, want %q", tc.name, tc.key, got, tc.want)
		}
	}
}

func TestDraftCheck(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]role.Draft{
		"/base unknown":                    {Key: "x", Name: "X", Base: "writer"},
		"/manage unknown":                  {Key: "x", Name: "X", Manage: []string{"roles", "everything"}},
		"/description description_invalid": {Key: "x", Name: "X", Description: "a\x00"},
		"/policy/0/effect policy.effect":   {Key: "x", Name: "X", Policy: access.Policy{{Effect: "perhaps", Actions: []string{"*"}, Resources: []string{"*"}}}},
		"/policy/0 policy.resources_both":  {Key: "x", Name: "X", Policy: access.Policy{{Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}, NotResources: []string{"proj/*"}}}},
	} {
		got := ""
		if f := d.Check(); len(f) > 0 {
			got = f[0].Pointer + " " + f[0].Code
		}
		if got != want {
			t.Errorf("%+v: %q, want %q", d, got, want)
		}
	}
}

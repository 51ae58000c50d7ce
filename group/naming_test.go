package group_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/group"
)

func TestA3_NamingRules(t *testing.T) {
	t.Parallel()
	plain := group.Naming{Forbidden: []string{"test", "Demo"}}
	strict := group.Naming{Forbidden: []string{"test"}, Required: []string{"Inc", "Ltd"}}
	for _, tc := range []struct {
		rules group.Naming
		name  string
		want  string
	}{
		{plain, "Acme - Sudoku", ""},
		{plain, "Acme - Sudoku -test", "forbidden_word"},
		{plain, "Acme TEST", "forbidden_word"},
		{plain, "demo/acme", "forbidden_word"},
		{plain, "Contest Makers", ""},
		{plain, "", "required"},
		{plain, "   ", "required"},
		{plain, strings.Repeat("ä", 80), ""},
		{plain, strings.Repeat("ä", 81), "too_long"},
		{plain, "Acme\u200b", "unprintable"},
		{plain, "Acme\nInc", "unprintable"},
		{strict, "Acme", "missing_token"},
		{strict, "Acme ltd", ""},
		{strict, "Acme Inc test", "forbidden_word"},
		{group.Naming{}, "anything test", ""},
	} {
		got := ""
		if f := tc.rules.Check(tc.name); len(f) > 0 {
			got = f[0].Code
			if f[0].Pointer != "/name" {
				t.Errorf("%q: pointer %s", tc.name, f[0].Pointer)
			}
		}
		if got != tc.want {
			t.Errorf("%q: %q, want %q", tc.name, got, tc.want)
		}
	}
}

package capability_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/capability"
)

func TestWebAddressesLeadToTheWeb(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://a.example/b?c=1#d": "https://a.example/b?c=1#d", "http://a.example": "http://a.example", " https://a.example/ ": "https://a.example/", "HTTPS://A.example/": "https://A.example/",
		`https://a.example/"><script>`: "https://a.example/%22%3E%3Cscript%3E",
		"javascript:alert(1)":          "", "java\nscript:alert(1)": "", "data:text/html,x": "", "//a.example": "", "/a": "", "https:///a": "", "https://u:p@a.example": "", "": "", "https://a b.example": "",
		"https://a.example/" + strings.Repeat("x", 2048): "",
	} {
		if got, ok := capability.WebAddress(in); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", in, got, ok)
		}
	}
}

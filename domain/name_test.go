package domain_test

import (
	"strings"
	"testing"

	"github.com/guestright/guestright/domain"
	"github.com/guestright/guestright/kit/problem"
)

func TestNamesHaveOneSpelling(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"example.com": "example.com", " Example.COM. ": "example.com", "app.harbour.co.uk": "app.harbour.co.uk", "harbour.co.uk": "harbour.co.uk",
		"müller.de": "xn--mller-kva.de", "MÜLLER.de": "xn--mller-kva.de", "xn--mller-kva.de": "xn--mller-kva.de", "straße.de": "xn--strae-oqa.de",
		"例え。jp": "xn--r8jz45g.jp", "team.github.io": "team.github.io", "a-1.example.com": "a-1.example.com", "harbour.example": "harbour.example",
	} {
		got, err := domain.Normal(typed)
		if err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", typed, got, err, want)
		}
	}
}

func TestNamesThatNobodyOwnsAreRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	for typed, want := range map[string]string{
		"": "form", ".": "form", "https://example.com": "form", "example.com/path": "form", "example.com:443": "form", "me@example.com": "form", "*.example.com": "form",
		"exa mple.com": "form", "a..example.com": "form", "_x.example.com": "form", "-a.example.com": "form", long + ".com": "form", strings.Repeat("abcdefg.", 30) + "com": "form",
		"xn--a.com": "form", "example.com..": "form", "example%2ecom": "form", "exa\u0000mple.com": "form",
		"192.0.2.1": "address", "::1": "address", "[2001:db8::1]": "address", "127.1": "address", "0x7f.1": "address", "example.0x7f": "address", "fe80::1%eth0": "address", "１２７.0.0.1": "address",
		"com": "public_suffix", "CO.UK": "public_suffix", "github.io": "public_suffix", "localhost": "public_suffix", "s3.amazonaws.com": "public_suffix", "公司.cn": "public_suffix",
	} {
		got, err := domain.Normal(typed)
		p := problem.Of(err)
		if err == nil || p.Code != "domain_name_invalid" || len(p.Fields) != 1 || p.Fields[0].Code != want || p.Fields[0].Pointer != "/name" {
			t.Errorf("%q: %q %v, want %s", typed, got, err, want)
		}
	}
}

func TestCoversTheNameAndWhatLiesBelow(t *testing.T) {
	t.Parallel()
	names := []string{"example.com", "xn--mller-kva.de"}
	for host, want := range map[string]bool{
		"example.com": true, "app.example.com": true, "a.b.Example.COM": true, "example.com.": true, "müller.de": true, "www.xn--mller-kva.de": true,
		"badexample.com": false, "example.com.evil.org": false, "com": false, "": false, ".": false, "example.org": false, "localhost": false, "127.0.0.1": false,
	} {
		if domain.Covers(names, host) != want {
			t.Errorf("%q: want %v", host, want)
		}
	}
	if domain.Covers(nil, "example.com") {
		t.Error("nothing covers something")
	}
}

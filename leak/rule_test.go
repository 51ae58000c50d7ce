package leak

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/token"
)

func TestWhatATextHolds(t *testing.T) {
	t.Parallel()
	a, b := secret.Generate(secret.AccessToken).Reveal(), secret.Generate(secret.ClientSecret).Reveal()
	for text, want := range map[string][2]int{
		"":                             {0, 0},
		a:                              {1, 0},
		a + a:                          {1, 0}, // each once
		a + b:                          {2, 0},
		"x" + a + "\n" + "TOKEN='" + b: {2, 0},
		a[:len(a)-1]:                   {0, 0}, // begins like ours: never a key from before
		"legacy-key":                   {0, 1},
		" legacy-key \r\nlegacy-key\n": {0, 1},
		"two words":                    {0, 0},
		"short":                        {0, 0},
		strings.Repeat("x", 513):       {0, 0},
		"clé-de-l'ancien":              {0, 0},
		strings.Repeat("no-credential", 1) + "\n" + strings.Join(numbers(20), "\n"): {0, 5},
	} {
		ours, foreign := found(text)
		if len(ours) != want[0] || len(foreign) != want[1] {
			t.Errorf("%.60q: %d of ours, %d others, want %v", text, len(ours), len(foreign), want)
		}
	}
	many := strings.Builder{}
	for range 120 {
		many.WriteString(secret.Generate(secret.AccessToken).Reveal())
	}
	if ours, _ := found(many.String()); len(ours) != 100 {
		t.Errorf("%d of one report", len(ours))
	}
}

func TestSignedTokensAreFoundInText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "",
		"eyJ":                         "",
		"eyJa.b":                      "",
		"Bearer eyJa.b-_.c, thanks":   "eyJa.b-_.c",
		"see eyJa.b.c.":               "eyJa.b.c",
		"eyJa.b.c\neyJa.b.c eyJd.e.f": "eyJa.b.c eyJd.e.f",
		"eyJa.b.c.d.e":                "", // encrypted, so not ours
		"eyJ" + strings.Repeat("a", token.SignedMost) + ".b.c": "",
	} {
		var got []string
		for _, s := range signed(text) {
			got = append(got, s.Reveal())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%.40q: %q, want %q", text, got, want)
		}
	}
	if got := signed(strings.Repeat("eyJa.b.c ", 3) + strings.Join(func() []string {
		var out []string
		for _, n := range numbers(40) {
			out = append(out, "eyJ"+n+".b.c")
		}
		return out
	}(), " ")); len(got) != signedMost {
		t.Errorf("%d of one report", len(got))
	}
}

func numbers(n int) []string {
	var out []string
	for i := range n {
		out = append(out, "candidate-"+strconv.Itoa(i))
	}
	return out
}

func TestThePlaceRepeatsNoCredential(t *testing.T) {
	t.Parallel()
	a := secret.Generate(secret.AccessToken).Reveal()
	without := []secret.Text{secret.New("legacy-key")}
	for where, want := range map[string]string{
		"https://x.example/?k=" + a + "&l=legacy-key": "https://x.example/?k=[secret]&l=[secret]",
		" a\x00b\r\n c\u202ed\u200b ":                 "a b c d",
		"\xff\xfe":                                    "\ufffd\ufffd",
	} {
		if got := place(where, without); got != want {
			t.Errorf("%q: %q, want %q", where, got, want)
		}
	}
	if got := place(strings.Repeat("é", 300), nil); len(got) > WhereMost || strings.Contains(got, "\ufffd") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func FuzzFound(f *testing.F) {
	f.Add(secret.Generate(secret.AccessToken).Reveal(), "https://x")
	f.Add("grat_\ngrat_", "grat_")
	f.Fuzz(func(t *testing.T, text, where string) {
		for _, s := range signed(text) {
			if !strings.Contains(text, s.Reveal()) {
				t.Fatalf("%q", s.Reveal())
			}
		}
		ours, foreign := found(text)
		for _, s := range ours {
			if !secret.WellFormed(s.Reveal()) || !strings.Contains(text, s.Reveal()) {
				t.Fatalf("%q", s.Reveal())
			}
		}
		for _, s := range foreign {
			if secret.Ours(s.Reveal()) || !strings.Contains(text, s.Reveal()) {
				t.Fatalf("%q", s.Reveal())
			}
		}
		if got := place(where, ours); len(got) > WhereMost || strings.ContainsAny(got, "\n\r\x00") {
			t.Fatalf("%q", got)
		}
	})
}

func TestThePaceOfANetwork(t *testing.T) {
	t.Parallel()
	var p pace
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for i := range reportsMost {
		if err := p.take(netip.MustParseAddr("203.0.113."+strconv.Itoa(i)), now); err != nil {
			t.Fatal(err)
		}
	}
	err := p.take(netip.MustParseAddr("203.0.113.7"), now.Add(reportsWithin-time.Second))
	if e := problem.Of(err); e.Code != "leak_reports_many" || e.After != time.Second {
		t.Errorf("%+v", e)
	}
	for _, other := range []string{"203.0.114.7", "2001:db8:1::1", "::ffff:198.51.100.1"} {
		if err := p.take(netip.MustParseAddr(other), now); err != nil {
			t.Errorf("%s: %v", other, err)
		}
	}
	if err := p.take(netip.MustParseAddr("203.0.113.7"), now.Add(reportsWithin)); err != nil {
		t.Error(err)
	}
	for i := range networks + 10 {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1})
		if err := p.take(a, now); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.all) > networks {
		t.Errorf("%d networks are remembered", len(p.all))
	}
}

package password_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/guestright/guestright/identity/password"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// cheap keeps tests quick.
var cheap = password.Cost{Memory: 64, Passes: 1, Lanes: 1}

func code(t *testing.T, p string, own ...string) string {
	t.Helper()
	f := password.Check(secret.New(p), "/password", own...)
	if len(f) == 0 {
		return ""
	}
	if f[0].Pointer != "/password" || len(p) > 8 && strings.Contains(f[0].Detail, p) {
		t.Errorf("%q: finding %+v", p, f[0])
	}
	return f[0].Code
}

func TestCheck(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"":                         "too_short",
		"short-7":                  "too_short",
		"grüße":                    "too_short", // counted in characters, not in bytes
		"日本語のパスワード":                "",          // nine characters
		strings.Repeat("ab3x", 33): "too_long",
		"line\nbreak-here":         "control_character",
		"bad\xffutf-8-text":        "not_text",
		"stapler horse 41 clouds":  "",
		"lowercaseonlyisfine":      "",
		"vK4#tz!mLq":               "",
	}
	for p, want := range cases {
		if got := code(t, p); got != want {
			t.Errorf("%q: %q, want %q", p, got, want)
		}
	}
	if got := code(t, strings.Repeat("é", 4)+"wxyzéa"+strings.Repeat("x1y2", 29)); got != "" {
		t.Errorf("126 characters in more bytes: %q", got)
	}
}

func TestCommonPasswordsAndTheirVariantsAreRefused(t *testing.T) {
	t.Parallel()
	for _, p := range []string{
		"password", "Password1", "PASSWORD123!", "p4ssw0rd", "P@ssw0rd", "passw0rd2024", "12345678", "123456789", "1234567890", "87654321",
		"qwertyuiop", "QwErTy123", "1q2w3e4r", "1qaz2wsx", "qazwsxedc", "zaq12wsx", "asdfghjkl", "iloveyou", "ILoveYou2", "princess1", "sunshine",
		"football", "baseball1", "superman!", "trustno1", "letmein1", "letmein!!", "welcome1", "Welcome2024!", "admin123", "administrator",
		"11111111", "aaaaaaaa", "abababab", "abcabcabc", "12341234", "abcd1234", "1234abcd", "michael1", "dragon1984", "monkeymonkey",
		"liverpool", "starwars", "computer", "jordan23!", "19841225", "01.02.1990", "0171 2345678", "changeme", "ChangeMe!", "drowssap",
		"qwerty12345", "blink182!", "guestright", "Guestright1", "!!password!!", "$ecret123",
	} {
		if got := code(t, p); got != "too_common" {
			t.Errorf("%q: %q", p, got)
		}
	}
	for _, p := range []string{
		"violet otter 7 teacups", "orchard-kettle-52-lamp", "mKx-29-vrTT-pw", "brisket4lantern", "dragon and 19 fluent otters", "0917-4410-2231-8850",
	} {
		if got := code(t, p); got != "" {
			t.Errorf("%q: %q", p, got)
		}
	}
}

// Every password of the published list is refused, in capitals too.
func TestPublishedPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("published.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(text))
	if len(all) < 3000 {
		t.Fatalf("only %d passwords", len(all))
	}
	for i, p := range all {
		if got := code(t, p); got != "too_common" {
			t.Errorf("%q: %q", p, got)
		}
		if i%50 > 0 {
			continue
		}
		if got := code(t, strings.ToUpper(p)); got != "too_common" {
			t.Errorf("%q in capitals: %q", p, got)
		}
	}
	if got := code(t, all[0]+"\n"+all[1]); got == "too_common" {
		t.Error("two of them with a line break between are not one of them")
	}
}

func TestOwnWordsAreRefused(t *testing.T) {
	t.Parallel()
	own := []string{"Rosalind.Ferro@harbour.example", "Rosalind Ferro", "Harbour Books"}
	for _, p := range []string{"rosalindferro", "Rosalind.Ferro", "ferroferro", "harbourbooks1", "rosalind.ferro@harbour.example"} {
		if got := code(t, p, own...); got != "too_personal" {
			t.Errorf("%q: %q", p, got)
		}
	}
	if got := code(t, "rosalind keeps 9 otters", own...); got != "" {
		t.Errorf("a sentence: %q", got)
	}
}

func TestHashesVerifyAcrossNormalForms(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := password.NewHasher(cheap, 2)
	stored, err := h.Hash(ctx, secret.New("caf\u00e9 am Kanal"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("form: %s", stored[:20])
	}
	for p, want := range map[string]bool{"caf\u00e9 am Kanal": true, "cafe\u0301 am Kanal": true, "cafe am Kanal": false, "": false} {
		got, err := h.Verify(ctx, stored, secret.New(p))
		if err != nil || got != want {
			t.Errorf("%q: %v %v", p, got, err)
		}
	}
	again, err := h.Hash(ctx, secret.New("caf\u00e9 am Kanal"))
	if err != nil || again == stored {
		t.Error("the salt is not random")
	}
	if h.Stale(stored) || !password.NewHasher(password.Cost{}, 1).Stale(stored) {
		t.Error("Stale does not follow the cost")
	}
}

func TestNothingMatchesAnAbsentOrBrokenHash(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := password.NewHasher(cheap, 2)
	if ok, err := h.Verify(ctx, "", secret.New("anything at all")); ok || err != nil {
		t.Errorf("absent: %v %v", ok, err)
	}
	for _, s := range []string{
		"plain", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5", "$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5", "$argon2id$v=19$m=99999999,t=1,p=1$c2FsdHNhbHQ$a2V5",
		"$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$a2V5", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5",
	} {
		if ok, err := h.Verify(ctx, s, secret.New("x")); ok || problem.Of(err).Kind != problem.KindInternal {
			t.Errorf("%s: %v %v", s, ok, err)
		}
	}
}

// Hashing is bounded: callers beyond the queue are turned away, and one whose
// patience ends while it waits is answered at once.
func TestHashingIsBounded(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(password.Cost{Memory: 4096, Passes: 2, Lanes: 1}, 1)
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[string]int{}
	for range 200 {
		wg.Go(func() {
			_, err := h.Hash(context.Background(), secret.New("violet otter 7"))
			mu.Lock()
			defer mu.Unlock()
			codes[problem.CodeOf(err)]++
		})
	}
	wg.Wait()
	if codes[""] == 0 || codes[""]+codes["busy"] != 200 {
		t.Errorf("outcomes: %v", codes)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h2 := password.NewHasher(cheap, 1)
	for range 50 { // select is fair: both outcomes are allowed, none may hang
		if _, err := h2.Hash(ctx, secret.New("x")); err != nil && problem.CodeOf(err) != "busy" {
			t.Fatal(err)
		}
	}
}

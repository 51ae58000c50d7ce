package secret_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/guestright/guestright/kit/secret"
)

func ring(t testing.TB, seeds ...byte) *secret.Keyring {
	t.Helper()
	var masters [][]byte
	for _, s := range seeds {
		masters = append(masters, append(bytes.Repeat([]byte{s}, secret.MasterLen-1), s+1))
	}
	k, err := secret.NewKeyring(masters...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestTextNeverPrints(t *testing.T) {
	t.Parallel()
	s := secret.New("hunter2-hunter2-hunter2")
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "s", s, "in", struct{ S secret.Text }{s})
	js, err := json.Marshal(map[string]any{"s": s, "p": &s})
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprint(s, &s, []secret.Text{s}) + fmt.Sprintf("%s %v %+v %#v %q %x %d", s, s, s, s, s, s, s) + logged.String() + string(js)
	if strings.Contains(all, "hunter2") || strings.Contains(all, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("leaked: %s", all)
	}
}

// Stored digests of access and refresh tokens have the order in which the tokens
// were made, so that the index grows at its end; what else is in them is the HMAC
// of all characters, the time among them.
func TestDigestsOfTokensFollowTime(t *testing.T) {
	t.Parallel()
	k, other := ring(t, 1), ring(t, 2)
	begun := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	for _, p := range []secret.Prefix{secret.AccessToken, secret.RefreshToken} {
		var last secret.Digest
		for i := range 500 {
			raw := secret.GenerateAt(p, begun.Add(time.Duration(i*i)*time.Millisecond)).Reveal()
			d := k.Digest(raw)
			if !secret.WellFormed(raw) || bytes.Compare(last[:6], d[:6]) > 0 || i > 1 && last == d {
				t.Fatalf("%s %d: %s after %s", p, i, d, last)
			}
			last = d
			if e := other.Digest(raw); bytes.Equal(e[6:], d[6:]) {
				t.Fatal("another key gives the same digest")
			}
			for at := range len(raw) {
				changed := []byte(raw)
				changed[at] ^= 1
				if e := k.Digest(string(changed)); bytes.Equal(e[6:], d[6:]) {
					t.Fatalf("the digest does not depend on character %d", at)
				}
			}
		}
	}
	// Whatever is presented has a digest, and the kinds that live long tell no time.
	long := secret.GenerateAt(secret.PrivateKey, begun).Reveal()
	if again := secret.GenerateAt(secret.PrivateKey, begun).Reveal(); again[:12] == long[:12] {
		t.Error("keys of one millisecond begin alike")
	}
	for _, raw := range []string{"", "grat_", long, strings.Repeat("ü", secret.Length), "grat_" + strings.Repeat("-", secret.Length-5), "grat_" + strings.Repeat("z", secret.Length-5)} {
		if k.Digest(raw) != k.Digests(raw)[0] {
			t.Errorf("%q has two digests", raw)
		}
	}
	if seen := secret.GenerateAt(secret.AccessToken, time.Time{}); !secret.WellFormed(seen.Reveal()) {
		t.Error("a time long ago makes a bad token")
	}
}

func TestCredentialsHaveShapeAndChecksum(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2000 {
		raw := secret.Generate(secret.AccessToken).Reveal()
		if len(raw) != secret.Length || !secret.WellFormed(raw) || seen[raw] {
			t.Fatalf("bad credential of length %d", len(raw))
		}
		seen[raw] = true
	}
	// T-01, T-03, T-05, T-15: damaged strings never reach a lookup.
	raw := secret.Generate(secret.ClientSecret).Reveal()
	for i := range len(raw) {
		b := []byte(raw)
		switch {
		case b[i] >= 'a' && b[i] <= 'z':
			b[i] -= 32
		case b[i] >= 'A' && b[i] <= 'Z':
			b[i] += 32
		default:
			b[i] ^= 1
		}
		if secret.WellFormed(string(b)) {
			t.Errorf("a flip at %d is accepted", i)
		}
	}
	for _, bad := range []string{"", raw[:len(raw)-1], raw + "0", "grxx_" + raw[5:], strings.Replace(raw, "grcs_", "gгcs_", 1)} {
		if secret.WellFormed(bad) {
			t.Errorf("%d characters accepted", len(bad))
		}
	}
}

func TestDigestIsHMACAndDoesNotAllocate(t *testing.T) {
	k := ring(t, 1)
	raw := secret.Generate(secret.ClientSecret).Reveal()
	timed := secret.GenerateAt(secret.AccessToken, time.UnixMilli(0x123456789a)).Reveal()
	master := append(bytes.Repeat([]byte{1}, 31), 2)
	key, err := hkdf.Key(sha256.New, master, nil, "guestright digest v1", 32)
	if err != nil {
		t.Fatal(err)
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(raw))
	if got := k.Digest(raw); !hmac.Equal(got[:], h.Sum(nil)) {
		t.Error("Digest is not HMAC-SHA-256")
	}
	h.Reset()
	h.Write([]byte(timed))
	if got := k.Digest(timed); !hmac.Equal(got[:], append([]byte{0, 0x12, 0x34, 0x56, 0x78, 0x9a}, h.Sum(nil)[6:]...)) {
		t.Errorf("Digest is not the time and HMAC-SHA-256: %s", got)
	}
	if n := testing.AllocsPerRun(100, func() { _ = k.Digest(raw); _ = k.Digest(timed); _ = secret.WellFormed(raw) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	d := k.Digest(raw)
	back, err := secret.ParseDigest(d.String())
	if err != nil || back != d {
		t.Errorf("ParseDigest: %v", err)
	}
}

func TestSealIsBoundToItsPlaceAndSurvivesRotation(t *testing.T) {
	t.Parallel()
	old := ring(t, 1)
	sealed := old.Seal(secret.New("whsec"), "endpoint:1")
	both := ring(t, 9, 1)
	got, err := both.Open(sealed, "endpoint:1")
	if err != nil || got.Reveal() != "whsec" {
		t.Fatalf("after rotation: %v", err)
	}
	for name, open := range map[string]func() (secret.Text, error){
		"another place": func() (secret.Text, error) { return both.Open(sealed, "endpoint:2") },
		"another key":   func() (secret.Text, error) { return ring(t, 7).Open(sealed, "endpoint:1") },
		"cut":           func() (secret.Text, error) { return both.Open(sealed[:len(sealed)-3], "endpoint:1") },
		"junk":          func() (secret.Text, error) { return both.Open("s1:zz", "endpoint:1") },
	} {
		if _, err := open(); err == nil {
			t.Errorf("%s opens", name)
		}
	}
	if both.ID() == old.ID() || both.Digests("x")[1] != old.Digest("x") {
		t.Error("keys of the ring are mixed up")
	}
}

// C-01: a default or empty master key is refused.
func TestKeyFilesAreRefusedWhenWeak(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if err := secret.WriteKeyFile(good); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.ReadKeyFile(good); err != nil {
		t.Errorf("a fresh key: %v", err)
	}
	if err := secret.WriteKeyFile(good); err == nil {
		t.Error("an existing key was overwritten")
	}
	for name, content := range map[string]string{
		"empty": "", "zeros": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "short": "AAEC\n", "text": "not base64!\n",
	} {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.ReadKeyFile(p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := os.Chmod(good, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.ReadKeyFile(good); err == nil {
		t.Error("a key that others can read was accepted")
	}
}

func BenchmarkDigest(b *testing.B) {
	k := ring(b, 1)
	raw := secret.Generate(secret.AccessToken).Reveal()
	for b.Loop() {
		if secret.WellFormed(raw) {
			_ = k.Digest(raw)
		}
	}
}

func TestChecksumIsCRC32(t *testing.T) {
	t.Parallel()
	raw := secret.Generate(secret.PersonalToken).Reveal()
	n := crc32.ChecksumIEEE([]byte(raw[:45]))
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	want := ""
	for range 6 {
		want = string(digits[n%62]) + want
		n /= 62
	}
	if raw[45:] != want {
		t.Errorf("checksum %s, want %s", raw[45:], want)
	}
}

package identity

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
)

// An authenticator app computes a code of six digits from a shared secret and
// the time in steps of 30 s (RFC 6238). The step before and the one after count
// as well, for clocks that differ; each step counts once.
const (
	stepSeconds  = 30
	recoveryMany = 10
)

// App is the authenticator app of a person.
type App struct {
	user      ID
	sealed    string
	confirmed time.Time
	step      int64
	created   time.Time
}

// Enrolment is what an authenticator app needs, shown once.
type Enrolment struct {
	Secret secret.Text // base32, for typing in
	URI    secret.Text // otpauth://…
	QR     secret.Text // the URI as an SVG image
}

func enrolment(platform, email string) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: platform, AccountName: email, SecretSize: 20})
	if err != nil {
		return Enrolment{}, problem.Internal("identity.enrol", err)
	}
	image, err := drawQR(key.URL())
	return Enrolment{Secret: secret.New(key.Secret()), URI: secret.New(key.URL()), QR: secret.New(image)}, err
}

// drawQR draws a QR code as an SVG of one path, with the quiet zone of four
// modules that ISO/IEC 18004 asks for, black on white whatever the theme.
func drawQR(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", problem.Internal("identity.draw_qr", err)
	}
	const quiet = 4
	size := code.Bounds().Dx()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges" role="img" aria-label="QR code for your authenticator app"><rect width="%[1]d" height="%[1]d" fill="#fff"/><path fill="#000" d="`, size+2*quiet)
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

// matchStep finds the step that a code belongs to, later than the one that was
// used last. It takes the same time wherever the code differs.
func matchStep(base32, code string, now time.Time, used int64) (int64, bool) {
	at := now.Unix() / stepSeconds
	found, ok := int64(0), false
	for step := at - 1; step <= at+1; step++ {
		want, err := totp.GenerateCodeCustom(base32, time.Unix(step*stepSeconds, 0), totp.ValidateOpts{Period: stepSeconds, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, false
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > used {
			found, ok = step, true
		}
	}
	return found, ok
}

// isCode reports whether a person typed a code of the app, spaces aside.
func isCode(s string) (string, bool) {
	s = strings.ReplaceAll(strings.TrimSpace(s), " ", "")
	return s, len(s) == 6 && strings.Trim(s, "0123456789") == ""
}

const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// newRecovery makes codes of 80 random bits, in groups that people can type.
func newRecovery() []secret.Text {
	out := make([]secret.Text, recoveryMany)
	for i := range out {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails (Go 1.24)
		for j := range b {
			b[j] = crockford[b[j]&31]
		}
		out[i] = secret.New(fmt.Sprintf("%s-%s-%s-%s", b[:4], b[4:8], b[8:12], b[12:]))
	}
	return out
}

// plainRecovery reads a recovery code as people type it: letters that look like
// digits count as those (https://www.crockford.com/base32.html).
func plainRecovery(s string) (string, bool) {
	s = strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(strings.TrimSpace(s)))
	return s, len(s) == 16 && strings.Trim(s, crockford) == ""
}

// recoveryDigest is salted by the person, as OWASP ASVS 5.0 6.5.2 asks for
// secrets under 112 bits.
func recoveryDigest(k *secret.Keyring, user, plain string) []secret.Digest {
	return k.Digests("recovery " + user + " " + plain)
}

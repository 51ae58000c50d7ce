package webhook_test

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/guestright/guestright/kit/testenv"
)

// The programs of docs/examples/webhook judge like the verifier, each where its language is at hand.
func TestExamplesInOtherLanguages(t *testing.T) {
	t.Parallel()
	theirs, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	const other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	body := "{\"name\": \"Müller\"}\r\n\x00"
	now, old := time.Now(), time.Now().Add(-6*time.Minute)
	sign := func(at time.Time, body string) string {
		s, err := theirs.Sign(message, at, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	cases := []struct {
		name, secrets, id, signature, body string
		at                                 time.Time
		want                               string
	}{
		{"as sent", secret, message, sign(now, body), body, now, "valid"},
		{"the older secret, one of several signatures", other + "," + secret, message, "v1a,AAAA v1,bm90IHRoaXM= " + sign(now, body), body, now, "valid"},
		{"an empty body", secret, message, sign(now, ""), "", now, "valid"},
		{"another body", secret, message, sign(now, body), body + " ", now, "no signature fits"},
		{"another id", secret, message + "x", sign(now, body), body, now, "no signature fits"},
		{"another secret", other, message, sign(now, body), body, now, "no signature fits"},
		{"another version", secret, message, "v2" + strings.TrimPrefix(sign(now, body), "v1"), body, now, "no signature fits"},
		{"old", secret, message, sign(old, body), body, old, "too old or too early"},
		{"no id", secret, "", sign(now, body), body, now, "a header is missing"},
	}
	programs := map[string]string{"verify.mjs": "node", "verify.py": "python3", "verify.rb": "ruby", "verify.php": "php"}
	if _, err := exec.LookPath("javac"); err == nil { // which is too large to be installed for one program
		programs["Verify.java"] = "java"
	}
	for file, command := range programs {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			path := testenv.Tool(t, command)
			for _, c := range cases {
				cmd := exec.CommandContext(t.Context(), path, filepath.Join("../../docs/examples/webhook", file), c.secrets, c.id, strconv.FormatInt(c.at.Unix(), 10), c.signature)
				cmd.Stdin = strings.NewReader(c.body)
				out, err := cmd.CombinedOutput()
				if got := strings.TrimSpace(string(out)); got != c.want || (err == nil) != (c.want == "valid") {
					t.Errorf("%s: %q, %v", c.name, got, err)
				}
			}
		})
	}
}
